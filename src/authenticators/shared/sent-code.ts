/** What all codes that are sent to a person have in common: six digits, kept only as keyed hashes. */
import { timingSafeEqual } from 'node:crypto';
import type { Refused } from '../authenticator.ts';

/** Six digits as people type and paste them: grouped, with full-width digits. */
export function readCode(text: unknown): string | Refused {
  if (typeof text !== 'string' || text.trim() === '') return refuse('credentials.required');
  const code = text.length > 64 ? '' : text.normalize('NFKC').replace(/[\s\p{Cf}-]/gu, '');
  return /^[0-9]{6}$/.test(code) ? code : refuse('credentials.malformed');
}

/** In constant time. */
export function same(kept: unknown, given: string): boolean {
  if (typeof kept !== 'string') return false;
  const [one, other] = [Buffer.from(kept), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}

export function refuse(code: string, field = 'credentials.passcode'): Refused {
  return { ok: false, code, field };
}
