/** Parses and formats durations for administrators. */
import { oneDay, oneHour, oneMinute } from '../../../core/model/durations.ts';
import type { Seconds } from '../../../core/model/facts.ts';
import { durationText } from '../../../policy/model/duration-text.ts';
import { durationSeconds } from '../../../policy/schema/fields/durations.ts';

const sizes: Readonly<Record<string, Seconds>> = { s: 1, m: oneMinute, h: oneHour, d: oneDay };

/** Seconds of `90s`, `10m`, `12h`, `3d` or an ISO 8601 duration. Undefined for any other text. */
export function parseDuration(text: string): Seconds | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (sizes[unit] ?? 1);
  return durationSeconds(text.toUpperCase());
}

/** For example `just now` or `10 min ago`. */
export function ageText(seconds: Seconds): string {
  return seconds <= 0 ? 'just now' : `${durationText(seconds)} ago`;
}
