/** Languages: which one a page or a message speaks, and in which direction it is written. */

export interface Locale {
  /** BCP 47. */
  readonly tag: string;
  readonly dir: 'ltr' | 'rtl';
}

/** Scripts that run from right to left (Unicode Standard, chapter 9 and 19), as ISO 15924 codes. */
const rightToLeft = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Mend', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa', 'Yezi']);

/** Throws a RangeError for a tag that is not valid. */
export function localeOf(tag: string): Locale {
  const { script } = new Intl.Locale(tag).maximize();
  return { tag, dir: script !== undefined && rightToLeft.has(script) ? 'rtl' : 'ltr' };
}

/** The client's wish goes first (`ui_locales`, OpenID Connect Core section 3.1.2.1), then that of the browser. */
export interface LocaleWishes {
  /** Space-separated BCP 47 tags. */
  readonly uiLocales?: string | undefined;
  /** The header (RFC 9110 section 12.5.4). */
  readonly acceptLanguage?: string | undefined;
  /** Where nothing that was wished for is there; absent: that of the chooser. */
  readonly fallback?: string | undefined;
}

/** Of each list of wishes only the first ones count: both come from outside. */
const mostWishes = 20;
const mostRemembered = 500;
/** Characters: what an implementation must take at least (RFC 5646 section 4.4.1). */
const maxTagLength = 35;

/**
 * Gives for wishes the tag of `available` that serves them best, or `fallback`. Never throws; remembers its answers.
 */
export function localeChooser(available: readonly string[], fallback = 'en'): (wishes: LocaleWishes) => string {
  const offered = available.map((tag) => new Intl.Locale(tag));
  const remembered = new Map<string, string>();
  return ({ uiLocales = '', acceptLanguage = '', fallback: own = '' }) => {
    const key = `${uiLocales}\n${acceptLanguage}\n${own}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const wishes = [...uiLocales.split(' ', mostWishes), ...byWeight(acceptLanguage), own];
    const chosen = wishes.map((wish) => bestOf(offered, wish)).find((tag) => tag !== undefined) ?? fallback;
    if (remembered.size >= mostRemembered) remembered.clear();
    if (key.length < 500) remembered.set(key, chosen);
    return chosen;
  };
}

/**
 * The tag of the same language that is nearest to the wish in script and region: `zh-TW` gets `zh-Hant`. A related
 * language is no substitute.
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

/** Of two locales of one language. The script counts most, for the user must be able to read it. */
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

/** Undefined for what is not a tag, such as the `*` of Accept-Language, and for what is too long to be read. */
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

/** Of texts for several languages: that of the locale, else English, else whatever there is. */
export function textForLocale(texts: Readonly<Record<string, string>>, { tag }: Locale): string {
  const language = tag.split('-')[0] ?? tag;
  return texts[tag] ?? texts[language] ?? texts.en ?? Object.values(texts)[0] ?? '';
}
