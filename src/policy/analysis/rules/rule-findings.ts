/**
 * Findings about one rule alone: limits and alternatives that never count, and attributes that users write themselves.
 */
import { decidingFormulas } from '../../../core/analysis/space/deciding-formulas.ts';
import { findModelWithin } from '../../../core/analysis/space/find-model.ts';
import { neededAmong } from '../../../core/analysis/space/needed-among.ts';
import { deciding } from '../../../core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import { accountClientId } from '../../model/account-client-id.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import { type AnalysedApp, isClosed } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { mostNamed } from '../text/apps-text.ts';
import { alternativeFindings } from './alternative-findings.ts';
import type { AppCombination, AppCombinations } from './app-combinations.ts';
import { takersText } from './dead-rule-findings.ts';
import { unreachedAges } from './unreached-ages.ts';
import { lessStrictFindings, writtenByUsers } from './user-written-findings.ts';

/** `alive`: the rules that decide in their own policy, and those for which this is undecided. */
export function ruleFindings(
  { apps, alive }: { readonly apps: readonly AnalysedApp[]; readonly alive: readonly RuleHead[] },
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const locations = new Set(alive.map(locationKey));
  const combinationsOf = combinationsByRule(apps);
  const authenticators = apps[0]?.policies.authenticators ?? [];
  const living = (rules: readonly Rule[]) => distinctRules(rules).filter((rule) => locations.has(locationKey(rule)));
  const ofSignIns = living(apps.flatMap(rulesOf)).flatMap((rule) => [
    ...unreachable(rule, { combinations: combinationsOf(rule), apps }, configuration),
    ...unreachedAges(rule, combinationsOf(rule), configuration),
    ...alternativeFindings(rule, combinationsOf(rule), { configuration, authenticators }),
    ...writtenByUsers(rule, 'lets users in by', configuration),
  ]);
  const ofOthers = besideSignIns(configuration).flatMap(({ rules, does }) =>
    living(rules).flatMap((rule) => writtenByUsers(rule, does, configuration)),
  );
  return [...ofSignIns, ...ofOthers, ...lessStrictFindings(authenticators, configuration)];
}

/** The rules that allow, each once; two of the core may be one in the file. */
function distinctRules(rules: readonly Rule[]): readonly Rule[] {
  const byLocation = new Map(rules.map((rule) => [locationKey(rule), rule]));
  return [...byLocation.values()].filter(({ then }) => then.kind === 'allow');
}

/** The rules that say who changes an account, and who recovers a password. */
function besideSignIns({ policies }: AnalysedConfiguration) {
  const changes = policies.flatMap((policy) => (policy.kind === 'account' ? policy.policy.rules : []));
  const recoveries = policies.flatMap((policy) => (policy.kind === 'recovery' ? policy.policy.rules : []));
  return [
    { rules: changes.map(({ rule }) => rule), does: 'lets users change their account by' },
    { rules: recoveries.map(({ rule }) => rule), does: 'lets users recover their password by' },
  ];
}

function rulesOf({ policies }: AnalysedApp): readonly Rule[] {
  return [...policies.session.rules, ...(policies.app?.rules ?? [])].map(({ rule }) => rule);
}

function combinationsByRule(apps: readonly AnalysedApp[]): (rule: Rule) => AppCombinations {
  // If combinations of one app are undecided, that concerns only the rules that decide in it.
  const open = new Set(apps.filter(({ isPartial }) => isPartial).flatMap((app) => rulesOf(app).map(locationKey)));
  const found = new Map<string, AppCombination[]>();
  const all = apps.flatMap(({ combinations, policies, space }) =>
    combinations.map((combination) => ({ ...combination, policies, space })),
  );
  for (const combination of all) {
    for (const key of [locationKey(combination.session), locationKey(combination.app)]) {
      const before = found.get(key);
      if (before) before.push(combination);
      else found.set(key, [combination]);
    }
  }
  return (rule) => (open.has(locationKey(rule)) ? undefined : (found.get(locationKey(rule)) ?? []));
}

