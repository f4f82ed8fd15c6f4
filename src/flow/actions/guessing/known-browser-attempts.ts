/**
 * Attempts of browsers that the account knows. This file promises: strangers who use up the attempts of an account do
 * not lock out its owner, and a browser that only says that it is known gets nothing (Law 8, decision 35).
 */
import type { Credential } from '../../../authenticators/authenticator.ts';
import { browserAttemptsCounter, knownDeviceKey } from '../../../stores/keys.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { deviceLifetime, lastSignIn } from '../../browser/known-device.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import type { LoadedAttempt } from '../verification/verify.ts';

/** What is tried, and whose it is. */
export interface KnownBrowserAttempt {
  /** Of the authenticator. */
  readonly key: string;
  readonly account: VersionedAccount | undefined;
  readonly credential: Credential | undefined;
}

/**
 * Where the attempts of the account are used up, one of those that a known browser has for itself: as many again, for
 * each credential anew. It is reserved before anything is verified, in one more round trip that only such a browser
 * costs. Rejects with `StoreUnavailable`.
 */
export async function withKnownBrowserAttempts(
  { services, request: { unit, visitor } }: OpenTransaction,
  { key, account, credential }: KnownBrowserAttempt,
  loaded: LoadedAttempt,
): Promise<LoadedAttempt> {
  const limits = loaded.limits ?? services.authenticators.get(key)?.attemptLimits;
  if (loaded.reservation?.granted !== false || !limits || !account || visitor.device === undefined) return loaded;
  if (!lastSignIn(unit.peek(knownDeviceKey(visitor.device))?.value, account.user.id)) return loaded;
  const counter = browserAttemptsCounter({
    account: account.user.id,
    credential: credential?.id ?? '',
    authenticator: key,
    secret: visitor.device,
  });
  // The browser is forgotten after this long, and so is what it failed in a row.
  const own = limits.map((one) => (one.window === 0 ? { ...one, window: deviceLifetime } : one));
  return { counter, reservation: await services.store.reserve(counter, own) };
}
