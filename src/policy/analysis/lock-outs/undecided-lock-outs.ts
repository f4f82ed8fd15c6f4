/**
 * Rules of the enrollment policy that would lock users out where a condition holds that cannot be taken apart, as
 * findings.
 */
import { isLockedOut } from '../../../core/analysis/simulation/simulated-outcome.ts';
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import { locationKey } from '../../../core/model/location-key.ts';
import type { AnalysisFinding } from '../../model/analysis-finding.ts';
import { findingAt } from '../../source/finding-at.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type AnalysedConfiguration, namedRule } from '../analysed/configuration.ts';
import { analysedAppsText, distinctRules, mostNamed } from '../text/apps-text.ts';

/** One for each rule of which no combination is known to decide. */
export function undecidedLockOuts(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): readonly AnalysisFinding[] {
  const open = apps.flatMap((app) => undecidedIn(app));
  const byRule = Map.groupBy(open, ({ enrollment }) => locationKey(enrollment));
  return [...byRule.values()].flatMap((same) => {
    const [first] = same;
    const location = first && configuration.locationOf(first.enrollment);
    if (location === undefined) return [];
    const involved = distinctRules(same.flatMap(({ others }) => others));
    const parts = {
      message: `whether it locks users out of ${analysedAppsText(same)} could not be decided: nothing that they can have meets the rules named here, and a condition cannot be taken apart`,
      severity: 'warning' as const,
      rules: involved.slice(0, mostNamed).map(namedRule),
      advice: 'disable less here, or say for whom with other conditions than `expression`, such as `attributes`',
    };
    return [findingAt('undecided', location, parts)];
  });
}

interface UndecidedLockOut {
  readonly app: AnalysedApp;
  readonly enrollment: EnrollmentRule;
  readonly others: readonly AnalysedApp['combinations'][number]['app'][];
}

/** Where the steps did not suffice, another finding says so. */
function undecidedIn(app: AnalysedApp): readonly UndecidedLockOut[] {
  const { policies, combinations, unshown, open } = app;
  const found = new Set(
    combinations.filter((combination) => isLockedOut(policies, combination)).map(({ enrollment }) => enrollment),
  );
  const runOut = Map.groupBy(open, ({ session }) => session);
  const openWith = new Map(Array.from(runOut, ([session, pairs]) => [session, new Set(pairs.map((pair) => pair.app))]));
  return unshown.flatMap((combination) => {
    const { session, app: signOn, enrollment } = combination;
    const hasRunOut = openWith.get(session)?.has(signOn) ?? false;
    if (enrollment === undefined || hasRunOut || found.has(enrollment) || !isLockedOut(policies, combination))
      return [];
    return [{ app, enrollment, others: [signOn, session] }];
  });
}
