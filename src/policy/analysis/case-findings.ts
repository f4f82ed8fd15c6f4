/** What the policies of apps come to together, as findings. */
import { failOpen } from '../../core/analysis/fail-open.ts';
import { findModel, newBudget } from '../../core/analysis/find-model.ts';
import { endsInDenial, isLockedOut } from '../../core/analysis/lock-outs.ts';
import { isOrdinary } from '../../core/analysis/ordinary-facts.ts';
import {
  deciding,
  ordinaryCase,
  type PolicyCase,
  type PolicyCases,
  policyCases,
} from '../../core/analysis/policy-cases.ts';
import { type RuleSpace, ruleSpace } from '../../core/analysis/rule-space.ts';
import { spoofable } from '../../core/analysis/spoofable.ts';
import { weakerBelow } from '../../core/analysis/weaker-below.ts';
import { proofNames } from '../../core/evidence/named.ts';
import type { Rule } from '../../core/model/policy.ts';
import { beforeSignIn, type PolicySet } from '../../core/policy/compile.ts';
import { findRule } from '../../core/policy/rules.ts';
import type { UserFacts } from '../../core/policy/theory.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import type { App } from '../model/app.ts';
import { findingAt } from '../source/finding-at.ts';
import { type AnalysedConfiguration, namedRule } from './configuration.ts';
import { exampleOptions } from './example-options.ts';

/** The policies of an app that stands for all apps that no rule tells apart from it. */
export interface AnalysedApp extends PolicyCases {
  readonly app: App;
  readonly policies: PolicySet;
  readonly space: RuleSpace;
}

export async function analysedApps({ snapshot, universe }: AnalysedConfiguration): Promise<readonly AnalysedApp[]> {
  const found: AnalysedApp[] = [];
  for (const { app } of await snapshot.equivalentApps()) {
    const policies = await snapshot.policies(app);
    const { session, app: signOn, enrollment } = policies;
    const compiled = [...session.rules, ...(signOn?.rules ?? [])];
    const rules = [...compiled, ...(enrollment ? beforeSignIn(enrollment).rules : [])].map(({ rule }) => rule);
    const space = ruleSpace(
      [...rules, ...(policies.accountPolicy?.rules ?? [])].map(({ when }) => when),
      universe([app.clientId]),
    );
    found.push({ app, policies, space, ...policyCases(policies, space) });
  }
  return found;
}

/** Each place is reported once for each code. */
export function caseFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const found = apps.flatMap((app) => [
    ...closedApp(app, configuration),
    ...openCases(app, configuration),
    ...app.cases.flatMap((one) => lockOut(one, app, configuration)),
    ...app.cases.flatMap((one) => newcomers(one, app, configuration)),
    ...weaker(app, configuration),
    ...chosenByBrowser(app, configuration),
    ...failingOpen(app, configuration),
  ]);
  const places = new Map(
    found.toReversed().map((finding) => [`${finding.code} ${finding.file}:${finding.line}`, finding] as const),
  );
  return [...places.values()];
}

function closedApp(
  { app, cases, isPartial }: AnalysedApp,
  { apps }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const source = apps.find((one) => one.app.clientId === app.clientId)?.source;
  if (cases.length > 0 || isPartial || source === undefined) return [];
  const message = 'no user can enter this app: wherever a rule of one policy allows, another policy denies';
  const advice = 'correct the conditions of the rules that allow, or remove the app';
  return [findingAt('closed-app', { source, path: ['signOnPolicy'] }, { message, advice })];
}

