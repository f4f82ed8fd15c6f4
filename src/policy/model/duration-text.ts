/** Durations as administrators read them. */
import type { Seconds } from '../../core/model/facts.ts';

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
