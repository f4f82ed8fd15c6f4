/**
 * The theory of date attributes with bounds relative to the current time. Each such attribute has a variable for how
 * its tests see the day. One shared variable for the time limits which of these can occur together.
 */
import { oneDay } from '../../model/durations.ts';
import type { Seconds } from '../../model/facts.ts';
import { dayText } from '../values/date-bound.ts';
import type { ValueFormulas } from './attribute-values.ts';
import { dayMoments } from './day-moments.ts';
import { type DayView, dayView, type TestedDays } from './day-view.ts';
import { among, type Formula, type UserFacts, type Variable } from './theory.ts';

/** The theory of several date attributes, which share the time. */
export interface DayTheory {
  /** By name of the attribute. */
  readonly values: ReadonlyMap<string, ValueFormulas>;
  /** Formulas that hold for all facts. */
  readonly always: readonly Formula[];
}

/** `since`: ignore sign-ins before this time. Undefined if there are more classes than a search can handle. */
export function dayTheory(all: readonly TestedDays[], since: Seconds | undefined): DayTheory | undefined {
  const views = all.map(dayView);
  const moments = dayMoments(views, since);
  if (moments === undefined) return undefined;
  const values = new Map<string, ValueFormulas>();
  const always: Formula[] = [];
  for (const [position, view] of views.entries()) {
    const seen = moments.seen.map((each) => each[position] ?? new Set<string>());
    const patterns = [...new Set(seen.flatMap((each) => [...each]))];
    if (patterns.length > mostPatterns) return undefined;
    const variable = variableOf(view, patterns, since);
    values.set(view.name, valuesOf(variable, patterns, all[position]?.tests ?? []));
    always.push(...togetherWith(moments.variable, seen, { variable, patterns }));
  }
  return { values, always };
}

const mostPatterns = 400;

/** The first class is absence. The others are the patterns of tests that can hold for a day. */
function variableOf(view: DayView, patterns: readonly string[], since: Seconds | undefined): Variable {
  const classes = patterns.map((pattern) => ({ applyTo: placedIn(pattern, view, since) }));
  return { name: `attributes.${view.name}`, order: 2, classes: [{ applyTo: (facts) => facts }, ...classes] };
}

function valuesOf(variable: Variable, patterns: readonly string[], tests: TestedDays['tests']): ValueFormulas {
  const keys = tests.map((test) => JSON.stringify(test));
  return {
    passes: (test) => {
      const digit = keys.indexOf(JSON.stringify(test));
      return among(variable, (at) => at > 0 && patterns[at - 1]?.[digit] === '1');
    },
    isPresent: among(variable, (at) => at > 0),
  };
}

interface SeenPatterns {
  readonly variable: Variable;
  readonly patterns: readonly string[];
}

/** A day can be seen in some way only at the times at which that is possible. */
function togetherWith(
  time: Variable,
  seen: readonly ReadonlySet<string>[],
  { variable, patterns }: SeenPatterns,
): readonly Formula[] {
  const times = patterns.map((pattern) => seen.map((each) => (each.has(pattern) ? '1' : '0')).join(''));
  const limited = [...new Set(times)].filter((digits) => digits.includes('0'));
  return limited.map((digits) => ({
    any: [among(variable, (at) => times[at - 1] !== digits), among(time, (at) => digits[at] === '1')],
  }));
}

/**
 * Gives the user a day that the tests see in this way at the time of the facts. If that time is before `since`, the
 * facts move to `since`.
 */
function placedIn(
  pattern: string,
  { name, daysAt, seenAt, borders }: DayView,
  since: Seconds = 0,
): (facts: UserFacts) => UserFacts {
  return ({ subject, ...facts }) => {
    const now = Math.max(facts.now, since);
    const days = daysAt(now);
    const near = days.filter((day) => seenAt(day, now) === pattern).sort((a, b) => far(a, now) - far(b, now));
    const value = dayText(near[0] ?? days[0] ?? 0);
    return {
      ...facts,
      now,
      ...(borders.length > 0 && { isTimed: true }),
      subject: { ...subject, profile: { ...subject.profile, [name]: value } },
    };
  };
}

function far(day: number, now: Seconds): Seconds {
  return Math.abs(day * oneDay - now);
}
