/**
 * How many user codes of devices a browser and a network may try (RFC 8628 section 5.1).
 *
 * A code has 20^8 values and lives for ten minutes. Every try counts, the right ones too: counting only the wrong ones
 * would let an attacker take codes of their own in between to begin anew.
 */
import { networkOf } from '../../authenticators/shared/sending-quotas.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { userCodeAttemptsCounter } from '../../stores/keys.ts';
import type { Limit, Store } from '../../stores/store.ts';

/** A user tries each code twice: when it is typed, and when the device is confirmed. */
const perBrowser: readonly Limit[] = [{ limit: 20, window: 600 }];
/** Many users may share an address. */
const perNetwork: readonly Limit[] = [{ limit: 100, window: 600 }];

/**
 * Counts a try that is about to be made; after how long another one makes sense (seconds), if there were too many.
 * Rejects with `StoreUnavailable`. `browser`: id of its session.
 */
export async function reserveUserCode(
  store: Pick<Store, 'reserve'>,
  { ip, browser }: { readonly ip: string; readonly browser: string },
): Promise<Seconds | undefined> {
  // The network first: one that has reached its limit uses up none of the browser.
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
