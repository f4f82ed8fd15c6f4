/** Dates in profiles and rules: days and moments in UTC, and comparisons with bounds. */

import type { DateBound, ValueTest } from '../../model/conditions.ts';
import { oneDay, oneHour, oneMinute } from '../../model/durations.ts';
import type { Seconds } from '../../model/facts.ts';

/** From the first second up to, but without, the last one (epoch seconds). For a moment both are equal. */
export interface DateSpan {
  readonly from: Seconds;
  readonly to: Seconds;
}

const dayForm = /^(\d{4})-(\d{2})-(\d{2})$/;
const clockForm = /^T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a day such as 2027-01-31 (UTC) or a moment such as 2027-01-31T18:00:00+01:00 (RFC 3339). Undefined for any
 * other text and for a day that does not exist.
 */
export function dateSpan(text: string): DateSpan | undefined {
  const day = dayStart(text.slice(0, 10));
  if (day === undefined) return undefined;
  if (text.length === 10) return { from: day, to: day + oneDay };
  const sinceMidnight = clockSeconds(text.slice(10));
  return sinceMidnight === undefined ? undefined : { from: day + sinceMidnight, to: day + sinceMidnight };
}

function dayStart(text: string): Seconds | undefined {
  const [, year = 0, month = 0, day = 0] = (dayForm.exec(text) ?? []).map(Number);
  const isReal = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  return isReal ? dayNumber(year, month, day) * oneDay : undefined;
}

function daysIn(year: number, month: number): number {
  // Month 13 is January of the next year.
  return dayNumber(year, month + 1, 1) - dayNumber(year, month, 1);
}

/**
 * Days since the epoch in the proleptic Gregorian calendar. Internally the year begins in March, so that the leap day
 * is its last day.
 */
function dayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const sinceMarch = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return (
    365 * shifted +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    sinceMarch -
    719_468
  );
}

/** Seconds from midnight UTC; negative where the offset is greater than the time of day. */
function clockSeconds(text: string): Seconds | undefined {
  const [, hours, minutes, seconds = '0', offset = 'Z'] = clockForm.exec(text) ?? [];
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)];
  if (!(hour < 24 && minute < 60 && second < 60)) return undefined;
  // `Z` has no digits, so `Number` reads it as 0.
  const east =
    (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * oneHour + Number(offset.slice(4)) * oneMinute);
  return hour * oneHour + minute * oneMinute + second - east;
}

/** Compiles the test of a stored date. A text that is not a date never passes. */
export function compileDateTest({ before, after }: ValueTest): (value: string, now: Seconds) => boolean {
  return (value, now) => {
    const span = dateSpan(value);
    if (span === undefined) return false;
    if (before !== undefined && span.to > spanOf(before, now).from) return false;
    return after === undefined || span.from >= spanOf(after, now).to;
  };
}

/** One of the bounds is relative to the current time. */
export function isRelative({ before, after }: ValueTest): boolean {
  return [before, after].some((bound) => bound !== undefined && 'fromNow' in bound);
}

function spanOf(bound: DateBound, now: Seconds): DateSpan {
  return 'fromNow' in bound ? { from: now + bound.fromNow, to: now + bound.fromNow } : bound;
}

/**
 * All days next to a moment at which a test with fixed bounds changes its answer, sorted and without duplicates.
 * Between two of these days no answer changes.
 */
export function daysAround(tests: readonly ValueTest[]): readonly string[] {
  const bounds = tests.flatMap(({ before, after }) => [before, after]);
  const moments = bounds.flatMap((bound) => (bound === undefined || 'fromNow' in bound ? [] : [bound.from, bound.to]));
  const days = moments.map((moment) => Math.floor(moment / oneDay)).flatMap((day) => [day - 1, day, day + 1]);
  return [...new Set(days)].sort((a, b) => a - b).map(dayText);
}

const daysOf400Years = 146_097;

/** The inverse of `dayNumber`: the day with this number since the epoch, as `YYYY-MM-DD`. */
export function dayText(number: number): string {
  const sinceMarch0 = number + 719_468;
  const cycle = Math.floor(sinceMarch0 / daysOf400Years);
  const day = sinceMarch0 - cycle * daysOf400Years;
  const leaps = Math.floor(day / 1460) - Math.floor(day / 36_524) + Math.floor(day / (daysOf400Years - 1));
  const year = Math.floor((day - leaps) / 365);
  const ofYear = day - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const shifted = Math.floor((5 * ofYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const ofMonth = ofYear - Math.floor((153 * shifted + 2) / 5) + 1;
  return [padded(cycle * 400 + year + (month <= 2 ? 1 : 0), 4), padded(month, 2), padded(ofMonth, 2)].join('-');
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, '0');
}
