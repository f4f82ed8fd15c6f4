/** Notifies relying parties that a session ended (OpenID Connect Back-Channel Logout 1.0). */
import type { Provider } from 'oidc-provider';
import { type BackchannelLogoutClient, clientPrototype } from '../provider-types.ts';
import { currentRequest } from '../request-scope.ts';

/**
 * From now on a logout token is sent once the end of the session is written, and no request waits for it. So a relying
 * party that is dead or slow delays no user, and none is told of a logout that did not happen.
 */
export function backchannelLogoutAfterCommit(provider: Provider, warn: (message: string) => void): void {
  const prototype = clientPrototype(provider);
  const send = prototype.backchannelLogout;
  prototype.backchannelLogout = async function sendAfterCommit(this: BackchannelLogoutClient, accountId, sid) {
    currentRequest().unit.afterCommit(() => {
      void send.call(this, accountId, sid).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        warn(`back-channel logout of ${this.clientId} failed: ${reason}`);
      });
    });
  };
}
