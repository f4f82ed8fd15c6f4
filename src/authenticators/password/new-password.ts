/** Checks new passwords (NIST SP 800-63B-4 section 3.1.1.2): long enough, and not common. No composition rules. */
import { isCommonPassword, stem } from '../shared/common-passwords.ts';
import { passwordBytes } from './hash.ts';

export type NewPassword =
  /** `short`: under 15 characters, which is only enough beside a second factor. */
  { readonly ok: true; readonly short: boolean } | { readonly ok: false; readonly reason: PasswordFault };

export type PasswordFault = 'too_short' | 'too_long' | 'malformed' | 'common' | 'context';

/** Characters are code points. */
const hardMinimum = 8;
const soleFactorMinimum = 15;
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

/** A password that guessing begins with: a common one, or a few characters over and over. */
export function isGuessedFirst(text: string): boolean {
  return isCommonPassword(text) || /^(.{1,4})\1+$/u.test(text);
}

/** Whether the text is little more than one of these words about the user or the service (name, address, brand). */
export function isContextWord(text: string, words: readonly string[]): boolean {
  const core = stem(text);
  return words.flatMap(contextStems).some((word) => word === core);
}

/** Checks a password that an administrator sets. `context`: words about the user or the service. */
export function checkNewPassword(text: string, context: readonly string[] = []): NewPassword {
  const fault = formFault(text, hardMinimum);
  if (fault !== undefined) return { ok: false, reason: fault };
  if (isGuessedFirst(text)) return { ok: false, reason: 'common' };
  if (isContextWord(text, context)) return { ok: false, reason: 'context' };
  return { ok: true, short: passwordLength(text) < soleFactorMinimum };
}

/** An address stands for itself, its local part and the parts of its domain; short words would refuse too much. */
function contextStems(word: string): readonly string[] {
  return [word, ...word.split(/[@.\s_-]+/)].map(stem).filter((part) => part.length >= 4);
}
