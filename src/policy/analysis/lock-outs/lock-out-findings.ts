/** Rules of the enrollment policy that disable what the other policies ask for, as findings: one at each. */
import { deniedEverywhere } from '../../../core/analysis/accounts/denied-everywhere.ts';
import { endsInDenial, isLockedOut } from '../../../core/analysis/simulation/lock-outs.ts';
import { isOrdinary } from '../../../core/analysis/space/ordinary-facts.ts';
import { decideTogether, ordinaryCase, type PolicyCase } from '../../../core/analysis/space/policy-cases.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { appsInWords, distinctRules, mostNamed, namedHere } from '../text/apps-text.ts';
import { exampleOptions } from '../text/example-options.ts';

/** Rules that let a user in, and nothing that users can have there leads in. */
interface LockedOut {
  readonly app: AnalysedApp;
  readonly one: PolicyCase;
  readonly facts: UserFacts;
  /** There may well be such a user. */
  readonly isUsual: boolean;
  /** From no network, with no device and at no time can the user meet these rules. */
  readonly isForGood: boolean;
}

export function lockOutFindings(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const found = apps.flatMap((app) => app.cases.flatMap((one) => lockedOutIn(one, app)));
  const byCause = Map.groupBy(found, ({ one }) => JSON.stringify(causeOf(one).location));
  return [...byCause.values()].flatMap((same) => atCause(same, configuration));
}

function lockedOutIn(one: PolicyCase, app: AnalysedApp): readonly LockedOut[] {
  const { policies, space } = app;
  if (!isLockedOut(policies, one)) return [];
  const facts = ordinaryCase(one, space) ?? one.facts;
  if (!endsInDenial(policies, facts, everythingIn(app))) return [];
  const isUsual = (user: UserFacts) => isOrdinary(user, rulesOf(one));
  const forGood = deniedForGood(one, app);
  if (forGood && isUsual(forGood)) return [{ app, one, facts: forGood, isUsual: true, isForGood: true }];
  return [{ app, one, facts, isUsual: isUsual(facts), isForGood: forGood !== undefined }];
}

/** A user who is under other rules of the enrollment policy in other circumstances may meet the same rules there. */
function deniedForGood(one: PolicyCase, app: AnalysedApp): UserFacts | undefined {
  const { policies, space, cases, unshown, denialBudget } = app;
  const same = [...cases, ...unshown].filter(
    ({ session, app: signOn }) => session === one.session && signOn === one.app,
  );
  const open = same.filter((other) => !isLockedOut(policies, other));
  return deniedEverywhere({
    denied: one.formulas,
    open: open.map(({ formulas }) => formulas),
    space,
    budget: denialBudget,
    isConfirmed: (facts) => decideTogether(policies, one, facts) && endsInDenial(policies, facts, everythingIn(app)),
  });
}

function everythingIn({ policies }: AnalysedApp): readonly string[] {
  return policies.authenticators.map(({ key }) => key);
}

function rulesOf({ session, app, enrollment }: PolicyCase): readonly RuleHead[] {
  return [session, app, ...(enrollment ? [enrollment] : [])];
}

/** Each of the other rules can be met where all may be used: what cannot is no configuration. */
function causeOf({ app, enrollment }: PolicyCase): RuleHead {
  return enrollment ?? app;
}

function atCause(same: readonly LockedOut[], { placeOf }: AnalysedConfiguration): readonly AnalysisFinding[] {
  const usual = same.filter(({ isUsual }) => isUsual);
  const shown = usual.find(({ isForGood }) => isForGood) ?? usual[0] ?? same[0];
  const cause = shown && causeOf(shown.one);
  const place = cause && placeOf(cause);
  if (shown === undefined || place === undefined) return [];
  const involved = distinctRules([...same.map(({ one }) => one.app), ...same.map(({ one }) => one.session)]);
  return [
    findingAt('lock-out', place, {
      message: `lets no user into ${appsInWords(same)} where ${namedHere(involved)} decide, too: nothing that users can have there meets them${shown.isForGood ? '' : '. In other circumstances they can meet them'}`,
      ...(!(shown.isUsual && shown.isForGood) && { severity: 'warning' as const }),
      rules: involved.slice(0, mostNamed).map(namedRule),
      example: exampleOptions(shown.facts, everythingIn(shown.app)),
      advice: 'disable less here, let the other rules take what may be used, or tell them apart by `when`',
    }),
  ];
}
