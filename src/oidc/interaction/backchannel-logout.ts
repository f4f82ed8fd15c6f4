/** Notifies relying parties that a session ended (OpenID Connect Back-Channel Logout 1.0). */
import type { Provider } from 'oidc-provider';
import { currentRequest } from '../request-scope.ts';

/** What the types of oidc-provider leave out. */
export interface BackchannelLogoutClient {
  readonly clientId: string;
  readonly backchannelLogoutUri?: string;
  /** Sends a logout token for the account and the `sid` that this client knows (section 2.5). */
  backchannelLogout(accountId: string, sid: string | undefined): Promise<void>;
}

/**
 * From now on a logout token is sent once the end of the session is written, and no request waits for it. So a relying
 * party that is dead or slow delays no user, and none is told of a logout that did not happen.
 */
export function backchannelLogoutAfterCommit(provider: Provider, warn: (message: string) => void): void {
  const { prototype } = provider.Client as unknown as { readonly prototype: BackchannelLogoutClient };
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
