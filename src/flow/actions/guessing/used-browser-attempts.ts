/**
 * Separate attempts for browsers that the account has used. This file promises: strangers who use up the attempts of an
 * account do not lock out its owner; a browser that only claims to have been used gains nothing (Law 8, decision 35).
 */
import type { Credential } from '../../../authenticators/authenticator.ts';
import { browserAttemptsCounter, usedBrowserKey } from '../../../stores/keys.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { browserLifetime, browserUseOf } from '../../browser/used-browser.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import type { LoadedAttempt } from '../verification/verify.ts';

/** The attempt and its owner. */
export interface UsedBrowserAttempt {
  /** Key of the authenticator. */
  readonly key: string;
  readonly account: VersionedAccount | undefined;
  readonly credential: Credential | undefined;
}

/**
 * If the attempts of the account are used up, reserves one of the used browser's own: as many again, for each
 * credential separately. This happens before verification, in one more round trip that only such a browser needs.
 * Rejects with `StoreUnavailable`.
 */
export async function withUsedBrowserAttempts(
  { services, request: { unit, visitor } }: OpenTransaction,
  { key, account, credential }: UsedBrowserAttempt,
  loaded: LoadedAttempt,
): Promise<LoadedAttempt> {
  const limits = loaded.limits ?? services.authenticators.get(key)?.attemptLimits;
  if (loaded.reservation?.granted !== false || !limits || !account || visitor.browserSecret === undefined)
    return loaded;
  if (!browserUseOf(unit.peek(usedBrowserKey(visitor.browserSecret))?.value, account.user.id)) return loaded;
  const counter = browserAttemptsCounter({
    account: account.user.id,
    credential: credential?.id ?? '',
    authenticator: key,
    secret: visitor.browserSecret,
  });
  // After this time the browser is forgotten, and with it its consecutive failures.
  const own = limits.map((limit) => (limit.window === 0 ? { ...limit, window: browserLifetime } : limit));
  return { counter, reservation: await services.store.reserve(counter, own) };
}
