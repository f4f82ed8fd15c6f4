/** Checks new passwords (NIST SP 800-63B-4 section 3.1.1.2): long enough, and not common. No composition rules. */
import { isCommonPassword, stem } from '../shared/common-passwords.ts';
import { passwordBytes } from './hash.ts';

export type NewPassword =
  /** `short`: under 15 characters, which is only enough beside a second factor. */
  | { readonly ok: true; readonly short: boolean }
  | { readonly ok: false; readonly reason: 'too_short' | 'too_long' | 'malformed' | 'common' | 'context' };

/** Characters are code points. */
const hardMinimum = 8;
const soleFactorMinimum = 15;
const maxBytes = 1024;

/**
 * Checks a password that is about to be set. `context`: words about the user or the service (name, address, brand);
 * a password that is little more than one of them is refused.
 */
export function checkNewPassword(text: string, context: readonly string[] = []): NewPassword {
  const length = [...text.normalize('NFC')].length;
  if (length < hardMinimum) return { ok: false, reason: 'too_short' };
  if (Buffer.byteLength(text.normalize('NFC')) > maxBytes) return { ok: false, reason: 'too_long' };
  if (passwordBytes(text) === undefined) return { ok: false, reason: 'malformed' };
  const core = stem(text);
  if (isCommonPassword(text) || /^(.{1,4})\1+$/u.test(text)) return { ok: false, reason: 'common' };
  if (context.flatMap(contextStems).some((word) => word === core)) return { ok: false, reason: 'context' };
  return { ok: true, short: length < soleFactorMinimum };
}

/** An address stands for itself, its local part and the parts of its domain; short words would refuse too much. */
function contextStems(word: string): readonly string[] {
  return [word, ...word.split(/[@.\s_-]+/)].map(stem).filter((part) => part.length >= 4);
}
