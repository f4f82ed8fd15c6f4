/** How often a device may ask for its tokens (RFC 8628 section 3.5). oidc-provider leaves this open. */

import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { pollingIntervalKey } from '../../stores/keys.ts';
import { setPollingInterval } from '../provider-types.ts';
import { currentRequest } from '../request-scope.ts';
import { deviceReference } from '../storage/device-reference.ts';

/** What a device assumes when nothing is said (RFC 8628 section 3.2). We say it all the same. */
const interval: Seconds = 5;

/** Somewhat less than is announced: clocks and networks are not exact. */
const tolerated: Seconds = keyTable['polling-interval'].lifetime.seconds;

/**
 * An entry beside the device code, loaded along with it, stands for as long as the next question would be too early.
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
