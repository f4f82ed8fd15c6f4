/**
 * How many user codes of devices a browser and a network may try (RFC 8628 section 5.1).
 *
 * A code has 20^8 values and is valid for ten minutes. Correct tries count as well: otherwise an attacker could enter
 * codes of their own in between to reset the count.
 */
import { networkOf } from '../../authenticators/shared/sending-quotas.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { userCodeAttemptsCounter } from '../../stores/keys.ts';
import type { Limit, Store } from '../../stores/store.ts';

/** A user tries each code twice: on typing it, and on confirming the device. */
const perBrowser: readonly Limit[] = [{ limit: 20, window: 600 }];
/** Many users may share an address. */
const perNetwork: readonly Limit[] = [{ limit: 100, window: 600 }];

/**
 * Counts a try before it is made. If there were too many, returns after how many seconds another one makes sense.
 * Rejects with `StoreUnavailable`. `browser`: id of its session.
 */
export async function reserveUserCode(
  store: Pick<Store, 'reserve'>,
  { ip, browser }: { readonly ip: string; readonly browser: string },
): Promise<Seconds | undefined> {
  // The network comes first: if its limit is reached, the browser's limit stays untouched.
  const counters = [
    [userCodeAttemptsCounter('network', networkOf(ip)), perNetwork],
    [userCodeAttemptsCounter('browser', browser), perBrowser],
  ] as const;
  for (const [counter, limits] of counters) {
    const { granted, retryAfter } = await store.reserve(counter, limits);
    if (!granted) return Math.max(1, retryAfter);
  }
  return undefined;
}
