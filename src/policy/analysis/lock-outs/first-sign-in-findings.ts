/** Rules by which new accounts can never sign in for the first time, as findings. */
import type { DeniedSignIn } from '../../../core/analysis/accounts/denied-sign-ins.ts';
import { firstSignIn, neverFirst } from '../../../core/analysis/accounts/first-sign-ins.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import { isOrdinary } from '../../../core/analysis/space/usual-groups.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { distinctRules, mostNamed, namedRulesText } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';
import { isGiven } from './denials/account-additions.ts';
import { nowhereFirst } from './nowhere-first.ts';

/**
 * First sign-ins that the session policy alone denies. If it denies none everywhere: those that all policies deny
 * together.
 */
export function firstSignInFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const bySession = deniedBySession(apps, configuration);
  return bySession.length > 0 ? bySession : deniedTogether(apps, configuration);
}

/** The session policy governs every app and the pages of the account, so what it denies there is denied anywhere. */
function deniedBySession(
  [app]: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const policy = app?.policies.session;
  const rules = policy?.rules.map(({ rule }) => rule) ?? [];
  const whens = rules.map(({ when }) => when);
  const first = firstSignIn(whens);
  if (app === undefined || policy === undefined || first === undefined) return [];
  const clientIds = configuration.policies.flatMap((analysedPolicy) =>
    analysedPolicy.kind === 'session' ? analysedPolicy.clientIds : [],
  );
  const space = ruleSpace([...whens, first], configuration.universe([...new Set(clientIds)]));
  const { never, undecided } = neverFirst(policy, first, space);
  return [
    ...found(never, givenIn(app), configuration),
    ...undecidedFindings(undecided, 'whether it keeps new accounts from ever signing in', configuration),
  ];
}

function givenIn({ policies: { authenticators } }: AnalysedApp): readonly string[] {
  return authenticators.filter((descriptor) => isGiven(descriptor) && descriptor.enrollable).map(({ key }) => key);
}

/**
 * A finding if every sign-on policy denies new users, and the session policy closes the account pages, which no sign-on
 * policy governs.
 */
function deniedTogether(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const [app] = apps;
  const denied = nowhereFirst(apps, configuration);
  const location = denied && configuration.locationOf(denied.rule);
  if (app === undefined || denied === undefined || location === undefined) return [];
  const { rule, others, facts } = denied;
  const involved = distinctRules(others).filter((denying) => locationKey(denying) !== locationKey(rule));
  return [
    findingAt('lock-out', location, {
      message: `denies every account the first sign-in to the account pages, and ${namedRulesText(involved)} deny it to every app: only by a sign-in a browser becomes known, a place usual, and a sign-in the last one`,
      ...(!isOrdinary(facts, [rule]) && { severity: 'warning' as const }),
      rules: involved.slice(0, mostNamed).map(namedRule),
      example: exampleOptions(facts, givenIn(app)),
      advice: 'let users who have never signed in into the account pages, or into one of the apps',
    }),
  ];
}

/** Where no account ever gets in, one finding says so. */
function found(
  never: readonly DeniedSignIn[],
  keys: readonly string[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const all = never.filter(({ whom }) => whom === 'all');
  // What an expression asks may change; so a rule without one is rather the cause.
  const [first, ...others] = [...all.filter(isPlain), ...all.filter((refusedUser) => !isPlain(refusedUser))];
  if (first === undefined) return never.flatMap((refusedUser) => finding(refusedUser, [], { keys, configuration }));
  return finding(first, others, { keys, configuration });
}

function isPlain({ rule }: DeniedSignIn): boolean {
  return conditionSets(rule.when).every(({ expression }) => expression === undefined);
}

interface Shown {
  /** What the user of the example has. */
  readonly keys: readonly string[];
  readonly configuration: AnalysedConfiguration;
}

function finding(
  { rule, facts, whom }: DeniedSignIn,
  others: readonly DeniedSignIn[],
  { keys, configuration }: Shown,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined) return [];
  const isError = whom === 'all' && isOrdinary(facts, [rule]);
  return [
    findingAt(isError ? 'lock-out' : 'newcomer-lock-out', location, {
      message: `denies ${words[whom]} the first sign-in, to every app and to the account pages: only by a sign-in a browser becomes known, a place usual, and a sign-in the last one`,
      rules: others.map((other) => namedRule(other.rule)),
      example: exampleOptions(facts, keys),
      advice: 'ask for more there instead of `deny`, or let users in who have never signed in, by a rule above it',
    }),
  ];
}

const words: Readonly<Record<DeniedSignIn['whom'], string>> = {
  all: 'every account',
  selected: 'every account for which it decides',
  some: 'accounts such as that of the example',
};
