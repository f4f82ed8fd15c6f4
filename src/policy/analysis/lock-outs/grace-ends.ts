/**
 * Sign-ins after the grace for a required enrollment: from the day on which it ends, and of users who have skipped as
 * often as they may.
 */
import { isSignInDenied } from '../../../core/analysis/simulation/simulated-outcome.ts';
import { ruleCombinations } from '../../../core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { EnrollmentRule, RequiredEnrollment } from '../../../core/model/enrollment-policy.ts';
import type { Seconds, Subject } from '../../../core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { plainTime, type Universe } from '../../../core/policy/theories/theory.ts';
import { type AnalysedApp, rulesOfApp } from '../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import type { Denied } from './denials/denied-users.ts';

/** All apps, at one time. */
export interface AppsThen {
  readonly apps: readonly AnalysedApp[];
  readonly configuration: AnalysedConfiguration;
  /** The users have skipped what they may. Until then they can set it up wherever they are allowed to. */
  readonly afterSkips?: true;
}

/** The last day comes first. Empty: no rule gives any grace that is not over. */
export function graceEnds(apps: readonly AnalysedApp[], configuration: AnalysedConfiguration): readonly AppsThen[] {
  const required = distinct(apps.flatMap(({ policies }) => policies.enrollment?.rules ?? [])).flatMap(
    ({ rule }) => rule.then.required,
  );
  const days = daysOf(required)
    .filter((day) => day > plainTime)
    .toSorted((one, other) => other - one);
  // All rules decide on the last day, too, if none asks which day it is.
  const some = apps.some(({ policies }) => asksForDays(policies)) ? days : days.slice(0, 1);
  const skipped = skippedAsOften(required);
  return [
    ...some.map((day) => ({ since: day, notBefore: day })).map((then) => appsThen(apps, configuration, then)),
    ...(skipped ? [{ ...appsThen(apps, configuration, { skipped }), afterSkips: true as const }] : []),
  ];
}

function daysOf(required: readonly RequiredEnrollment[]): readonly Seconds[] {
  const days = required.flatMap(({ grace }) => (grace && 'until' in grace ? [grace.until] : []));
  return distinct(days);
}

/** Undefined: no rule lets users skip some times. */
function skippedAsOften(required: readonly RequiredEnrollment[]): Subject['skipped'] {
  const counts = new Map<string, number>();
  for (const { anyOf, grace } of required) {
    if (grace === undefined || !('skips' in grace)) continue;
    for (const key of anyOf) counts.set(key, Math.max(counts.get(key) ?? 0, grace.skips));
  }
  if (counts.size === 0) return undefined;
  return Object.fromEntries(Array.from(counts, ([key, count]) => [key, { grace: { count, at: plainTime } }]));
}

function asksForDays(policies: PolicySet): boolean {
  return rulesOfApp(policies)
    .flatMap(({ when }) => conditionSets(when))
    .some(({ expression, attributes }) => expression !== undefined || attributes !== undefined);
}

function appsThen(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
  then: Pick<Universe, 'since' | 'notBefore' | 'skipped'>,
): AppsThen {
  const universe: AnalysedConfiguration['universe'] = (clientIds) => ({
    ...configuration.universe(clientIds),
    ...then,
  });
  const changed = apps.flatMap((app): readonly AnalysedApp[] => {
    const { policies, denialBudget } = app;
    if (!policies.enrollment?.rules.some(({ rule }) => hasGrace(rule))) return [];
    const space = ruleSpace(
      rulesOfApp(policies).map(({ when }) => when),
      universe([app.app.clientId]),
    );
    const found = ruleCombinations(policies, space, denialBudget);
    return [
      {
        ...app,
        // The space reads its id as a constant, so that no other app with the same rules is like it.
        template: JSON.stringify([app.template, app.app.clientId]),
        space,
        ...found,
        combinations: found.combinations.filter((combination) => mayDiffer(combination, policies)),
      },
    ];
  });
  return { apps: changed, configuration: { ...configuration, universe } };
}

/** Whether it matters that grace is over. */
function mayDiffer({ enrollment }: { readonly enrollment?: EnrollmentRule }, policies: PolicySet): boolean {
  return policies.enrollment?.beforeSignIn !== undefined || (enrollment !== undefined && hasGrace(enrollment));
}

function hasGrace({ then }: EnrollmentRule): boolean {
  return then.required.some(({ grace }) => grace !== undefined);
}

/** What the end of grace makes of a denial. */
export interface GraceEnd {
  /** A clause about the end of grace. Empty: such users are also denied while they may still skip the enrollment. */
  readonly clause: string;
  /** The example holds at its own time only. */
  readonly isTimed?: true;
}

export function graceEndOf({ app: { policies }, combination, after, facts, beginning, lockOut }: Denied): GraceEnd {
  const user = lockOut ? { facts: lockOut.facts, keys: lockOut.reachable } : { facts, keys: beginning.keys };
  const rules = distinct([
    ...(combination.enrollment ? [combination.enrollment] : []),
    ...(after ? [after.rule] : []),
    ...(lockOut?.after ?? []),
  ]).filter(hasGrace);
  if (rules.length === 0 || isSignInDenied(withoutGraced(policies), user.facts, user.keys)) return { clause: '' };
  const names = rules.map(({ name }) => `"${name}"`).join(' and ');
  const over = daysOf(rules.flatMap(({ then }) => then.required)).filter((day) => day <= user.facts.now);
  const from = over.length > 0 ? ` (from ${timeText(Math.max(...over))} on)` : '';
  const clause = `, once the grace of the rule${rules.length > 1 ? 's' : ''} ${names} is over${from}`;
  return { clause, ...(over.length > 0 && { isTimed: true }) };
}

/** The day, with the time unless it is midnight. */
function timeText(at: Seconds): string {
  const text = new Date(at * 1000).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : text.replace('.000Z', 'Z');
}

/** The policies as if nothing were required that may be skipped for a time. */
function withoutGraced({ enrollment, ...others }: PolicySet): PolicySet {
  if (enrollment === undefined) return others;
  const rules = enrollment.rules.map(({ rule }) => {
    const required = rule.then.required.filter(({ grace }) => grace === undefined);
    return { ...rule, then: { ...rule.then, required } };
  });
  return { ...others, enrollment: compilePolicy({ name: enrollment.name, rules }) };
}

function distinct<Item>(items: readonly Item[]): readonly Item[] {
  return [...new Set(items)];
}
