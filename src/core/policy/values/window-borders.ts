/**
 * Moments at which time windows begin or end. From one border to the next no window opens or closes, so that an
 * analysis that looks at the borders alone misses nothing. Real moments, whatever the offset of the zone; the hour that
 * a clock skips is the one exception, and `windowsTogether` knows it.
 */
import type { ConditionOf } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { DAY_MINUTES, distinctWeeks, type Stretch, WEEK_MINUTES } from './zone-weeks.ts';

type TimeWindow = ConditionOf<'time'>;

const everyDay = [0, 1, 2, 3, 4, 5, 6];

/** The borders of all windows, in one week for each set of offsets that their zones have in a year. */
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

/** A moment, and for each window `1` where it is open then, else `0`. */
export interface OpenWindows {
  readonly now: Seconds;
  readonly open: string;
}

/**
 * Every set of windows that are open together at some moment of a year, each once. `undefined`: there are more than
 * `limit` of them.
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

/** By minute of the week: a bit for each window that opens or closes then, the first window in the highest bit. */
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
        // The second is what goes on at the beginning of the week.
        for (const shift of [0, WEEK_MINUTES]) {
          const [first, last] = [Math.max(opens - shift, from), Math.min(opens - shift + end - begin, to)];
          if (first >= last) continue;
          change(first, bit);
          if (last < WEEK_MINUTES) change(last, bit);
        }
      }
    }
  }
  return changes;
}

/** Where the window is open, in minutes of a local week: one span for each day on which it begins. */
function localSpans({
  days = everyDay,
  from = 0,
  to = DAY_MINUTES,
}: TimeWindow): readonly (readonly [number, number])[] {
  return days.map((day) => [day * DAY_MINUTES + from, day * DAY_MINUTES + to + (from > to ? DAY_MINUTES : 0)]);
}

function mod(minute: number): number {
  return (minute + WEEK_MINUTES) % WEEK_MINUTES;
}
