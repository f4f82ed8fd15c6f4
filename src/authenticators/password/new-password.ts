/** Checks new passwords (NIST SP 800-63B-4 section 3.1.1.2): long enough, and not common. No composition rules. */
import { isCommonPassword, stem } from '../shared/common-passwords.ts';
import { passwordBytes } from './hash.ts';

/** The longest password (bytes of UTF-8 as hashed). */
const maxBytes = 1024;

/** Code points of the text as hashed (NFC). */
function passwordLength(text: string): number {
  return [...text.normalize('NFC')].length;
}

/** Why the text cannot be a new password, independently of blocklists. Undefined if it can. */
export function formFault(text: string, minLength: number): 'too_short' | 'too_long' | 'malformed' | undefined {
  if (passwordLength(text) < minLength) return 'too_short';
  if (Buffer.byteLength(text.normalize('NFC')) > maxBytes) return 'too_long';
  return passwordBytes(text) === undefined ? 'malformed' : undefined;
}

/** A password that attackers guess first: a common one, possibly repeated, or a few characters over and over. */
export function isGuessedFirst(text: string): boolean {
  return isCommonPassword(text) || isCommonPassword(repeated(text)) || /^(.{1,4})\1+$/u.test(text);
}

/** The repeated part of the text, without separators. The whole text if nothing is repeated. */
function repeated(text: string): string {
  const plain = text.replace(/[\s._-]+/gu, '');
  // Searches the text in its double: the first match after the beginning is the period. A pattern would take much
  // longer.
  const period = `${plain}${plain}`.indexOf(plain, 1);
  return period < plain.length ? plain.slice(0, period) : text;
}

/** Whether the text is little more than one of these words about the user or the service (name, address, brand). */
export function isContextWord(text: string, words: readonly string[]): boolean {
  const core = stem(text);
  const parts = words.flatMap(partsOf);
  return parts.some((part) => stem(part) === core && core.length >= shortestWord) || isMadeOf(text, parts);
}

/** With shorter words, too many passwords would be refused. */
const shortestWord = 4;

/** For an address: the address itself, its local part and the parts of its domain. */
function partsOf(word: string): readonly string[] {
  return [word, ...word.split(/[@.\s_-]+/)].filter((part) => part.length >= shortestWord);
}

/**
 * Whether no letter remains after removing the words. This covers several words, and a word whose digits a stem drops
 * (`u1234567`).
 */
function isMadeOf(text: string, parts: readonly string[]): boolean {
  const plain = (part: string) => part.normalize('NFKC').toLowerCase();
  const longestFirst = parts.map(plain).toSorted((one, other) => other.length - one.length);
  const left = longestFirst.reduce((rest, part) => rest.replaceAll(part, ' '), plain(text));
  return left !== plain(text) && !/\p{L}/u.test(left);
}
