/** Checks new passwords (NIST SP 800-63B-4 section 3.1.1.2): long enough, and not common. No composition rules. */
import { isCommonPassword, stem } from '../shared/common-passwords.ts';
import { passwordBytes } from './hash.ts';

/** Longest password, in bytes of UTF-8 as it is hashed. */
const maxBytes = 1024;

/** Code points of the text as it is hashed (NFC). */
function passwordLength(text: string): number {
  return [...text.normalize('NFC')].length;
}

/** Why the text cannot be a new password, whatever the blocklists say; `undefined`: it can. */
export function formFault(text: string, minLength: number): 'too_short' | 'too_long' | 'malformed' | undefined {
  if (passwordLength(text) < minLength) return 'too_short';
  if (Buffer.byteLength(text.normalize('NFC')) > maxBytes) return 'too_long';
  return passwordBytes(text) === undefined ? 'malformed' : undefined;
}

/** A password that guessing begins with: a common one, once or more often, or a few characters over and over. */
export function isGuessedFirst(text: string): boolean {
  return isCommonPassword(text) || isCommonPassword(repeated(text)) || /^(.{1,4})\1+$/u.test(text);
}

/** What the text consists of, over and over, without what stands between; the whole text where nothing is repeated. */
function repeated(text: string): string {
  const plain = text.replace(/[\s._-]+/gu, '');
  // Each text is found again in its double: first where it begins to repeat itself. A pattern would take far longer.
  const period = `${plain}${plain}`.indexOf(plain, 1);
  return period < plain.length ? plain.slice(0, period) : text;
}

/** Whether the text is little more than one of these words about the user or the service (name, address, brand). */
export function isContextWord(text: string, words: readonly string[]): boolean {
  const core = stem(text);
  const parts = words.flatMap(partsOf);
  return parts.some((part) => stem(part) === core && core.length >= shortestWord) || isMadeOf(text, parts);
}

/** Shorter words would refuse too much. */
const shortestWord = 4;

/** An address stands for itself, its local part and the parts of its domain. */
function partsOf(word: string): readonly string[] {
  return [word, ...word.split(/[@.\s_-]+/)].filter((part) => part.length >= shortestWord);
}

/** Without the words no letter is left: several of them, or one whose digits a stem does not keep (`u1234567`). */
function isMadeOf(text: string, parts: readonly string[]): boolean {
  const plain = (part: string) => part.normalize('NFKC').toLowerCase();
  const longestFirst = parts.map(plain).toSorted((one, other) => other.length - one.length);
  const left = longestFirst.reduce((rest, part) => rest.replaceAll(part, ' '), plain(text));
  return left !== plain(text) && !/\p{L}/u.test(left);
}
