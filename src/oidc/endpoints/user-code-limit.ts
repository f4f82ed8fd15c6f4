/**
 * How many user codes a browser and a network may try (RFC 8628 section 5.1). oidc-provider leaves this open.
 *
 * A code has 20^8 values and lives for ten minutes. Every try counts, the right ones too: counting only the wrong ones
 * would let an attacker take codes of their own in between to begin anew.
 */
import { errors, Provider } from 'oidc-provider';
import { networkOf } from '../../authenticators/shared/sending-quotas.ts';
import { userCodeAttemptsCounter } from '../../stores/keys.ts';
import type { Limit, Store } from '../../stores/store.ts';
import { currentRequest } from '../request-scope.ts';

/** A user tries each code twice: when it is typed, and when the device is confirmed. */
const perBrowser: readonly Limit[] = [{ limit: 20, window: 600 }];
/** Many users may share an address. */
const perNetwork: readonly Limit[] = [{ limit: 100, window: 600 }];

/** The page says it; `seconds`: after which another try makes sense. */
class UserCodesExceeded extends errors.OIDCProviderError {
  readonly seconds: number;

  constructor(seconds: number) {
    super(429, 'slow_down');
    this.name = 'UserCodesExceeded';
    this.error_description = 'too many user codes were tried';
    this.seconds = seconds;
  }
}

/** From now on a code is looked up only after the try was counted (Law 8). */
export function limitUserCodes(provider: Provider, store: Pick<Store, 'reserve'>): void {
  const { DeviceCode } = provider;
  const { findByUserCode } = DeviceCode;
  DeviceCode.findByUserCode = async (...args) => {
    await reserveTry(store);
    return findByUserCode.apply(DeviceCode, args);
  };
}

/** The network first: one that has reached its limit uses up none of the browser. */
async function reserveTry(store: Pick<Store, 'reserve'>): Promise<void> {
  const { visitor } = currentRequest();
  const session = Provider.ctx?.oidc.session?.uid ?? '';
  const counters = [
    [userCodeAttemptsCounter('network', networkOf(visitor.ip)), perNetwork],
    [userCodeAttemptsCounter('browser', session), perBrowser],
  ] as const;
  for (const [counter, limits] of counters) {
    const { granted, retryAfter } = await store.reserve(counter, limits);
    if (!granted) throw new UserCodesExceeded(Math.max(1, retryAfter));
  }
}
