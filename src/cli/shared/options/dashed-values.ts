/** Values that begin with a dash, on a command line. */

/** An id or a reference in base64url, of 128 bits or more. No option that begins with one dash is as long. */
const dashedValue = /^-\w[\w-]{20,}$/;

/**
 * Joins `--transaction -4kL5…` to `--transaction=-4kL5…`. One in 64 references begins with a dash, and the parser takes
 * such a word for an option.
 */
export function joinDashedValues(words: readonly string[]): readonly string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const isJoined = (at: number) =>
    at > 0 && at < end && dashedValue.test(words[at] ?? '') && /^--\w[\w-]*$/.test(words[at - 1] ?? '');
  return words.flatMap((word, at) => {
    if (isJoined(at)) return [];
    return isJoined(at + 1) ? [`${word}=${words[at + 1]}`] : [word];
  });
}
