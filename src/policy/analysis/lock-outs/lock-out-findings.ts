/** Rules of the enrollment policy that disable what the other policies ask for, as findings: one at each. */
import { deniedEverywhere } from '../../../core/analysis/accounts/denied-everywhere.ts';
import { isLockedOut, isSignInDenied } from '../../../core/analysis/simulation/simulated-outcome.ts';
import {
  decideTogether,
  ordinaryFactsFor,
  type RuleCombination,
} from '../../../core/analysis/space/rule-combinations.ts';
import { isOrdinary } from '../../../core/analysis/space/usual-groups.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { analysedAppsText, distinctRules, mostNamed, namedRulesText } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';

/** Rules that let a user in, but the sign-in fails with everything that users can have there. */
interface LockedOut {
  readonly app: AnalysedApp;
  readonly combination: RuleCombination;
  readonly facts: UserFacts;
  /** There may well be such a user. */
  readonly isUsual: boolean;
  /** From no network, with no device and at no time can the user meet these rules. */
  readonly isLockOut: boolean;
}

export function lockOutFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const found = apps.flatMap((app) => app.combinations.flatMap((combination) => lockedOutIn(combination, app)));
  const byCause = Map.groupBy(found, ({ combination }) => JSON.stringify(causeOf(combination).location));
  return [...byCause.values()].flatMap((same) => atCause(same, configuration));
}

function lockedOutIn(combination: RuleCombination, app: AnalysedApp): readonly LockedOut[] {
  const { policies, space } = app;
  if (!isLockedOut(policies, combination)) return [];
  const facts = ordinaryFactsFor(combination, space) ?? combination.facts;
  if (!isSignInDenied(policies, facts, everythingIn(app))) return [];
  const isUsual = (user: UserFacts) => isOrdinary(user, rulesOf(combination));
  const lockedOut = factsOfLockOut(combination, app);
  if (lockedOut && isUsual(lockedOut)) return [{ app, combination, facts: lockedOut, isUsual: true, isLockOut: true }];
  return [{ app, combination, facts, isUsual: isUsual(facts), isLockOut: lockedOut !== undefined }];
}

/** A user who is under other rules of the enrollment policy in other circumstances may meet the same rules there. */
function factsOfLockOut(combination: RuleCombination, app: AnalysedApp): UserFacts | undefined {
  const { policies, space, combinations, unshown, denialBudget } = app;
  const same = [...combinations, ...unshown].filter(
    ({ session, app: signOn }) => session === combination.session && signOn === combination.app,
  );
  const open = same.filter((other) => !isLockedOut(policies, other));
  return deniedEverywhere({
    denied: combination.formulas,
    open: open.map(({ formulas }) => formulas),
    space,
    budget: denialBudget,
    isConfirmed: (facts) =>
      decideTogether(policies, combination, facts) && isSignInDenied(policies, facts, everythingIn(app)),
  });
}

function everythingIn({ policies }: AnalysedApp): readonly string[] {
  return policies.authenticators.map(({ key }) => key);
}

function rulesOf({ session, app, enrollment }: RuleCombination): readonly RuleHead[] {
  return [session, app, ...(enrollment ? [enrollment] : [])];
}

/**
 * The enrollment rule, if there is one. Each other rule can be met if nothing is disabled: otherwise the files would
 * have been refused before the analysis.
 */
function causeOf({ app, enrollment }: RuleCombination): RuleHead {
  return enrollment ?? app;
}

function atCause(same: readonly LockedOut[], { locationOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const usual = same.filter(({ isUsual }) => isUsual);
  const shown = usual.find(({ isLockOut }) => isLockOut) ?? usual[0] ?? same[0];
  const cause = shown && causeOf(shown.combination);
  const location = cause && locationOf(cause);
  if (shown === undefined || location === undefined) return [];
  const involved = distinctRules([
    ...same.map(({ combination }) => combination.app),
    ...same.map(({ combination }) => combination.session),
  ]);
  return [
    findingAt('lock-out', location, {
      message: `lets no user into ${analysedAppsText(same)} where ${namedRulesText(involved)} decide, too: nothing that users can have there meets them${shown.isLockOut ? '' : '. In other circumstances they can meet them'}`,
      ...(!(shown.isUsual && shown.isLockOut) && { severity: 'warning' as const }),
      rules: involved.slice(0, mostNamed).map(namedRule),
      example: exampleOptions(shown.facts, everythingIn(shown.app)),
      advice: 'disable less here, let the other rules take what may be used, or tell them apart by `when`',
    }),
  ];
}
