/** Browsers that somebody has signed in with before, by a secret cookie. A known device satisfies a condition; it proves nothing. */

import { randomBytes } from 'node:crypto';
import type { Facts, Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { knownDeviceKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

/** How long a browser stays known after the last sign-in (seconds). */
export const deviceLifetime: Seconds = keyTable['known-device'].lifetime.seconds;
/** A sign-in is written down again only after this long (seconds), so that SSO costs no write of its own. */
const rewriteAfter: Seconds = 86_400;
/** People per browser that are remembered. */
const maxUsers = 20;

/** One person's last sign-in with the browser. */
export interface LastSignIn {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** The enrollments that were proved, in that order. */
  readonly used: readonly string[];
}

/**
 * Nothing is bound to the secret of this browser now that was not before. `remembers`: the person asked for it. Who only knows a password
 * can sign in to an app that asks for no more, and plant the secret of that browser elsewhere: so the first that is remembered takes a new one.
 */
export function mayKeepSecret({ device, now }: Facts, remembers: boolean): boolean {
  return device.known && (!remembers || (device.remembered ?? []).some(({ until }) => now < until));
}

/**
 * The secret of a browser after a sign-in (base64url, 256 bits). Whoever signs in with it for the first time, or has it remember a proof
 * for the first time, gets a new one: somebody else may have planted or copied the one that was there, and must not share what is bound to
 * it from now on. The browser stays known to the people who have used it.
 */
export function deviceSecret(unit: UnitOfWork, present: string | undefined, keeps: boolean): string {
  if (present !== undefined && keeps) return present;
  const secret = randomBytes(32).toString('base64url');
  const users = present === undefined ? undefined : unit.peek(knownDeviceKey(present))?.value;
  if (users !== undefined) unit.put(knownDeviceKey(secret), { value: users, ttl: deviceLifetime });
  return secret;
}

/** `undefined`: this person has not signed in with this browser. */
export function lastSignIn(value: string | undefined, subject: string): LastSignIn | undefined {
  const users = parse(value);
  return Object.hasOwn(users, subject) ? users[subject] : undefined;
}

/** Writes down that this person signed in with this browser, and what they proved: it is offered first next time. */
export function recordSignIn(unit: UnitOfWork, secret: string, subject: string, { at, used }: LastSignIn): void {
  const key = knownDeviceKey(secret);
  const last = lastSignIn(unit.peek(key)?.value, subject);
  if (last && used.join() === last.used.join() && at - last.at < rewriteAfter) return;
  unit.merge(key, (current) => {
    const users = Object.entries({ ...parse(current), [subject]: { at, used } }).sort(([, a], [, b]) => b.at - a.at);
    return { value: JSON.stringify(Object.fromEntries(users.slice(0, maxUsers))), ttl: deviceLifetime };
  });
}

/** Before what was proved was written down, there was only the time. */
function parse(value: string | undefined): Readonly<Record<string, LastSignIn>> {
  const users = value === undefined ? {} : (JSON.parse(value) as Record<string, LastSignIn | Seconds>);
  return Object.fromEntries(
    Object.entries(users).map(([id, last]) => [id, typeof last === 'number' ? { at: last, used: [] } : last]),
  );
}
