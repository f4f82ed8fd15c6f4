/** Single rules that say too much, as findings: what never counts, and what users decide themselves. */
import type { PolicyCase } from '../../core/analysis/policy-cases.ts';
import { impliesAll } from '../../core/analysis/strictness.ts';
import type { AuthenticatorDescriptor, Seconds } from '../../core/model/facts.ts';
import type { Requirement, Rule, RuleHead } from '../../core/model/policy.ts';
import { conditionSets } from '../../core/policy/conditions.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import type { AnalysedApp } from './case-findings.ts';
import { type AnalysedConfiguration, analysisFinding } from './configuration.ts';

/** `alive`: the rules that decide in their own policy. */
export function ruleFindings(
  { apps, alive }: { readonly apps: readonly AnalysedApp[]; readonly alive: readonly RuleHead[] },
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const places = new Set(alive.map(placeKey));
  const casesOf = casesByRule(apps);
  return distinctRules(apps)
    .filter((rule) => places.has(placeKey(rule)))
    .flatMap((rule) => [
      ...unreachable(rule, casesOf(rule), configuration),
      ...idleAges(rule, casesOf(rule), configuration),
      ...pointlessAlternatives(rule, configuration, apps[0]?.policies.authenticators ?? []),
      ...writtenByUsers(rule, configuration, configuration.placeOf(rule)),
    ]);
}

/** The rules of session and sign-on policies that allow, each once; two of the core may be one in the file. */
function distinctRules(apps: readonly AnalysedApp[]): readonly Rule[] {
  const byPlace = new Map(apps.flatMap(rulesOf).map((rule) => [placeKey(rule), rule]));
  return [...byPlace.values()].filter(({ then }) => then.kind === 'allow');
}

function rulesOf({ policies }: AnalysedApp): readonly Rule[] {
  return [...policies.session.rules, ...(policies.app?.rules ?? [])].map(({ rule }) => rule);
}

function placeKey({ location }: RuleHead): string {
  return `${location?.file}:${location?.line}`;
}

/** The cases in which a rule decides. Undefined: some could not be decided. */
type Cases = readonly PolicyCase[] | undefined;

function casesByRule(apps: readonly AnalysedApp[]): (rule: Rule) => Cases {
  // What one app leaves open says nothing of rules that decide in others only.
  const open = new Set(apps.filter(({ isPartial }) => isPartial).flatMap((app) => rulesOf(app).map(placeKey)));
  const found = new Map<string, PolicyCase[]>();
  for (const one of apps.flatMap(({ cases }) => cases)) {
    for (const key of [placeKey(one.session), placeKey(one.app)]) {
      const before = found.get(key);
      if (before) before.push(one);
      else found.set(key, [one]);
    }
  }
  return (rule) => (open.has(placeKey(rule)) ? undefined : (found.get(placeKey(rule)) ?? []));
}

/** The account pages are an app, too, which no file describes; rules about apps may be for them. */
function unreachable(rule: Rule, cases: Cases, { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const place = placeOf(rule);
  const isAboutApps = conditionSets(rule.when).some(({ apps }) => apps !== undefined);
  if (place === undefined || cases === undefined || isAboutApps || cases.length > 0) return [];
  const message = 'allows only where another policy denies, so that no user gets in by it';
  const advice = 'correct its conditions or those of the other policy';
  return [analysisFinding('unreachable', place, { message, advice })];
}

/** The longest session among these cases. */
function longestSession(cases: Cases): Seconds | undefined {
  const lengths = (cases ?? []).map(({ session: { then } }) => {
    const terms = then.kind === 'allow' ? then.session : undefined;
    return terms === undefined ? Number.POSITIVE_INFINITY : Math.max(terms.absolute, terms.keep?.absolute ?? 0);
  });
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function idleAges(rule: Rule, cases: Cases, { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const place = placeOf(rule);
  const longest = longestSession(cases);
  if (place === undefined || longest === undefined || rule.then.kind !== 'allow' || rule.then.session) return [];
  if (!agesIn(rule.then.requirement).some((age) => age >= longest)) return [];
  const message = `has a greatest age that never counts: every session in which it decides ends after ${longest} seconds`;
  const path = [...place.path, 'then', 'allow'];
  return [analysisFinding('idle-age', { ...place, path }, { message, advice: 'shorten the age, or leave it out' })];
}

function agesIn(requirement: Requirement): readonly Seconds[] {
  const parts =
    'chains' in requirement
      ? requirement.chains.flat()
      : requirement.anyOf.flatMap((alternative) => [alternative, ...alternative.demands]);
  return parts.flatMap(({ maxAge }) => (maxAge === undefined ? [] : [maxAge]));
}

/** From the last on: of two that say the same, one stays. What a browser may remember is left alone. */
function pointlessAlternatives(
  rule: Rule,
  { placeOf }: AnalysedConfiguration,
  authenticators: readonly AuthenticatorDescriptor[],
): readonly AnalysisFinding[] {
  const place = placeOf(rule);
  if (place === undefined || rule.then.kind !== 'allow' || rule.then.remember !== undefined || rule.then.session)
    return [];
  const { requirement } = rule.then;
  if (!('anyOf' in requirement)) return [];
  const { source, path } = place;
  let kept = requirement.anyOf;
  return requirement.anyOf.toReversed().flatMap((alternative) => {
    const others = kept.filter((one) => one !== alternative);
    if (others.length === 0 || !impliesAll([{ anyOf: [alternative] }], [{ anyOf: others }], { authenticators }))
      return [];
    kept = others;
    const at = [...path, 'then', 'allow', 'anyOf', requirement.anyOf.indexOf(alternative)];
    const message = 'adds nothing: what meets it meets another alternative, too';
    return [analysisFinding('pointless-alternative', { source, path: at }, { message, advice: 'remove it' })];
  });
}

/** A form at the account pages changes what such a rule says. */
function writtenByUsers(
  { when }: Rule,
  { snapshot, placeOf }: AnalysedConfiguration,
  place: ReturnType<typeof placeOf>,
): readonly AnalysisFinding[] {
  const { attributes } = snapshot.settings.attributes;
  if (place === undefined) return [];
  return conditionSets(when).flatMap((set, at) =>
    Object.keys(set.attributes ?? {}).flatMap((name) => {
      if (!Object.hasOwn(attributes, name) || attributes[name]?.write !== 'user') return [];
      const within = at === 0 ? ['when'] : ['when', 'any', at - 1];
      const path = [...place.path, ...within, 'attributes', name];
      const message = `lets users in by \`${name}\`, which they write themselves`;
      const advice = 'say `write: admin` for the attribute, or ask for something else';
      return [analysisFinding('user-written', { ...place, path }, { message, advice })];
    }),
  );
}
