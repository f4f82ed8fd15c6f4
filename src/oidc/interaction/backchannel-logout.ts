/** Notifies relying parties of the end of a session (OpenID Connect Back-Channel Logout 1.0). */

import type { Provider } from 'oidc-provider';
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { enqueueLogout, type LogoutNotification } from '../../delivery/outbox.ts';
import { isOver, peekSso } from '../../flow/browser/sso-session.ts';
import type { Services } from '../../flow/services.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { ssoSessionKey, userKey } from '../../stores/keys.ts';
import { UnitOfWork } from '../../stores/unit-of-work.ts';
import { parseUser } from '../../users/record/user.ts';
import {
  type BackchannelLogoutClient,
  clientPrototype,
  currentSessionUid,
  findLogoutClient,
} from '../provider-types.ts';
import { createRequestScope, currentRequest, runInScope } from '../request-scope.ts';

/** A notification is retried for at most this long. By then the app's own session is most likely over. */
const longestTry: Seconds = oneDay;

/**
 * From now on, a logout is written to the outbox in the commit that ends the session. A dead or slow relying party
 * therefore delays no user, none is notified of a logout that did not happen (`isOverFor`), and a failing node loses
 * none.
 */
export function queueBackchannelLogouts(provider: Provider, services: Services, settings: Settings): void {
  const prototype = clientPrototype(provider);
  prototype.sendLogoutToken = prototype.backchannelLogout;
  prototype.backchannelLogout = async function enqueue(this: BackchannelLogoutClient, subject, sid, uid) {
    // Without a `sid`, the client never got an ID token in this session.
    if (sid === undefined) return;
    const { unit } = currentRequest();
    const now = services.now();
    const expires = now + Math.min(longestTry, longestTokenLife(this, settings));
    const session = uid ?? currentSessionUid();
    enqueueLogout(unit, { clientId: this.clientId, subject, sid, expires, ...omitUndefined({ session }) }, now);
    unit.afterCommit(() => services.messagesWait());
  };
}

/** Seconds: after the last token has expired, there is nothing left to end. */
function longestTokenLife(client: BackchannelLogoutClient, { tokens, resources }: Settings): Seconds {
  if (client.grantTypeAllowed('refresh_token')) return tokens.refreshToken.absolute;
  return Math.max(tokens.accessToken, tokens.idToken, ...resources.map(({ accessToken }) => accessToken.lifetime));
}

/**
 * Signs and sends a logout token, for the worker of the outbox. An app that no longer exists or has no address any more
 * is not notified. `not_over`: the announced logout has not happened. Rejects if the app does not accept the token, and
 * with `StoreUnavailable`.
 */
export async function notifyOfLogout(
  provider: Provider,
  services: Services,
  logout: LogoutNotification,
): Promise<'sent' | 'not_over'> {
  const { clientId, subject, sid } = logout;
  const scope = createRequestScope(new UnitOfWork(services.store), { ip: '', userAgent: '', acceptLanguage: '' });
  return runInScope(scope, async () => {
    if (!(await isOverFor(scope.unit, logout, services.now()))) return 'not_over';
    const client = await findLogoutClient(provider, clientId);
    if (client?.backchannelLogoutUri) await client.sendLogoutToken(subject, sid);
    return 'sent';
  });
}

/** Whether the session that the app knows has ended. Without a session: whether the user no longer exists. */
async function isOverFor(
  unit: UnitOfWork,
  { clientId, subject, sid, session: uid }: LogoutNotification,
  now: Seconds,
): Promise<boolean> {
  await unit.load([userKey(subject), ...(uid === undefined ? [] : [ssoSessionKey(uid)])]);
  const account = unit.peek(userKey(subject));
  if (uid === undefined) return sid !== undefined || account === undefined;
  const session = peekSso(unit, uid);
  if (!session || session.accountId !== subject || session.authorizations[clientId]?.sid !== sid) return true;
  return isOver(session, account && parseUser(account.value), now);
}
