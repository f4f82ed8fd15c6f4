/** Notifies relying parties that a session ended (OpenID Connect Back-Channel Logout 1.0). */
import type { Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { enqueueLogout, type LogoutNotification } from '../../delivery/outbox.ts';
import type { Services } from '../../flow/services.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { UnitOfWork } from '../../stores/unit-of-work.ts';
import { createRequestScope, currentRequest, runInScope } from '../request-scope.ts';

/** What the types of oidc-provider leave out. */
export interface BackchannelLogoutClient {
  readonly clientId: string;
  readonly backchannelLogoutUri?: string;
  grantTypeAllowed(type: string): boolean;
  /** Leaves a notification in the outbox: the session `sid` of the account ended for this client (section 2.5). */
  backchannelLogout(accountId: string, sid: string | undefined): Promise<void>;
  /** Sends a logout token. Rejects when the client does not take it. */
  sendLogoutToken(accountId: string, sid: string): Promise<void>;
}

/** A notification is not tried for longer than this: by then the app's own session is most likely over. */
const longestTry: Seconds = 86_400;

/**
 * From now on a logout is written to the outbox, in the commit that ends the session. So a relying party that is dead
 * or slow delays no user, none is told of a logout that did not happen, and no node that dies loses one.
 */
export function queueBackchannelLogouts(provider: Provider, services: Services, settings: Settings): void {
  const { prototype } = provider.Client as unknown as { readonly prototype: BackchannelLogoutClient };
  prototype.sendLogoutToken = prototype.backchannelLogout;
  prototype.backchannelLogout = async function enqueue(this: BackchannelLogoutClient, subject, sid) {
    // Without a `sid` the client never got an ID token in this session.
    if (sid === undefined) return;
    const { unit } = currentRequest();
    const now = services.now();
    const expires = now + Math.min(longestTry, longestTokenLife(this, settings));
    enqueueLogout(unit, { clientId: this.clientId, subject, sid, expires }, now);
    unit.afterCommit(() => services.messagesWait());
  };
}

/** Seconds: when the last token is over, there is nothing left to end. */
function longestTokenLife(client: BackchannelLogoutClient, { tokens, resources }: Settings): Seconds {
  if (client.grantTypeAllowed('refresh_token')) return tokens.refreshToken.absolute;
  return Math.max(tokens.accessToken, tokens.idToken, ...resources.map(({ accessToken }) => accessToken.lifetime));
}

/**
 * Signs a logout token and sends it, for the worker of the outbox. An app that is gone, or has no address any more, is
 * not notified. Rejects when the app does not take it.
 */
export async function notifyOfLogout(
  provider: Provider,
  services: Services,
  { clientId, subject, sid }: LogoutNotification,
): Promise<void> {
  const scope = createRequestScope(new UnitOfWork(services.store), { ip: '', userAgent: '', acceptLanguage: '' });
  await runInScope(scope, async () => {
    const client = (await provider.Client.find(clientId)) as unknown as BackchannelLogoutClient | undefined;
    if (client?.backchannelLogoutUri) await client.sendLogoutToken(subject, sid);
  });
}
