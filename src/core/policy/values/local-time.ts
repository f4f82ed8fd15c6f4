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

/**
 * Returns a function from epoch seconds to the local time in `zone` (an IANA name). The function caches its last
 * result: formatting is the only slow part of a condition, and all rules of a policy ask for the same minute.
 * @throws RangeError for a zone that does not exist
 */
export function localTimeIn(zone: string): (now: Seconds) => LocalTime {
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
