/**
 * Moments at which time windows begin or end. From one border to the next no window opens or closes, so that an
 * analysis that looks at the borders alone misses nothing. Real moments, whatever the offset of the zone; the hour that
 * a clock skips is the one exception, and `clockChanges` says when it is.
 */
import type { ConditionOf } from '../model/conditions.ts';
import type { Seconds } from '../model/facts.ts';
import { localTimeIn } from './local-time.ts';

type TimeWindow = ConditionOf<'time'>;

const DAY = 24 * 60;
const WEEK = 7 * DAY;
/**
 * A Sunday at midnight, UTC: local minutes of the week there are the offset of the zone. The year stands for every
 * year.
 */
const YEAR_START: Seconds = 1_798_934_400;
const everyDay = [0, 1, 2, 3, 4, 5, 6];

/** By zone: its offsets (minutes, modulo a week) in one week, two when clocks change in it. */
type Offsets = ReadonlyMap<string, readonly number[]>;

/** The borders of all windows, in one week for each set of offsets that their zones have in a year. */
export function windowBorders(windows: readonly TimeWindow[]): readonly Seconds[] {
  const moments = new Set<Seconds>();
  for (const [start, offsets] of distinctWeeks(windows.map(({ zone }) => zone))) {
    for (const window of windows) {
      for (const moment of bordersIn(window, start, offsets)) moments.add(moment);
    }
  }
  return [...moments];
}

/** The moments of a year at which the clocks of these zones change, one for each set of offsets before and after. */
export function clockChanges(windows: readonly TimeWindow[]): readonly Seconds[] {
  return distinctWeeks(windows.map(({ zone }) => zone)).flatMap(([start, offsets]) =>
    Array.from(offsets).flatMap(([zone, { length }]) => (length > 1 ? [clockChange(zone, start)] : [])),
  );
}

/**
 * Weeks of a year (epoch seconds of their start), without those in which all zones have offsets that they had before.
 */
function distinctWeeks(zones: readonly string[]): readonly (readonly [Seconds, Offsets])[] {
  const clocks = [...new Set(zones)].map((zone) => [zone, localTimeIn(zone)] as const);
  const weeks = new Map<string, readonly [Seconds, Offsets]>();
  for (let week = 0; week <= 52; week += 1) {
    const start = YEAR_START + week * WEEK * 60;
    const offsets = clocks.map(([zone, localTime]) => {
      const both = [localTime(start), localTime(start + WEEK * 60)].map(({ day, minute }) => day * DAY + minute);
      return [zone, [...new Set(both)]] as const;
    });
    const key = JSON.stringify(offsets);
    if (!weeks.has(key)) weeks.set(key, [start, new Map(offsets)]);
  }
  return [...weeks.values()];
}

/** The minute of that week in which the offset of the zone changes. */
function clockChange(zone: string, start: Seconds): Seconds {
  const localTime = localTimeIn(zone);
  const offsetAt = (minute: number) => {
    const { day, minute: local } = localTime(start + minute * 60);
    return (day * DAY + local - minute + 2 * WEEK) % WEEK;
  };
  const before = offsetAt(0);
  let [same, changed] = [0, WEEK];
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetAt(middle) === before) same = middle;
    else changed = middle;
  }
  return start + changed * 60;
}

function bordersIn(window: TimeWindow, start: Seconds, offsets: Offsets): readonly Seconds[] {
  const { days = everyDay, from = 0, to = DAY, zone } = window;
  const minutes = days.flatMap((day) => [day * DAY + from, day * DAY + to + (from > to ? DAY : 0)]);
  return (offsets.get(zone) ?? []).flatMap((offset) =>
    minutes.map((minute) => start + ((minute - offset + WEEK) % WEEK) * 60),
  );
}
