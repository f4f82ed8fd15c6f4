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

/** One person's last sign-in with the browser. */
export interface LastSignIn {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** The enrollments that were proved, in that order. */
  readonly used: readonly string[];
}

/** The store holds the hash of the secret only. */
export function deviceKey(secret: string): string {
  return storeKey('device', createHash('sha256').update(secret).digest('base64url'));
}

/** `undefined`: this person has not signed in with this browser. */
export function lastSignIn(value: string | undefined, subject: string): LastSignIn | undefined {
  const people = parse(value);
  return Object.hasOwn(people, subject) ? people[subject] : undefined;
}

/** Writes down that this person signed in with this browser, and what they proved: it is offered first next time. */
export function noteSignIn(unit: UnitOfWork, secret: string, subject: string, { at, used }: LastSignIn): void {
  const key = deviceKey(secret);
  const last = lastSignIn(unit.peek(key)?.value, subject);
  if (last && used.join() === last.used.join() && at - last.at < rewriteAfter) return;
  unit.merge(key, (current) => {
    const people = Object.entries({ ...parse(current), [subject]: { at, used } }).sort(([, a], [, b]) => b.at - a.at);
    return { value: JSON.stringify(Object.fromEntries(people.slice(0, mostPeople))), ttl: deviceLifetime };
  });
}

/** Before what was proved was written down, there was only the time. */
function parse(value: string | undefined): Readonly<Record<string, LastSignIn>> {
  const people = value === undefined ? {} : (JSON.parse(value) as Record<string, LastSignIn | Seconds>);
  return Object.fromEntries(
    Object.entries(people).map(([id, last]) => [id, typeof last === 'number' ? { at: last, used: [] } : last]),
  );
}
