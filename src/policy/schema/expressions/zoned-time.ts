/** Times whose parts an expression may read in any zone, such as `now.getHours("Europe/Vienna")`. */
import type { Seconds } from '../../../core/model/facts.ts';

/** Cached by the name of a zone. Users may bring it: `now.getHours(user.profile.zoneinfo)`. */
const formats = new Map<string, Intl.DateTimeFormat>();
/** There are 600 zones, and any of their letters may be a capital. */
const mostFormats = 1000;

/**
 * The interpreter writes a time in its zone as a text, for each part that is read. `toLocaleString` would make a format
 * for each of these texts, which takes a hundred times as long as using one.
 */
export function zonedTime(time: Seconds): Date {
  const texts = new Map<string, string>();
  const date = new Date(time * 1000);
  const textIn = (_languages?: unknown, options?: Intl.DateTimeFormatOptions) => {
    const zone = options?.timeZone ?? '';
    const text = texts.get(zone) ?? formatFor(zone).format(date);
    texts.set(zone, text);
    return text;
  };
  return Object.assign(date, { toLocaleString: textIn });
}

/** With all that `toLocaleString` writes. Throws a RangeError if there is no such zone. */
function formatFor(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const date = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time });
  if (formats.size >= mostFormats) formats.clear();
  formats.set(timeZone, format);
  return format;
}
