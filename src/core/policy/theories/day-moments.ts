/** Times at which days of the profile are seen in different ways, as classes of one variable. */
import type { Seconds } from '../../model/facts.ts';
import { DAY } from '../values/date-bound.ts';
import { around, type DayView } from './day-view.ts';
import { plainTime, type UserFacts, type Variable } from './theory.ts';

/** Times at which each view sees the same. */
export interface DayMoments {
  /** The time. */
  readonly variable: Variable;
  /** By class, then by view: all that some day is seen as then. */
  readonly seen: readonly (readonly ReadonlySet<string>[])[];
}

/** More times, or classes of them, would make each step of a search too slow. */
const mostMoments = 4_000;
const mostClasses = 300;

/** `since`: no time before that is looked at. Undefined: there are too many. */
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
  const places = [...classes].map(([key, now]) => ({ place: placedAt(now, (other) => keyAt(views, other) === key) }));
  return { variable: { name: 'now', order: 1, classes: places }, seen };
}

function seenAt({ daysAt, seenAt: seen }: DayView, now: Seconds): ReadonlySet<string> {
  return new Set(daysAt(now).map((day) => seen(day, now)));
}

function keyAt(views: readonly DayView[], now: Seconds): string {
  return views.map((view) => [...seenAt(view, now)].sort().join(' ')).join('\n');
}

/** What is seen changes where a day begins at a border, and from day to day only where a border is at a fixed day. */
function distinctMoments(views: readonly DayView[], since: Seconds | undefined): readonly Seconds[] {
  const near = views.flatMap(({ fixed, borders }) =>
    fixed.flatMap((day) => borders.flatMap((border) => around(day - Math.floor(border / DAY)))),
  );
  const first = since === undefined ? [] : around(Math.floor(since / DAY) + 1);
  const days = withOneBetween([...new Set([...near, ...first, Math.floor(plainTime / DAY)])].sort((a, b) => a - b));
  const seconds = secondsOfDay(views.flatMap(({ borders }) => borders));
  const all = days.flatMap((day) => seconds.map((second) => day * DAY + second));
  return since === undefined ? all : [since, ...all.filter((now) => now >= since)];
}

/** Between two of these days, before and after them there is one of each gap. */
function withOneBetween(days: readonly number[]): readonly number[] {
  const [first = 0] = days;
  return [first - 1, ...days.flatMap((day, at) => (days[at + 1] === day + 1 ? [day] : [day, day + 1]))];
}

/** Those at which days begin at a border, and one between two of them. */
function secondsOfDay(borders: readonly Seconds[]): readonly Seconds[] {
  const sorted = [...new Set([0, ...borders.map((border) => ((-border % DAY) + DAY) % DAY)])].sort((a, b) => a - b);
  return sorted.flatMap((second, at) => {
    const next = sorted[at + 1] ?? DAY;
    return next - second > 1 ? [second, Math.floor((second + next) / 2)] : [second];
  });
}

const WEEK: Seconds = 7 * DAY;

/** At the time that the facts have if it is of the class, else in another week, so that windows of hours stay open. */
export function placedAt(moment: Seconds, isIn: (now: Seconds) => boolean): (facts: UserFacts) => UserFacts {
  return (facts) => {
    const weeks = Math.floor((moment - facts.now) / WEEK);
    const alike = [0, weeks, weeks + 1].map((shift) => facts.now + shift * WEEK);
    return { ...facts, now: alike.find(isIn) ?? moment };
  };
}
