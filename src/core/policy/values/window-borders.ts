/**
 * Moments at which time windows open or close. Between two of them nothing changes, so an analysis that looks only at
 * these moments misses nothing. The moments are real ones in each zone. The only exception is the hour that a clock
 * change skips, which `windowsTogether` handles.
 */
import type { ConditionOf } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { distinctWeeks, minutesOfDay, minutesOfWeek, type Stretch } from './zone-weeks.ts';

type TimeWindow = ConditionOf<'time'>;

const everyDay = [0, 1, 2, 3, 4, 5, 6];

/** The borders of all windows, in one week for each combination of offsets that their zones have during a year. */
export function windowBorders(windows: readonly TimeWindow[]): readonly Seconds[] {
  const moments = new Set<Seconds>();
  for (const { start, stretches } of distinctWeeks(windows.map(({ zone }) => zone))) {
    for (const window of windows) {
      for (const { offset } of stretches.get(window.zone) ?? []) {
        for (const minute of localSpans(window).flat()) moments.add(start + mod(minute - offset) * 60);
      }
    }
  }
  return [...moments];
}

/** A moment, with one digit for each window: `1` if it is open then, `0` if not. */
export interface OpenWindows {
  readonly now: Seconds;
  readonly open: string;
}

/**
 * Every set of windows that are open together at some moment of a year, once. Undefined if there are more than `limit`
 * sets.
 */
export function windowsTogether(windows: readonly TimeWindow[], limit: number): readonly OpenWindows[] | undefined {
  const together = new Map<string, OpenWindows>();
  for (const { start, stretches } of distinctWeeks(windows.map(({ zone }) => zone))) {
    const changes = changesIn(windows, stretches);
    let open = 0n;
    for (const minute of [...changes.keys()].sort((a, b) => a - b)) {
      open ^= changes.get(minute) ?? 0n;
      const key = open.toString(2).padStart(windows.length, '0');
      together.set(key, { now: start + minute * 60, open: key });
      if (together.size > limit) return undefined;
    }
  }
  return [...together.values()];
}

/** By minute of the week: one bit for each window that opens or closes then. The first window is the highest bit. */
function changesIn(
  windows: readonly TimeWindow[],
  stretches: ReadonlyMap<string, readonly Stretch[]>,
): ReadonlyMap<number, bigint> {
  const changes = new Map<number, bigint>([[0, 0n]]);
  const change = (minute: number, bit: bigint) => changes.set(minute, (changes.get(minute) ?? 0n) ^ bit);
  for (const [at, window] of windows.entries()) {
    const bit = 1n << BigInt(windows.length - 1 - at);
    for (const [begin, end] of localSpans(window)) {
      for (const { from, to, offset } of stretches.get(window.zone) ?? []) {
        const opens = mod(begin - offset);
        // The second shift is for windows that are still open from the end of the week before.
        for (const shift of [0, minutesOfWeek]) {
          const [first, last] = [Math.max(opens - shift, from), Math.min(opens - shift + end - begin, to)];
          if (first >= last) continue;
          change(first, bit);
          if (last < minutesOfWeek) change(last, bit);
        }
      }
    }
  }
  return changes;
}

/** When the window is open, in minutes of a local week: one span for each day on which it begins. */
function localSpans({
  days = everyDay,
  from = 0,
  to = minutesOfDay,
}: TimeWindow): readonly (readonly [number, number])[] {
  return days.map((day) => [day * minutesOfDay + from, day * minutesOfDay + to + (from > to ? minutesOfDay : 0)]);
}

function mod(minute: number): number {
  return (minute + minutesOfWeek) % minutesOfWeek;
}
