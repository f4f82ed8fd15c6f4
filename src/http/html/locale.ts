/** Which language a page speaks. */

/** In the order of preference: what the client asked (`ui_locales`, OpenID Connect Core section 3.1.2.1), then the browser. */
export interface LocaleWishes {
  /** Space-separated BCP 47 tags. */
  readonly uiLocales?: string | undefined;
  /** The header (RFC 9110 section 12.5.4). */
  readonly acceptLanguage?: string | undefined;
}

/** The first wish that `available` can serve, by its primary language; `fallback` if none. Never throws. */
export function chooseLocale(available: Iterable<string>, wishes: LocaleWishes, fallback = 'en'): string {
  const known = new Set(available);
  for (const tag of [...(wishes.uiLocales ?? '').split(' ').slice(0, 20), ...byWeight(wishes.acceptLanguage ?? '')]) {
    const primary = tag.split('-')[0]?.toLowerCase() ?? '';
    if (known.has(primary)) return primary;
  }
  return fallback;
}

function byWeight(header: string): readonly string[] {
  return header
    .split(',')
    .slice(0, 20)
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((piece) => piece.trim());
      const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
      return { tag, weight: Number.isFinite(weight) ? weight : 0 };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
