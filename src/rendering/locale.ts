/** The language of a page or message, and its writing direction. */

export interface Locale {
  /** BCP 47. */
  readonly tag: string;
  readonly dir: 'ltr' | 'rtl';
}

/** Right-to-left scripts (Unicode Standard, chapter 9 and 19), as ISO 15924 codes. */
const rightToLeft = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Mend', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa', 'Yezi']);

/** Throws a RangeError for an invalid tag. */
export function localeOf(tag: string): Locale {
  const { script } = new Intl.Locale(tag).maximize();
  return { tag, dir: script !== undefined && rightToLeft.has(script) ? 'rtl' : 'ltr' };
}

/** Language preferences. The client's (`ui_locales`, OpenID Connect Core section 3.1.2.1) come before the browser's. */
export interface LocaleWishes {
  /** Space-separated BCP 47 tags. */
  readonly uiLocales?: string | undefined;
  /** The header (RFC 9110 section 12.5.4). */
  readonly acceptLanguage?: string | undefined;
  /** Used if none of the preferred languages is available. Absent: the chooser's fallback. */
  readonly fallback?: string | undefined;
}

/** Only the first entries of each list count, because both come from outside. */
const mostWishes = 20;
const mostCached = 500;
/** Characters: the minimum that an implementation must support (RFC 5646 section 4.4.1). */
const maxTagLength = 35;

/**
 * Returns a function that finds the tag of `available` that best fits the preferences, or `fallback`. It never throws,
 * and caches its results.
 */
export function localeChooser(available: readonly string[], fallback = 'en'): (wishes: LocaleWishes) => string {
  const offered = available.map((tag) => new Intl.Locale(tag));
  const cached = new Map<string, string>();
  return ({ uiLocales = '', acceptLanguage = '', fallback: own = '' }) => {
    const key = `${uiLocales}\n${acceptLanguage}\n${own}`;
    const known = cached.get(key);
    if (known !== undefined) return known;
    const wishes = [...uiLocales.split(' ', mostWishes), ...byWeight(acceptLanguage), own];
    const chosen = wishes.map((wish) => bestOf(offered, wish)).find((tag) => tag !== undefined) ?? fallback;
    if (cached.size >= mostCached) cached.clear();
    if (key.length < 500) cached.set(key, chosen);
    return chosen;
  };
}

/**
 * The tag of the same language that is closest in script and region: `zh-TW` gets `zh-Hant`. A related language is not
 * a substitute.
 */
function bestOf(offered: readonly Intl.Locale[], wish: string): string | undefined {
  const tag = canonicalTag(wish);
  if (tag === undefined) return undefined;
  const wanted = new Intl.Locale(tag);
  const [first, ...others] = offered.filter(({ language }) => language === wanted.language);
  if (first === undefined) return undefined;
  const nearer = (best: Intl.Locale, other: Intl.Locale) =>
    nearness(wanted, other) > nearness(wanted, best) ? other : best;
  return others.reduce(nearer, first).toString();
}

/** The similarity of two locales of one language. The script counts most, because the user must be able to read it. */
function nearness(wanted: Intl.Locale, candidate: Intl.Locale): number {
  const [likely, offered] = [wanted.maximize(), candidate.maximize()];
  const isExact = wanted.baseName === candidate.baseName;
  const isGeneral = candidate.region === undefined;
  return (
    8 * Number(likely.script === offered.script) +
    4 * Number(likely.region === offered.region) +
    2 * Number(isExact) +
    Number(isGeneral)
  );
}

/** Undefined for texts that are not a tag, such as the `*` of Accept-Language, or that are too long. */
function canonicalTag(wish: string): string | undefined {
  if (wish.length > maxTagLength) return undefined;
  try {
    return Intl.getCanonicalLocales(wish)[0];
  } catch {
    return undefined;
  }
}

function byWeight(header: string): readonly string[] {
  return header
    .split(',', mostWishes)
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((piece) => piece.trim());
      const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
      return { tag, weight: Number.isFinite(weight) ? weight : 0 };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** Selects from texts in several languages: the locale's, otherwise English, otherwise any. */
export function textForLocale(texts: Readonly<Record<string, string>>, { tag }: Locale): string {
  const language = tag.split('-')[0] ?? tag;
  return texts[tag] ?? texts[language] ?? texts.en ?? Object.values(texts)[0] ?? '';
}
