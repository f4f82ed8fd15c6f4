/** The sessions of a user, as data. */

import type { Seconds } from '../../core/model/facts.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { browserText } from '../../user-agent.ts';
import { liveSessions } from '../browser/other-sessions.ts';
import type { SsoSession } from '../browser/sso-session.ts';
import { serverMac } from '../server-mac.ts';
import type { OpenAccount } from './open-account.ts';

/** Browser and system as the browser reported them. Empty texts if unknown. */
export interface Place {
  readonly browser: string;
  readonly system: string;
  readonly ip: string;
}

export interface OwnSession extends Place {
  /** Identifies the session to its owner. It has no other use. */
  readonly id: string;
  readonly current: boolean;
  /** Names of the apps that the user signed in to within the session. */
  readonly apps: readonly string[];
  /** Epoch seconds. */
  readonly startedAt: Seconds;
  readonly usedAt: Seconds;
}

/** The live sessions: this one first, then the newest. Rejects with `StoreUnavailable`. */
export async function sessionsOf(context: OpenAccount): Promise<readonly SsoSession[]> {
  return liveSessions(context, context.account.user, context.session.uid);
}

/** A name for the session on pages, because its uid must not leave the server. */
export function sessionName({ services }: OpenAccount, uid: string): string {
  return serverMac(services.secrets().slice(-1), 'account session', [uid]);
}

export async function describe(session: SsoSession, context: OpenAccount): Promise<OwnSession> {
  const { uid, startedAt, used, authorizations } = session;
  const clients = Object.keys(authorizations).filter((client) => client !== accountClientId);
  return {
    id: sessionName(context, uid),
    current: uid === context.session.uid,
    apps: await Promise.all(clients.map((client) => appName(client, context))),
    startedAt,
    usedAt: used?.at ?? startedAt,
    ip: used?.ip ?? '',
    ...browserText(used?.userAgent ?? ''),
  };
}

/** The app's name that users see, or the client id if the app no longer exists. */
export async function appName(client: string, { snapshot }: OpenAccount): Promise<string> {
  return (await snapshot.app(client))?.name ?? client;
}
