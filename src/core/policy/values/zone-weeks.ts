/**
 * Offsets of time zones in the weeks of a year. They are read once for each zone, because computing a local time is
 * slow.
 */
import type { Seconds } from '../../model/facts.ts';
import { localTimeIn } from './local-time.ts';

export const minutesOfDay = 24 * 60;
export const minutesOfWeek = 7 * minutesOfDay;
/**
 * Midnight UTC on a Sunday, where the local minute of the week equals the zone's offset. This year represents every
 * year.
 */
const yearStart: Seconds = 1_798_934_400;

/**
 * A part of a week in which the zone has this offset (minutes, modulo a week): minutes `from` up to, but without, `to`.
 */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** For each zone: one stretch for the whole week, or two if its clocks change in the week. */
export interface ZoneWeek {
  /** The start of the week. */
  readonly start: Seconds;
  readonly stretches: ReadonlyMap<string, readonly Stretch[]>;
}

/** The weeks of a year, without those in which all zones have a combination of offsets that an earlier week had. */
export function distinctWeeks(zones: readonly string[]): readonly ZoneWeek[] {
  const years = [...new Set(zones)].map((zone) => [zone, yearOf(zone)] as const);
  const weeks = new Map<string, ZoneWeek>();
  for (let week = 0; week <= 52; week += 1) {
    const stretches = years.map(([zone, year]) => [zone, year[week] ?? []] as const);
    const key = JSON.stringify(stretches);
    if (!weeks.has(key)) weeks.set(key, { start: startOf(week), stretches: new Map(stretches) });
  }
  return [...weeks.values()];
}

/** Cached by time zone: reading a year of one takes milliseconds, and a configuration names few. */
const years = new Map<string, readonly (readonly Stretch[])[]>();

/** The stretches of each week. */
function yearOf(zone: string): readonly (readonly Stretch[])[] {
  const known = years.get(zone) ?? readYear(zone);
  years.set(zone, known);
  return known;
}

function readYear(zone: string): readonly (readonly Stretch[])[] {
  const localTime = localTimeIn(zone);
  const offsetAt = (start: Seconds, minute: number): number => {
    const { day, minute: local } = localTime(start + minute * 60);
    return (day * minutesOfDay + local - minute + 2 * minutesOfWeek) % minutesOfWeek;
  };
  return Array.from({ length: 53 }, (_, week) => stretchesOf((minute) => offsetAt(startOf(week), minute)));
}

function startOf(week: number): Seconds {
  return yearStart + week * minutesOfWeek * 60;
}

function stretchesOf(offsetAt: (minute: number) => number): readonly Stretch[] {
  const [before, after] = [offsetAt(0), offsetAt(minutesOfWeek)];
  if (before === after) return [{ from: 0, to: minutesOfWeek, offset: before }];
  let [same, changed] = [0, minutesOfWeek];
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetAt(middle) === before) same = middle;
    else changed = middle;
  }
  return [
    { from: 0, to: changed, offset: before },
    { from: changed, to: minutesOfWeek, offset: after },
  ];
}