/** Rules of which too many combinations, or too entangled ones, were left when the steps of the search had run out. */
function openCases({ app, open }: AnalysedApp, { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  return [...Map.groupBy(open, (one) => one.app)].flatMap(([rule, same]) => {
    const place = placeOf(rule);
    if (place === undefined) return [];
    const parts = {
      message: `what it comes to with other policies in the app ${app.clientId} could not be decided: the steps of the search did not suffice`,
      severity: 'warning' as const,
      rules: same.slice(0, mostNamed).map(({ session }) => namedRule(session)),
      advice: 'say these rules with simpler conditions, or divide the policy',
    };
    return [findingAt('undecided', place, parts)];
  });
}

/** Rules of the session policy that are named with it. */
const mostNamed = 3;

function lockOut(
  one: PolicyCase,
  { policies, space }: AnalysedApp,
  { placeOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const place = placeOf(one.app);
  if (place === undefined || !isLockedOut(policies, one)) return [];
  const ordinary = ordinaryCase(one, space);
  const facts = ordinary ?? one.facts;
  const rest = one.enrollment ? [one.enrollment] : [];
  const everything = policies.authenticators.map(({ key }) => key);
  if (!endsInDenial(policies, facts, everything)) return [];
  return [
    findingAt('lock-out', place, {
      message: `lets no user in where ${othersInWords(one)}: nothing that users can enroll there meets both`,
      ...(!isOrdinary(facts, [one.session, one.app, ...rest]) && { severity: 'warning' as const }),
      rules: [one.session, ...rest].map(namedRule),
      example: exampleOptions(facts, everything),
      advice: 'ask for what can be used there, or enable it there',
    }),
  ];
}

function othersInWords({ session, enrollment }: PolicyCase): string {
  const rules = [session, ...(enrollment ? [enrollment] : [])];
  return rules
    .map(({ name }) => `"${name}"`)
    .join(' and ')
    .concat(rules.length > 1 ? ' decide, too' : ' decides, too');
}

/** Facts of the case, and of it wherever another rule of the account policy says who may add an authenticator. */
function* circumstancesOf({ facts, formulas }: PolicyCase, { policies, space }: AnalysedApp): Generator<UserFacts> {
  yield facts;
  const { accountPolicy, authenticators } = policies;
  if (accountPolicy === undefined) return;
  for (const { key } of authenticators) {
    for (const governing of deciding(accountPolicy.about({ action: 'add', of: key }), space)) {
      const found = findModel([...formulas, ...governing.formulas], newBudget());
      const elsewhere = typeof found === 'object' ? space.factsOf(found.model) : undefined;
      if (elsewhere) yield elsewhere;
    }
  }
}

/** With what an account has that was imported with a password and an address, or registered with an address. */
function newcomers(
  one: PolicyCase,
  app: AnalysedApp,
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const place = configuration.placeOf(one.app);
  if (place === undefined || isLockedOut(app.policies, one)) return [];
  const everywhere = [...circumstancesOf(one, app)];
  const [denied] = beginningsAt(app).flatMap(({ keys, how }) => {
    const facts = keys.length > 0 ? everywhere.find((some) => isDenied({ ...one, facts: some }, app, keys)) : undefined;
    return facts ? [{ keys, how, facts }] : [];
  });
  if (denied === undefined) return [];
  const { keys, how, facts } = denied;
  return [
    findingAt('newcomer-lock-out', place, {
      message: `denies users who have nothing but ${keys.join(' and ')}, as after ${how}: they cannot set up there what it asks for`,
      rules: one.enrollment ? [namedRule(one.enrollment)] : [],
      example: exampleOptions(facts, keys),
      advice: 'let them enroll it at another app first, or take what they have',
    }),
  ];
}

/** What accounts begin with. Users register where the profile policy of the app lets them. */
function beginningsAt({ policies: { authenticators, profile } }: AnalysedApp) {
  const keysOf = (begins: (one: Beginning) => boolean) => authenticators.filter(begins).map(({ key }) => key);
  const terms = profile?.rules.flatMap(({ rule }) => rule.then.registration ?? []) ?? [];
  const both = keysOf((one) => one.underPasswordPolicy ?? one.registers ?? false);
  const addressAlone = keysOf((one) => one.registers ?? false);
  return [
    { how: 'an import', keys: both },
    ...(terms.some(({ password }) => !password) ? [{ how: 'a registration', keys: addressAlone }] : []),
  ];
}

interface Beginning {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
}

/** The same rules ask for the same, whatever the facts. Those of the account policy are found by the facts. */
const known = new WeakMap<PolicySet, Map<string, boolean>>();

function isDenied(one: PolicyCase, { policies }: AnalysedApp, keys: readonly string[]): boolean {
  const answers = known.get(policies) ?? new Map<string, boolean>();
  known.set(policies, answers);
  const governing = policies.authenticators.map(({ key: of }) => {
    return (
      policies.accountPolicy && findRule(policies.accountPolicy.about({ action: 'add', of }), one.facts).rule?.then
    );
  });
  // Before the first proof the past does not count, and other rules may decide.
  const before = { ...one.facts, evidence: [] };
  const first = [policies.session, policies.app].map((policy) => policy && findRule(policy, before).rule?.then);
  const key = JSON.stringify([keys, one.session.then, one.app.then, one.enrollment?.then, governing, first]);
  const denied = answers.get(key) ?? endsInDenial(policies, one.facts, keys);
  answers.set(key, denied);
  return denied;
}

function weaker({ policies, space }: AnalysedApp, { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  return weakerBelow(policies, space).flatMap(({ strict, weak, missing, facts, evidence }) => {
    const place = placeOf(strict);
    if (place === undefined) return [];
    const conditions = missing.map(({ condition, path }) => `\`${[condition, ...path].join('.')}\``).join(' or ');
    const keys = [...new Set(evidence.map(({ authenticator }) => authenticator))];
    const proofs = [...new Set(evidence.map((item) => proofNames(item).at(-1)))];
    return [
      findingAt('weaker-below', place, {
        message: `where ${conditions} misses, ${inWords(weak)} asks the same users for less: ${proofs.join(' and ')} is enough`,
        rules: [namedRule(weak)],
        example: exampleOptions(facts, keys),
        advice: 'name the same users in a rule without this condition, or say `none` where less is meant',
      }),
    ];
  });
}

function chosenByBrowser(
  { policies, space }: AnalysedApp,
  { placeOf }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  return spoofable(policies, space).flatMap(({ strict, weak, facts }) => {
    const place = placeOf(strict);
    if (place === undefined) return [];
    const parts = {
      message: `a browser that calls itself another one is under ${inWords(weak)} instead, which asks for less`,
      rules: [namedRule(weak)],
      example: exampleOptions(facts),
      advice: 'ask the same of every browser, or rest the difference on something that is proved',
    };
    return [findingAt('spoofable', place, parts)];
  });
}

function failingOpen(
  { app: { clientId }, policies: { session, app } }: AnalysedApp,
  { placeOf, universe }: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const found = [session, ...(app ? [app] : [])].flatMap((policy) => failOpen(policy, universe([clientId])));
  return found.flatMap(({ rule, attribute, instead, facts }) => {
    const place = placeOf(rule);
    if (place === undefined) return [];
    const parts = {
      message: `denies by \`${attribute}\`, and a user who lacks it is under ${inWords(instead)} instead, which lets in`,
      rules: [namedRule(instead)],
      example: exampleOptions(facts),
      advice:
        attribute === 'userType'
          ? 'deny every type but some, with `userType: { none: [...] }`'
          : `say what it means to lack it, in a rule with \`${attribute}: { present: false }\`, or deny all but some with \`not\``,
    };
    return [findingAt('fail-open', place, parts)];
  });
}

function inWords({ name }: Rule): string {
  return `the rule "${name}"`;
}
