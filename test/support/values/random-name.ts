import { randomBytes } from 'node:crypto';

/**
 * A name that no other test has: sixteen letters. It has no digits, because tests look for digits of phone numbers and
 * codes on pages that show the name.
 */
export function randomName(): string {
  return [...randomBytes(16)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
}
