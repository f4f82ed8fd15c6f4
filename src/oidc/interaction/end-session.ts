/**
 * Ends an SSO session from our side: the session itself, what was issued within it, and notifications for the relying
 * parties.
 */
import type { Provider } from 'oidc-provider';
import { peekSso } from '../../flow/browser/sso-session.ts';
import type { Services } from '../../flow/services.ts';
import { ssoSessionKey } from '../../stores/keys.ts';
import { findLogoutClient } from '../provider-types.ts';
import { currentRequest } from '../request-scope.ts';
import { revokeGrant } from '../storage/revoke-grant.ts';

/**
 * Deletes the session in the unit of this request, and queues a notification for each relying party with a back-channel
 * logout address. After the commit its grants are revoked, except those that outlive a logout.
 */
export async function endSession(provider: Provider, services: Services, uid: string): Promise<void> {
  const { unit } = currentRequest();
  await unit.load([ssoSessionKey(uid)]);
  const session = peekSso(unit, uid);
  unit.delete(ssoSessionKey(uid));
  if (!session?.accountId) return;
  const { accountId, authorizations } = session;
  for (const [id, { sid }] of Object.entries(authorizations)) {
    const client = await findLogoutClient(provider, id);
    if (client?.backchannelLogoutUri) await client.backchannelLogout(accountId, sid, uid);
  }
  unit.afterCommit(() => {
    for (const { grantId, persistsLogout } of Object.values(authorizations)) {
      if (grantId && !persistsLogout)
        void revokeGrant(services.store, grantId).catch(() => services.warn('a grant could not be revoked at logout'));
    }
  });
}
