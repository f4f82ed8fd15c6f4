/**
 * Used browsers: those with which a user has signed in before, at whatever level, recognised by a secret cookie. Only
 * some are known (`isKnownBrowser`), which is what conditions ask about (decision 139). Neither proves anything.
 */

import { randomBytes } from 'node:crypto';
import { oneDay } from '../../core/model/durations.ts';
import type { Facts, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { keyTable } from '../../stores/key-table.ts';
import { usedBrowserKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Visitor } from './visitor.ts';

/** How long a browser counts as used after the last sign-in (seconds). */
export const browserLifetime: Seconds = keyTable['used-browser'].lifetime.seconds;
/** A sign-in is recorded again only after this long (seconds), so that SSO needs no write of its own. */
const rewriteAfter: Seconds = oneDay;
/** Users per browser. The user whose last sign-in is oldest is forgotten. */
const maxUsers = 20;

/** A user's last sign-in with the browser, at whatever level. */
export interface BrowserUse {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** The proved enrollments, in the order of the proofs. */
  readonly used: readonly string[];
  /**
   * What makes the browser known: the first sign-in at the strongest level that the account can reach (epoch seconds),
   * and the uid of its SSO session. Absent if there was none.
   */
  readonly usual?: {
    readonly since: Seconds;
    readonly session: string;
    /** `validAfter` of the account at that time. Under another one the browser is not known: see `isUsual`. */
    readonly validAfter: Seconds;
  };
}

/**
 * A sign-in with the browser was at the strongest level, and nothing has ended the other sessions of the account since
 * (decision 21). Before the account got stronger, a password alone may have been the strongest level.
 */
function isUsual(use: BrowserUse | undefined, validAfter: Seconds): boolean {
  return use?.usual?.validAfter === validAfter;
}

/**
 * Whether the browser may keep its secret, because this sign-in binds nothing new to it. `before`: the user's last
 * sign-in with it. `remembers`: the user asked the browser to remember a proof. `isStrongest`: the sign-in is at the
 * strongest level that the account can reach, so that the browser becomes known. `validAfter`: of the account.
 *
 * An attacker who knows a password could sign in to an app that asks for nothing more, and plant that browser's secret
 * elsewhere. The first sign-in at the strongest level, and the first remembered proof, therefore get a new secret.
 */
export function mayKeepSecret(
  { device: { remembered = [] }, now }: Facts,
  before: BrowserUse | undefined,
  {
    remembers,
    isStrongest,
    validAfter,
  }: { readonly remembers: boolean; readonly isStrongest: boolean; readonly validAfter: Seconds },
): boolean {
  if (before === undefined) return false;
  if (remembered.some(({ until }) => now < until)) return true;
  return !remembers && (isUsual(before, validAfter) || !isStrongest);
}

/**
 * The secret of a browser after a sign-in (base64url, 256 bits). It is renewed at a user's first sign-in with the
 * browser, at the first one that makes it known, and at the first proof that it remembers for a user: another user may
 * have planted or copied the present one, and must not share what is bound to it. Earlier sign-ins with the browser
 * stay recorded.
 */
export function secretAfterSignIn(unit: UnitOfWork, present: string | undefined, keeps: boolean): string {
  if (present !== undefined && keeps) return present;
  const secret = randomBytes(32).toString('base64url');
  const users = present === undefined ? undefined : unit.peek(usedBrowserKey(present))?.value;
  if (users !== undefined) unit.put(usedBrowserKey(secret), { value: users, ttl: browserLifetime });
  return secret;
}

/** What a transaction keeps of the secret that the browser got at its end: the key of the browser's entry, a hash. */
export function browserSecretHash(secret: string): string {
  return usedBrowserKey(secret);
}

/** The user's last sign-in with this browser, at whatever level. The entry must be loaded. */
export function browserUseBy(
  unit: UnitOfWork,
  { browserSecret }: Pick<Visitor, 'browserSecret'>,
  subject: string,
): BrowserUse | undefined {
  return browserSecret === undefined
    ? undefined
    : browserUseOf(unit.peek(usedBrowserKey(browserSecret))?.value, subject);
}

/** Undefined if this user has not signed in with this browser. */
export function browserUseOf(value: string | undefined, subject: string): BrowserUse | undefined {
  const users = parseUses(value);
  return Object.hasOwn(users, subject) ? users[subject] : undefined;
}

/**
 * The browser is known: the user signed in with it at the strongest level before `began`, in another session than
 * `session`. `validAfter`: of the account.
 */
export function isKnownBrowser(
  last: BrowserUse | undefined,
  {
    began,
    session,
    validAfter,
  }: { readonly began: Seconds; readonly session: string | undefined; readonly validAfter: Seconds },
): boolean {
  if (last?.usual === undefined || !isUsual(last, validAfter)) return false;
  return last.usual.session !== session && last.usual.since <= began;
}

/** Records the sign-in, and the authenticators that were used: the next sign-in offers these first. */
export function recordBrowserUse(
  unit: UnitOfWork,
  secret: string,
  { subject, at, used, usual }: BrowserUse & { readonly subject: string },
): void {
  const key = usedBrowserKey(secret);
  const last = browserUseOf(unit.peek(key)?.value, subject);
  const becomesUsual = usual !== undefined && !isUsual(last, usual.validAfter);
  if (last && !becomesUsual && used.join() === last.used.join() && at - last.at < rewriteAfter) return;
  unit.merge(key, (current) => {
    const before = browserUseOf(current, subject);
    const own: BrowserUse = { at, used, ...omitUndefined({ usual: keptUsual(before?.usual, usual) }) };
    const users = Object.entries({ ...parseUses(current), [subject]: own }).sort(([, a], [, b]) => b.at - a.at);
    return { value: JSON.stringify(Object.fromEntries(users.slice(0, maxUsers))), ttl: browserLifetime };
  });
}

/**
 * Which sign-in made the browser known: the first one under the newest `validAfter`. A slower request may bring an
 * older one.
 */
function keptUsual(before: BrowserUse['usual'], added: BrowserUse['usual']): BrowserUse['usual'] {
  return before !== undefined && (added === undefined || before.validAfter >= added.validAfter) ? before : added;
}

/** The browser no longer counts as used by this user. `key`: the key of its entry. */
export function forgetUsedBrowser(unit: UnitOfWork, key: string, subject: string): void {
  unit.merge(key, (current) => {
    const { [subject]: own, ...others } = parseUses(current);
    return own === undefined ? undefined : { value: JSON.stringify(others), ttl: browserLifetime };
  });
}

function parseUses(value: string | undefined): Readonly<Record<string, BrowserUse>> {
  return value === undefined ? {} : (JSON.parse(value) as Record<string, BrowserUse>);
}
