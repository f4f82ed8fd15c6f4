/** Rules of the session policy by which new accounts can never sign in for the first time, as findings. */
import { firstSignIn, type NeverFirst, neverFirst } from '../../../core/analysis/accounts/first-sign-ins.ts';
import { isOrdinary } from '../../../core/analysis/space/ordinary-facts.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { undecidedFindings } from '../analysed/undecided-findings.ts';
import { exampleOptions } from '../text/example-options.ts';
import { isGiven } from './account-additions.ts';

/** The session policy governs every app and the pages of the account, so what it denies there is denied anywhere. */
export function firstSignInFindings(
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
  const keys = app.policies.authenticators
    .filter((authenticator) => isGiven(authenticator) && authenticator.enrollable)
    .map(({ key }) => key);
  return [
    ...found(never, keys, configuration),
    ...undecidedFindings(undecided, 'whether it keeps new accounts from ever signing in', configuration),
  ];
}

/** Where no account ever gets in, one finding says so. */
function found(
  never: readonly NeverFirst[],
  keys: readonly string[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const all = never.filter(({ whom }) => whom === 'everyone');
  const [first, ...others] = all;
  if (first === undefined) return never.flatMap((neverFirst) => finding(neverFirst, [], { keys, configuration }));
  return finding(first, others, { keys, configuration });
}

interface Shown {
  /** What the user of the example has. */
  readonly keys: readonly string[];
  readonly configuration: AnalysedConfiguration;
}

function finding(
  { rule, facts, whom }: NeverFirst,
  others: readonly NeverFirst[],
  { keys, configuration }: Shown,
): readonly AnalysisFinding[] {
  const location = configuration.locationOf(rule);
  if (location === undefined) return [];
  const isError = whom === 'everyone' && isOrdinary(facts, [rule]);
  return [
    findingAt(isError ? 'lock-out' : 'newcomer-lock-out', location, {
      message: `denies ${words[whom]} the first sign-in, to every app and to the account pages: only by a sign-in a browser becomes known, a place usual, and a sign-in the last one`,
      rules: others.map((other) => namedRule(other.rule)),
      example: exampleOptions(facts, keys),
      advice: 'ask for more there instead of `deny`, or let users in who have never signed in, by a rule above it',
    }),
  ];
}

const words: Readonly<Record<NeverFirst['whom'], string>> = {
  everyone: 'every account',
  selected: 'every account for which it decides',
  some: 'accounts such as that of the example',
};
