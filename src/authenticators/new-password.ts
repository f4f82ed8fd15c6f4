/** Whether a new password will do (NIST SP 800-63B-4 section 3.1.1.2): length, and not one that everybody tries. No composition rules. */
import { passwordBytes } from './password-hash.ts';

export type NewPassword =
  /** `short`: under 15 characters, which is only enough beside a second factor. */
  | { readonly ok: true; readonly short: boolean }
  | { readonly ok: false; readonly reason: 'too_short' | 'too_long' | 'malformed' | 'common' | 'context' };

/** Characters are code points. */
const hardMinimum = 8;
const soleFactorMinimum = 15;
const maxBytes = 1024;

/**
 * Checks a password that is about to be set. `context`: words that say something about the person or the service (name, address, brand);
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

/** It is one of the passwords that everybody tries, also with the usual substitutes. */
export function isCommonPassword(text: string): boolean {
  return common.has(stem(text));
}

/** What remains when case, the usual substitutes and what is appended to please a rule are taken away. */
function stem(text: string): string {
  const plain = text.normalize('NFKC').toLowerCase();
  const bare = plain.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  return bare === '' ? plain : bare.replace(/[013457@$!]/g, (sign) => substitutes[sign] ?? sign);
}

const substitutes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** An address stands for itself, its local part and the parts of its domain; short words would refuse too much. */
function contextStems(word: string): readonly string[] {
  return [word, ...word.split(/[@.\s_-]+/)].map(stem).filter((part) => part.length >= 4);
}

/** Stems of the passwords that lead every list of leaked ones. */
const common: ReadonlySet<string> = new Set(
  (
    'password passwort passw passwd motdepasse contraseña senha letmein welcome willkommen changeme default secret iloveyou ' +
    'qwerty qwertyui qwertyuiop qwertz qwertzui azerty azertyui asdfghjk asdfghjkl asdfasdf zxcvbnm qazwsx qazwsxedc q1w2e3r4 iq2w3e4r ' +
    'abc abcd abcdefg abcdefgh abcdefghij admin administrator root superuser superman batman starwars pokemon naruto dragon monkey ' +
    'princess sunshine football baseball basketball liverpool chelsea arsenal computer internet samsung google facebook michael jennifer ' +
    'jordan michelle charlie shadow master trustno hunter killer whatever freedom summer winter spring autumn ' +
    'correcthorsebatterystaple testtest testpassword mypassword newpassword ' +
    '12345678 123456789 1234567890 0123456789 987654321 9876543210 87654321 11111111 00000000 12341234 11223344 1234567891'
  ).split(' '),
);
