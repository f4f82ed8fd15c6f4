/** Notifies relying parties that a session ended (OpenID Connect Back-Channel Logout 1.0). */
import type { Provider } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { enqueueLogout, type LogoutNotification } from '../../delivery/outbox.ts';
import type { Services } from '../../flow/services.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { UnitOfWork } from '../../stores/unit-of-work.ts';
import { type BackchannelLogoutClient, clientPrototype, findLogoutClient } from '../provider-types.ts';
import { createRequestScope, currentRequest, runInScope } from '../request-scope.ts';

/** A notification is not tried for longer than this: by then the app's own session is most likely over. */
const longestTry: Seconds = 86_400;

/**
 * From now on a logout is written to the outbox, in the commit that ends the session. So a relying party that is dead
 * or slow delays no user, none is told of a logout that did not happen, and no node that dies loses one.
 */
export function queueBackchannelLogouts(provider: Provider, services: Services, settings: Settings): void {
  const prototype = clientPrototype(provider);
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
    const client = await findLogoutClient(provider, clientId);
    if (client?.backchannelLogoutUri) await client.sendLogoutToken(subject, sid);
  });
}
