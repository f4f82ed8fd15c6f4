/** Access of apps that outlives the session, and how a user ends it. */
import type { Provider } from 'oidc-provider';
import { peekSso } from '../../flow/browser/sso-session.ts';
import type { OfflineAccess, Services } from '../../flow/services.ts';
import { grantKey, userKey } from '../../stores/keys.ts';
import { readOfflineAccess } from '../../users/history/offline-access-log.ts';
import { findLogoutClient } from '../provider-types.ts';
import { currentRequest } from '../request-scope.ts';
import { revokeGrant } from '../storage/revoke-grant.ts';
import { forgetClient } from '../storage/session-changes.ts';
import { isWithGrantAndAccount, parseStored } from '../storage/stored-model.ts';

/**
 * Apps whose refresh tokens still count without a session, with the time of the oldest. Rejects with
 * `StoreUnavailable`.
 */
export async function offlineAccess(services: Services, userId: string): Promise<readonly OfflineAccess[]> {
  const { unit } = currentRequest();
  const entries = await readOfflineAccess(services.store, userId);
  await unit.load([userKey(userId), ...entries.flatMap(({ family, grant }) => [family, grantKey(grant)])]);
  const since = new Map<string, OfflineAccess>();
  for (const { client, at, family } of entries) {
    const entry = unit.peek(family);
    const isAlive = entry && (await isWithGrantAndAccount('RefreshToken', parseStored(entry.value), unit));
    if (isAlive && !since.has(client)) since.set(client, { client, since: at });
  }
  return [...since.values()];
}

/**
 * Removes the app from these sessions, and notifies it if it wants that (OpenID Connect Back-Channel Logout 1.0). The
 * caller voids its tokens in the account, in the same commit. After the commit, the remaining tokens are deleted.
 */
export async function endAppAccess(
  provider: Provider,
  services: Services,
  {
    userId,
    client,
    sessions,
  }: { readonly userId: string; readonly client: string; readonly sessions: readonly string[] },
): Promise<void> {
  const { unit } = currentRequest();
  const registered = await findLogoutClient(provider, client);
  const grants = (await readOfflineAccess(services.store, userId)).flatMap((entry) =>
    entry.client === client ? [entry.grant] : [],
  );
  for (const uid of sessions) {
    const authorization = peekSso(unit, uid)?.authorizations[client];
    if (!authorization) continue;
    if (authorization.grantId) grants.push(authorization.grantId);
    if (registered?.backchannelLogoutUri) await registered.backchannelLogout(userId, authorization.sid, uid);
    forgetClient(unit, uid, { client, now: services.now() });
  }
  unit.afterCommit(() => {
    for (const grantId of new Set(grants))
      void revokeGrant(services.store, grantId).catch(() => services.warn('a grant could not be deleted with its app'));
  });
}
