/** Durations as administrators read them. */
import { oneDay, oneHour, oneMinute } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';

const units = [
  ['d', oneDay],
  ['h', oneHour],
  ['min', oneMinute],
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
