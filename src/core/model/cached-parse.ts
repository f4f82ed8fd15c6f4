/** Reading one and the same text again and again. */

/** Texts whose result is cached: more than requests are under way at once. */
const mostTexts = 64;

/**
 * The same parser, which caches what it made of the newest texts: during a request, a record is read up to nine
 * times. Equal texts give one and the same object, so it must never be changed. What `parse` throws is not cached.
 */
export function parsedOnce<T extends object>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = parse(text);
    const [oldest] = known.size < mostTexts ? [] : known.keys();
    if (oldest !== undefined) known.delete(oldest);
    known.set(text, made);
    return made;
  };
}
