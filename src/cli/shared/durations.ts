/** Durations as admins write and read them. */
import type { Seconds } from '../../core/model/facts.ts';
import { durationSeconds } from '../../policy/schema/durations.ts';

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `12 h`, `1 d 6 h`, `90 s` (a minute and a half stays seconds). */
export function durationText(seconds: Seconds): string {
  if (seconds < 120) return `${seconds} s`;
  let rest = seconds;
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.join(' ');
}

const sizes: Readonly<Record<string, Seconds>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of `90s`, `10m`, `12h`, `3d` or an ISO 8601 duration; `undefined`: it is none. */
export function parseDuration(text: string): Seconds | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (sizes[unit] ?? 1);
  return durationSeconds(text.toUpperCase());
}

/** `just now`, `10 min ago`. */
export function ageText(seconds: Seconds): string {
  return seconds <= 0 ? 'just now' : `${durationText(seconds)} ago`;
}
