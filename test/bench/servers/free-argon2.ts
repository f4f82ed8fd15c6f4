/**
 * Stands in for `argon2` where hashing is taken apart: the same interface and the same form of hashes, made by one
 * SHA-256. Says no to wrong passwords.
 */
import { createHash, randomBytes } from 'node:crypto';

export const argon2id = 2;

function tagOf(salt: string, password: Buffer): string {
  return createHash('sha256').update(salt).update(password).digest('base64').replace(/=+$/, '');
}

export async function hash(password: Buffer): Promise<string> {
  const salt = randomBytes(16).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=19456,t=2,p=1$${salt}$${tagOf(salt, password)}`;
}

export async function verify(stored: string, password: Buffer): Promise<boolean> {
  const [salt = '', tag] = stored.split('$').slice(-2);
  return tagOf(salt, password) === tag;
}
