/**
 * Codes that users keep on paper or get from an administrator: generated, read as users type them, and hashed.
 * Crockford's Base32: 32 letters and digits of which no two look alike, 5 bits each.
 */
import { randomBytes } from 'node:crypto';
import { argon2id, hash } from 'argon2';
import type { HashingQueue } from './hashing-queue.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Bytes of a digest. */
const hashLength = 32;

/** `length` random letters and digits. */
export function drawKeyText(length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte & 31]).join('');
}

/** The text in groups of four, as on pages. */
export function groupedKeyText(text: string): string {
  return text.match(/.{1,4}/g)?.join('-') ?? '';
}

/**
 * Reads a text of `min` to `max` letters and digits. Accepts lower case, spaces and dashes, O for 0, I and L for 1.
 * Undefined for any other text.
 */
export function readKeyText(text: string, min: number, max: number): string | undefined {
  if (text.length > 256) return undefined;
  const signs = text
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Pd}]/gu, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  const isOne = signs.length >= min && signs.length <= max && /^[0-9A-HJKMNP-TV-Z]+$/.test(signs);
  return isOne ? signs : undefined;
}

/** 128 bits, base64url. */
export function drawSalt(): string {
  return randomBytes(16).toString('base64url');
}

export function isSalt(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{22}$/.test(value);
}

/**
 * Argon2id of a text, 256 bits, base64url. Texts of fewer than 112 bits are hashed like passwords (NIST SP 800-63B-4
 * section 3.1.2.2). Rejects with `StepgateError('busy')` if the queue is full.
 */
export async function digestKeyText(queue: HashingQueue, text: string, salt: string): Promise<string> {
  const options = {
    ...queue.cost,
    hashLength,
    type: argon2id,
    salt: Buffer.from(salt, 'base64url'),
    raw: true,
  } as const;
  return (await queue.run(() => hash(text, options))).toString('base64url');
}

/** For users who have no code: the same work, and never a match. */
export const decoySalt = 'hyA87eMsEiNKm0nwji4e7A';
