/** Compares secrets in constant time. */
import { timingSafeEqual } from 'node:crypto';

/** `stored` comes from the store. If it is not a text, it equals nothing. */
export function isSameText(stored: unknown, given: string): boolean {
  if (typeof stored !== 'string') return false;
  const [one, other] = [Buffer.from(stored), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
