/** Browsers that somebody has signed in with before, by a secret cookie. A known device satisfies a condition; it proves nothing. */
import { createHash } from 'node:crypto';
import type { Seconds } from '../core/model.ts';
import { storeKey } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';

/** How long a browser stays known after the last sign-in (seconds): 180 days. */
export const deviceLifetime: Seconds = 180 * 86_400;
/** A sign-in is written down again only after this long (seconds), so that SSO costs no write of its own. */
const rewriteAfter: Seconds = 86_400;
/** People per browser that are remembered. */
const mostPeople = 20;

/** The store holds the hash of the secret only. */
export function deviceKey(secret: string): string {
  return storeKey('device', createHash('sha256').update(secret).digest('base64url'));
}

export function isKnownDevice(value: string | undefined, subject: string): boolean {
  return value !== undefined && Object.hasOwn(parse(value), subject);
}

/** Writes down that this person signed in with this browser. */
export function rememberDevice(unit: UnitOfWork, secret: string, subject: string, now: Seconds): void {
  const key = deviceKey(secret);
  const seen = parse(unit.peek(key)?.value)[subject];
  if (seen !== undefined && now - seen < rewriteAfter) return;
  unit.merge(key, (current) => {
    const people = Object.entries({ ...parse(current), [subject]: now }).sort(([, a], [, b]) => b - a);
    return { value: JSON.stringify(Object.fromEntries(people.slice(0, mostPeople))), ttl: deviceLifetime };
  });
}

function parse(value: string | undefined): Readonly<Record<string, Seconds>> {
  return value === undefined ? {} : (JSON.parse(value) as Record<string, Seconds>);
}
