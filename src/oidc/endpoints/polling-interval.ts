/** How often a device may poll for its tokens (RFC 8628 section 3.5). oidc-provider does not enforce this. */

import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { pollingIntervalKey } from '../../stores/keys.ts';
import { setPollingInterval } from '../provider-types.ts';
import { currentRequest } from '../request-scope.ts';
import { deviceReference } from '../storage/device-reference.ts';

/** The default of RFC 8628 section 3.2, which is nevertheless announced. */
const interval: Seconds = 5;

/** Slightly less than announced, to allow for clocks and networks. */
const tolerated: Seconds = keyTable['polling-interval'].lifetime.seconds;

/**
 * An entry next to the device code, loaded together with it, exists for as long as the next poll would be too early.
 */
export function enforcePollingInterval(provider: Provider): void {
  provider.on('device_authorization.success', (_ctx, answer) => {
    setPollingInterval(answer, interval);
  });
  provider.on('grant.error', (ctx: KoaContextWithOIDC, error) => {
    const code = ctx.oidc.params?.device_code;
    if (!(error instanceof errors.AuthorizationPending) || typeof code !== 'string') return;
    const key = pollingIntervalKey(deviceReference(code));
    const { unit } = currentRequest();
    if (unit.peek(key)) ctx.body = tooFast();
    unit.put(key, { value: 'asked', ttl: tolerated });
  });
}

function tooFast() {
  const { error, error_description } = new errors.SlowDown();
  return { error, error_description };
}
