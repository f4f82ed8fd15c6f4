/**
 * Cuts time into classes: two moments are in one class if the tests can treat days of the profile in the same ways
 * then. A *view* is how the tests of one attribute treat a day.
 */
import { oneDay, oneWeek } from '../../model/durations.ts';
import type { Seconds } from '../../model/facts.ts';
import { around, type DayView } from './day-view.ts';
import { plainTime, type UserFacts, type Variable } from './theory.ts';

/** Classes of moments. In one class every attribute's tests allow the same results. */
export interface DayMoments {
  /** The variable whose classes are these. */
  readonly variable: Variable;
  /** By class, then by view: the results that some day can have at that time. */
  readonly seen: readonly (readonly ReadonlySet<string>[])[];
}

/** With more moments or classes, each step of a search would be too slow. */
const mostMoments = 4_000;
const mostClasses = 300;

/** `since`: ignore earlier times. Undefined if there are too many moments or classes. */
export function dayMoments(views: readonly DayView[], since: Seconds | undefined): DayMoments | undefined {
  const moments = distinctMoments(views, since);
  if (moments.length > mostMoments) return undefined;
  const classes = new Map<string, Seconds>();
  const nearFirst = moments.toSorted((a, b) => Math.abs(a - plainTime) - Math.abs(b - plainTime));
  for (const now of nearFirst) {
    const key = keyAt(views, now);
    if (!classes.has(key)) classes.set(key, now);
  }
  if (classes.size > mostClasses) return undefined;
  const seen = [...classes.values()].map((now) => views.map((view) => seenAt(view, now)));
  const factClasses = [...classes].map(([key, now]) => ({
    applyTo: placedAt(now, (other) => (since === undefined || other >= since) && keyAt(views, other) === key),
  }));
  return { variable: { name: 'now', order: 1, classes: factClasses }, seen };
}

function seenAt({ daysAt, seenAt: seen }: DayView, now: Seconds): ReadonlySet<string> {
  return new Set(daysAt(now).map((day) => seen(day, now)));
}

function keyAt(views: readonly DayView[], now: Seconds): string {
  return views.map((view) => [...seenAt(view, now)].sort().join(' ')).join('\n');
}

/**
 * The moments that have to be tried. Results can change when a day crosses a moving border, and differ from day to day
 * only where such a border meets a fixed day.
 */
function distinctMoments(views: readonly DayView[], since: Seconds | undefined): readonly Seconds[] {
  const near = views.flatMap(({ fixed, borders }) =>
    fixed.flatMap((day) => borders.flatMap((border) => around(day - Math.floor(border / oneDay)))),
  );
  const first = since === undefined ? [] : around(Math.floor(since / oneDay) + 1);
  const days = withOneBetween([...new Set([...near, ...first, Math.floor(plainTime / oneDay)])].sort((a, b) => a - b));
  const seconds = secondsOfDay(views.flatMap(({ borders }) => borders));
  const all = days.flatMap((day) => seconds.map((second) => day * oneDay + second));
  return since === undefined ? all : [since, ...all.filter((now) => now >= since)];
}

/** Adds one day before all of these days, after them, and in each gap between them. */
function withOneBetween(days: readonly number[]): readonly number[] {
  const [first = 0] = days;
  return [first - 1, ...days.flatMap((day, index) => (days[index + 1] === day + 1 ? [day] : [day, day + 1]))];
}

/** The seconds of a day at which a day crosses a border, and one second between each two. */
function secondsOfDay(borders: readonly Seconds[]): readonly Seconds[] {
  const sorted = [...new Set([0, ...borders.map((border) => ((-border % oneDay) + oneDay) % oneDay)])].sort(
    (a, b) => a - b,
  );
  return sorted.flatMap((second, index) => {
    const next = sorted[index + 1] ?? oneDay;
    return next - second > 1 ? [second, Math.floor((second + next) / 2)] : [second];
  });
}

/**
 * Sets the time of facts to a time of this class: the present time if it is in the class, otherwise a time in another
 * week, so that weekly time windows stay as they are.
 */
export function placedAt(moment: Seconds, isIn: (now: Seconds) => boolean): (facts: UserFacts) => UserFacts {
  return (facts) => {
    const weeks = Math.floor((moment - facts.now) / oneWeek);
    const alike = [0, weeks, weeks + 1].map((shift) => facts.now + shift * oneWeek);
    return { ...facts, now: alike.find(isIn) ?? moment, isTimed: true };
  };
}
