/** Counts each try before a user code is looked up (Law 8). oidc-provider does not do this. */
import { errors, Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { reserveUserCode } from '../../flow/browser/user-code-limit.ts';
import type { Store } from '../../stores/store.ts';
import { currentRequest } from '../request-scope.ts';

/** The page shows this error. `seconds`: after how long another try makes sense. */
class UserCodesExceeded extends errors.OIDCProviderError {
  readonly seconds: Seconds;

  constructor(seconds: Seconds) {
    super(429, 'slow_down');
    this.name = 'UserCodesExceeded';
    this.error_description = 'too many user codes were tried';
    this.seconds = seconds;
  }
}

export function limitUserCodes(provider: Provider, store: Pick<Store, 'reserve'>): void {
  const { DeviceCode } = provider;
  const { findByUserCode } = DeviceCode;
  DeviceCode.findByUserCode = async (...args) => {
    const { ip } = currentRequest().visitor;
    const wait = await reserveUserCode(store, { ip, browser: Provider.ctx?.oidc.session?.uid ?? '' });
    if (wait !== undefined) throw new UserCodesExceeded(wait);
    return findByUserCode.apply(DeviceCode, args);
  };
}
