/** Apps with access to the account: third-party apps with consent, and apps whose access outlives the session. */

import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { appLabel } from '../../policy/revision/brand.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { credentialsKey, userKey } from '../../stores/keys.ts';
import { type GivenConsent, withoutAccess } from '../../users/record/app-access.ts';
import { serializeUser } from '../../users/record/user.ts';
import { serverMac } from '../server-mac.ts';
import type { OpenAccount } from './open-account.ts';
import { recordChange } from './recorded-changes.ts';
import { sessionsOf } from './sessions.ts';

export interface ConnectedApp {
  /** Identifies the app in page URLs. */
  readonly id: string;
  readonly clientId: string;
  /** The name that users see. */
  readonly name: string;
  /** As configured. */
  readonly logoUri?: string;
  /** Absent for a first-party app, which needs no consent. */
  readonly consent?: GivenConsent;
  /** Since when its access outlives the session (epoch seconds). Absent if it does not. */
  readonly offlineSince?: Seconds;
  /** The configured texts of scopes. */
  readonly texts: Snapshot['settings']['scopeTexts'];
}

/** Sorted by name. Rejects with `StoreUnavailable`. */
export async function connectedApps(context: OpenAccount): Promise<readonly ConnectedApp[]> {
  const { services, account, snapshot } = context;
  const { apps = {} } = account.user;
  const offline = new Map(
    (await services.apps.offlineAccess(account.user.id)).map((access) => [access.client, access.since]),
  );
  const consents = new Map(
    Object.entries(apps).flatMap(([id, { consent }]) => (consent ? [[id, consent] as const] : [])),
  );
  const clients = [...new Set([...consents.keys(), ...offline.keys()])].filter((id) => id !== accountClientId);
  const all = clients.map(async (clientId): Promise<ConnectedApp> => {
    const [consent, offlineSince] = [consents.get(clientId), offline.get(clientId)];
    const app = await snapshot.app(clientId);
    const { name, logoUri } = app ? appLabel(app, snapshot) : { name: clientId };
    return {
      id: appId(context, clientId),
      clientId,
      name,
      ...omitUndefined({ logoUri, consent, offlineSince }),
      texts: snapshot.settings.scopeTexts,
    };
  });
  return (await Promise.all(all)).toSorted((one, other) => one.name.localeCompare(other.name));
}

function appId({ services }: OpenAccount, clientId: string): string {
  return serverMac(services.secrets().slice(-1), 'account app', [clientId]);
}

/**
 * Ends all access of the app: with this commit, consent, grants, codes and tokens are void on all nodes. The app is
 * removed from the user's sessions and gets a logout notification.
 */
export async function endAccessOf(context: OpenAccount, { clientId, name }: ConnectedApp): Promise<void> {
  const { unit, services, account } = context;
  const user = withoutAccess(account.user, clientId, services.now());
  unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
  const sessions = (await sessionsOf(context)).map(({ uid }) => uid);
  await services.apps.end(clientId, { userId: user.id, sessions });
  recordChange(context, 'app_access_ended', { label: name });
}
