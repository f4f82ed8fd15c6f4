/** Wall-clock time in a time zone. The epoch time is a parameter, because the core has no clock. */
import type { Seconds } from '../../model/facts.ts';

/** Day of the week and time of day. */
export interface LocalTime {
  /** 0 = Sunday ... 6 = Saturday. */
  readonly day: number;
  /** Minutes since midnight. */
  readonly minute: number;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

type Clock = (now: Seconds) => LocalTime;

/** Cached by zone: all rules of all policies ask for the same minute, and formatting is what takes long. */
const clocks = new Map<string, Clock>();

/**
 * Returns a function from epoch seconds to the local time in `zone` (an IANA name).
 * @throws RangeError for a zone that does not exist
 */
export function localTimeIn(zone: string): Clock {
  const clock = clocks.get(zone) ?? clockOf(zone);
  clocks.set(zone, clock);
  return clock;
}

/** It caches its last result. */
function clockOf(zone: string): Clock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  let last: { readonly minute: number; readonly time: LocalTime } | undefined;
  return (now) => {
    const minute = Math.floor(now / 60);
    if (last?.minute !== minute) last = { minute, time: readParts(format.formatToParts(minute * 60_000)) };
    return last.time;
  };
}

function readParts(parts: readonly Intl.DateTimeFormatPart[]): LocalTime {
  const value = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { day: weekdays.indexOf(value('weekday')), minute: Number(value('hour')) * 60 + Number(value('minute')) };
}
