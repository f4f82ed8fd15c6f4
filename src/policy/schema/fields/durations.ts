/** Durations in ISO 8601, apart from the schemas: a command that reads one needs no schema. */
import { oneDay, oneHour, oneMinute, oneWeek } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';

/** Weeks, or days, hours, minutes and seconds. */
export const durationPattern = /^P(?=\d|T\d)(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/;
/** Ten years. */
export const longestDuration = 10 * 365 * oneDay;

/**
 * Seconds of an ISO 8601 duration made of weeks, or of days, hours, minutes and seconds; `undefined`: it is not one.
 */
export function durationSeconds(text: string): Seconds | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((digits) => Number(digits ?? 0));
  const total =
    (weeks ?? 0) * oneWeek +
    (days ?? 0) * oneDay +
    (hours ?? 0) * oneHour +
    (minutes ?? 0) * oneMinute +
    (seconds ?? 0);
  return total <= longestDuration ? total : undefined;
}
