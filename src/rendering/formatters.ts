/** Dates, durations, lists and countries in words. Formatters are expensive to build, so each is built once. */

/** Caches the results of `make` by arguments. Only for arguments from the program itself. */
function once<A extends readonly (string | object | undefined)[], R>(make: (...args: A) => R): (...args: A) => R {
  const built = new Map<string, R>();
  return (...args) => {
    const key = JSON.stringify(args);
    const known = built.get(key);
    if (known !== undefined) return known;
    const made = make(...args);
    built.set(key, made);
    return made;
  };
}

/** A list with a sign or a word between its parts. In the unit style, some languages use no separator. */
function listFormat(locale: string): Intl.ListFormat {
  const units = new Intl.ListFormat(locale, { type: 'unit', style: 'long' });
  const separates = !/^1 ?2 ?3$/.test(units.format(['1', '2', '3']));
  return separates ? units : new Intl.ListFormat(locale, { type: 'conjunction', style: 'long' });
}

type LocaleArgument = string | string[] | undefined;

/** Cached by locale, zone and style. `intl-messageformat` uses them for plurals and numbers as well. */
export const intlFormatters = {
  getNumberFormat: once(
    (locale: LocaleArgument, options?: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
  ),
  getDateTimeFormat: once(
    (locale: LocaleArgument, options?: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
  ),
  getPluralRules: once(
    (locale: LocaleArgument, options?: Intl.PluralRulesOptions) => new Intl.PluralRules(locale, options),
  ),
  getRelativeTimeFormat: once((locale: string) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })),
  getListFormat: once(listFormat),
  getRegionNames: once((locale: string) => new Intl.DisplayNames(locale, { type: 'region' })),
} as const;

/** Used if the reader's zone is unknown. */
const unknownZone = 'UTC';

export type MomentStyle = 'short' | 'long' | 'day';

const dateStyles = { short: 'medium', long: 'long' } as const;

/**
 * A moment (epoch seconds). The time of day is given in `zone` (IANA; absent: UTC), with its name. A day is given in
 * UTC, as in the rules that set it.
 */
export function momentText(
  locale: string,
  seconds: number,
  { style = 'short', zone = unknownZone }: { readonly style?: MomentStyle; readonly zone?: string } = {},
): string {
  const time = seconds * 1000;
  if (style === 'day')
    return intlFormatters.getDateTimeFormat(locale, { dateStyle: 'long', timeZone: unknownZone }).format(time);
  const options = { dateStyle: dateStyles[style], timeStyle: 'short', timeZone: zone } as const;
  const words = intlFormatters.getDateTimeFormat(locale, options).format(time);
  const named = intlFormatters.getDateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(time);
  const name = named.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  return `${words}\u00a0${name.replaceAll(' ', '\u00a0')}`;
}

/** The zone if times can be formatted in it, otherwise undefined. */
export function knownZone(zone: unknown): string | undefined {
  if (typeof zone !== 'string' || zone.length > 64) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** Units and their lengths (seconds), longest first. Months and years have their average length. */
const spans = [
  ['year', 31_556_952],
  ['month', 2_629_746],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** How long ago (negative) or how soon (seconds), in the largest unit that fits. Less than a minute is "now". */
export function distanceText(locale: string, seconds: number): string {
  const [unit, size] = spans.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const);
  const count = unit === 'second' ? 0 : Math.trunc(seconds / size);
  return intlFormatters.getRelativeTimeFormat(locale).format(count, unit);
}

/** Unit, its length, and the duration from which it is used (seconds). */
const units = [
  ['day', 86_400, 2 * 86_400],
  ['hour', 3600, 3600],
  ['minute', 60, 60],
] as const;

/** A duration (seconds), rounded up, so that a user who returns after it is never too early. */
export function waitText(locale: string, seconds: number): string {
  const wait = Math.max(1, Math.ceil(seconds));
  const [unit, size] = units.find(([, , from]) => wait >= from) ?? (['second', 1] as const);
  const format = intlFormatters.getNumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Math.ceil(wait / size));
}

/** The name of a country (ISO 3166-1 alpha-2), or its code if it has no name. */
export function countryText(locale: string, country: string): string {
  return intlFormatters.getRegionNames(locale).of(country) ?? country;
}

/** A language's own name, such as `Deutsch`, or the text itself if it is not a tag (BCP 47). */
export function languageText(tag: string): string {
  if (!/^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i.test(tag)) return tag;
  const name = new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag;
  const [first = '', ...rest] = name;
  return first.toLocaleUpperCase(tag) + rest.join('');
}
