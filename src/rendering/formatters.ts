/** Dates, lengths of time, lists and countries in words. Formatters are expensive to build, so each exists once. */

/**
 * Answers like `make`, but builds each result once for each list of arguments. Only for arguments that the program
 * itself chooses.
 */
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

/** A list with a sign or a word between its parts: as units, some languages run them together. */
function listFormat(locale: string): Intl.ListFormat {
  const units = new Intl.ListFormat(locale, { type: 'unit', style: 'long' });
  const separates = !/^1 ?2 ?3$/.test(units.format(['1', '2', '3']));
  return separates ? units : new Intl.ListFormat(locale, { type: 'conjunction', style: 'long' });
}

type LocaleArgument = string | string[] | undefined;

/** Built once by locale, zone and style. Also what `intl-messageformat` formats plurals and numbers with. */
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

/** Where it is not known where the reader is. */
const unknownZone = 'UTC';

export type MomentStyle = 'short' | 'long' | 'day';

const dateStyles = { short: 'medium', long: 'long' } as const;

/**
 * A moment (epoch seconds). The time of day is that of `zone` (IANA; absent: UTC), and names it. A day is that of UTC,
 * in which the rules that set it count.
 */
export function momentText(
  locale: string,
  at: number,
  { style = 'short', zone = unknownZone }: { readonly style?: MomentStyle; readonly zone?: string } = {},
): string {
  const time = at * 1000;
  if (style === 'day')
    return intlFormatters.getDateTimeFormat(locale, { dateStyle: 'long', timeZone: unknownZone }).format(time);
  const options = { dateStyle: dateStyles[style], timeStyle: 'short', timeZone: zone } as const;
  const words = intlFormatters.getDateTimeFormat(locale, options).format(time);
  const named = intlFormatters.getDateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(time);
  const name = named.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
  return `${words}\u00a0${name.replaceAll(' ', '\u00a0')}`;
}

/** A zone that times can be told in: `undefined` for anything else. */
export function knownZone(zone: unknown): string | undefined {
  if (typeof zone !== 'string' || zone.length > 64) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** Unit and its length, longest first (seconds). A month and a year are what they are on average. */
const spans = [
  ['year', 31_556_952],
  ['month', 2_629_746],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** How long ago, or how soon (seconds; negative: ago), in the largest unit that fits. Under a minute is now. */
export function distanceText(locale: string, seconds: number): string {
  const [unit, size] = spans.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const);
  const count = unit === 'second' ? 0 : Math.trunc(seconds / size);
  return intlFormatters.getRelativeTimeFormat(locale).format(count, unit);
}

/** Unit, its length, and from which length of time on it is used (seconds). */
const units = [
  ['day', 86_400, 2 * 86_400],
  ['hour', 3600, 3600],
  ['minute', 60, 60],
] as const;

/** A length of time (seconds), rounded up: a user who comes back after it is never too early. */
export function waitText(locale: string, seconds: number): string {
  const wait = Math.max(1, Math.ceil(seconds));
  const [unit, size] = units.find(([, , from]) => wait >= from) ?? (['second', 1] as const);
  const format = intlFormatters.getNumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Math.ceil(wait / size));
}

/** A country (ISO 3166-1 alpha-2) by its name; its code, if it has none. */
export function countryText(locale: string, country: string): string {
  return intlFormatters.getRegionNames(locale).of(country) ?? country;
}

/** A language by the name that its speakers give it, such as `Deutsch`; the text itself, if it is no tag (BCP 47). */
export function languageText(tag: string): string {
  if (!/^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i.test(tag)) return tag;
  const name = new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag;
  const [first = '', ...rest] = name;
  return first.toLocaleUpperCase(tag) + rest.join('');
}