function unreachable(
  rule: Rule,
  { combinations, apps }: { readonly combinations: AppCombinations; readonly apps: readonly AnalysedApp[] },
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined || combinations === undefined || combinations.length > 0) return [];
  if (mayDecideAtAccountPages(rule, apps, configuration)) return [];
  const own = apps.filter((app) => rulesOf(app).some((ruleOfApp) => locationKey(ruleOfApp) === locationKey(rule)));
  // The finding that no user can enter these apps names the same cause.
  if (own.every(isClosed)) return [];
  const takers = takersOnceProved(rule, own);
  const because =
    takers.length > 0
      ? {
          message: `no user gets in by it: as soon as something is proved, ${takersText(takers, rule)} all its cases`,
          advice: 'move it above, narrow the rules before it, or remove it',
        }
      : {
          message: 'allows only where another policy denies, so that no user gets in by it',
          advice: 'correct its conditions or those of the other policy',
        };
  const rules = takers.length > 0 ? takers : denialsBeside(rule, own);
  return [findingAt('unreachable', location, { ...because, rules: rules.slice(0, mostNamed).map(namedRule) })];
}

/** The pages of the account are an app, too, which no file describes. There, the session policy decides alone. */
function mayDecideAtAccountPages(
  rule: Rule,
  [first]: readonly AnalysedApp[],
  { universe }: AnalysedConfiguration,
): boolean {
  const rules = first?.policies.session.rules.map((compiled) => compiled.rule) ?? [];
  const cases = rules.filter((own) => locationKey(own) === locationKey(rule));
  if (cases.length === 0) return false;
  const whens = rules.map(({ when }) => when);
  const space = ruleSpace(whens, universe([accountClientId]));
  return cases.some((own) => {
    const formulas = [...space.onceProved, ...decidingFormulas(own, rules.slice(0, rules.indexOf(own)), space)];
    return findModelWithin(formulas, { steps: denialSteps }, space.reader) !== 'impossible';
  });
}

/**
 * The rules above it that decide wherever it would, once the past of the account counts (`risk`, `distance`). Empty: it
 * decides in some case.
 */
function takersOnceProved(rule: Rule, apps: readonly AnalysedApp[]): readonly Rule[] {
  const budget = { steps: denialSteps };
  const [first = [], ...others] = apps.map(({ policies: { session, app }, space }) => {
    const ofPolicies = [session, ...(app ? [app] : [])].map(({ rules }) => rules.map((compiled) => compiled.rule));
    const [all = []] = ofPolicies.filter((some) => some.some((own) => locationKey(own) === locationKey(rule)));
    const cases = all.filter((own) => locationKey(own) === locationKey(rule));
    const leaveNone = (some: readonly Rule[]) =>
      cases.every((own) => {
        const formulas = [...space.onceProved, ...decidingFormulas(own, some, space)];
        return findModelWithin(formulas, budget, space.reader) === 'impossible';
      });
    const before = all.slice(0, all.indexOf(cases[0] as Rule));
    return leaveNone(before) ? neededAmong(before, leaveNone) : [];
  });
  return others.every((takers) => takers.length > 0) ? first : [];
}

/** The denying rules of the other policies that decide about the same sign-ins as this rule. */
function denialsBeside(rule: Rule, apps: readonly AnalysedApp[]): readonly Rule[] {
  const budget = { steps: denialSteps };
  const beside = apps.flatMap(({ policies: { session, app }, space }) => {
    const policies = [session, ...(app ? [app] : [])].map((policy) => deciding(policy, space));
    const cases = policies.map((all) => all.filter((decider) => locationKey(decider.rule) === locationKey(rule)));
    return policies.flatMap((all, index) =>
      cases[index]?.length
        ? []
        : all.filter(
            ({ rule: { then }, formulas }) =>
              then.kind === 'deny' &&
              cases
                .flat()
                .some(
                  (decider) =>
                    findModelWithin([...space.onceProved, ...decider.formulas, ...formulas], budget, space.reader) !==
                    'impossible',
                ),
          ),
    );
  });
  return [...new Map(beside.map((denial) => [locationKey(denial.rule), denial.rule])).values()];
}

/** The budget for the rules beside one rule. If it does not suffice, more rules are named. */
const denialSteps = 1_000_000;
