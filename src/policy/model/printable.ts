/** Text from users, files or other systems, for terminals and reports. */

/**
 * Emoji are joined by U+200D. Letters of scripts such as Arabic and Devanagari are joined or kept apart by U+200D and
 * U+200C (UAX #31, section 2.3).
 */
const joined =
  /(?<=\p{Extended_Pictographic}[\u{1f3fb}-\u{1f3ff}\ufe0f]?)\u200d(?=\p{Extended_Pictographic})|(?<=(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}])[\p{L}\p{M}])[\u200c\u200d]/u
    .source;

const misleading = new RegExp(`(${joined})|[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]`, 'gu');

/**
 * Replaces what could control a terminal or make text look like something else: control characters, line breaks, what
 * changes the direction of text, and invisible characters, except for joiners where a script or an emoji needs them.
 */
export function printable(text: string): string {
  return text.replace(misleading, (character, isJoined?: string) => (isJoined ? character : '?'));
}

/** The same for one line: controls and line breaks become spaces, so that each column stays where it is. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' '));
}
