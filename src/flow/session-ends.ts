/**
 * What is written together with the deletion of a user, by a command or at the wish of the user, and with the end of
 * all sessions by a command: the sessions end, and the apps hear of it (OpenID Connect Back-Channel Logout 1.0).
 */
import type { Seconds } from '../core/model/facts.ts';
import { type LogoutNotification, logoutOps } from '../delivery/outbox.ts';
import type { App } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { ssoSessionKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import { UnitOfWork } from '../stores/unit-of-work.ts';
import { readOfflineAccess } from '../users/history/offline-access-log.ts';
import { readSignIns } from '../users/history/sign-in-log.ts';
import { leaveDeletions } from '../users/record/deletion.ts';
import type { User } from '../users/record/user.ts';
import { liveSessions } from './browser/other-sessions.ts';
import type { SsoSession } from './browser/sso-session.ts';

/** A notification is not tried for longer than this, as after any logout (seconds). */
const longestTry: Seconds = 86_400;

export interface SessionEndParts {
  readonly store: Store;
  /** Epoch seconds. */
  readonly now: () => Seconds;
  /** Absent: nothing is configured, so no app can be told. */
  readonly snapshot: Pick<Snapshot, 'app'> | undefined;
}

/** Rejects with `StoreUnavailable`. */
export async function userDeletionOps(parts: SessionEndParts, user: User): Promise<readonly Op[]> {
  const sessions = await sessionsOf(parts, user);
  const apps = await notifiedApps(parts, user, sessions);
  const logouts = apps.flatMap((app) => logoutsOf(app, sessions));
  return [
    ...endOps(parts, { user, sessions, logouts }),
    ...(user.deletion ? [leaveDeletions({ user: user.id, dueAt: user.deletion.dueAt })] : []),
  ];
}

/**
 * What is written when an administrator ends all sessions of a user who stays: each app hears of its own. A
 * notification without a name would end a newer session, too. Rejects with `StoreUnavailable`.
 */
export async function sessionEndOps(parts: SessionEndParts, user: User): Promise<readonly Op[]> {
  const sessions = await sessionsOf(parts, user);
  const apps = await notifiedApps(parts, user, sessions);
  const named = apps.flatMap((app) => logoutsOf(app, sessions)).filter(({ sid }) => sid !== undefined);
  return endOps(parts, { user, sessions, logouts: named });
}

/**
 * Apps that the user signed in to lately, or that have access without a session, and that want to know when it ends.
 * An app may keep a session of its own for longer than ours lives. Rejects with `StoreUnavailable`.
 */
export async function appsToNotify(parts: SessionEndParts, user: User): Promise<readonly App[]> {
  return notifiedApps(parts, user, await sessionsOf(parts, user));
}

async function sessionsOf({ store, now }: SessionEndParts, user: User): Promise<readonly SsoSession[]> {
  return liveSessions({ unit: new UnitOfWork(store), services: { store, now } }, user, undefined);
}

async function notifiedApps(
  { store, snapshot }: SessionEndParts,
  { id }: User,
  sessions: readonly SsoSession[],
): Promise<readonly App[]> {
  const logged = [...(await readSignIns(store, id)), ...(await readOfflineAccess(store, id))];
  const clients = [
    ...logged.map(({ client }) => client),
    ...sessions.flatMap(({ authorizations }) => Object.keys(authorizations)),
  ];
  const apps = await Promise.all([...new Set(clients)].map((client) => snapshot?.app(client)));
  return apps.flatMap((app) => (app?.client.backchannel_logout_uri === undefined ? [] : [app]));
}

type Logout = Pick<LogoutNotification, 'clientId' | 'sid' | 'session'>;

interface End {
  readonly user: User;
  readonly sessions: readonly SsoSession[];
  readonly logouts: readonly Logout[];
}

function endOps({ now }: SessionEndParts, { user, sessions, logouts }: End): readonly Op[] {
  const logout = { subject: user.id, expires: now() + longestTry };
  return [
    ...sessions.map(({ uid }): Op => ({ op: 'delete', key: ssoSessionKey(uid) })),
    ...logouts.flatMap((one) => logoutOps({ ...logout, ...one }, now())),
  ];
}

/** By each session that is alive. Without one, all that the app has: no newer session of this user can follow. */
function logoutsOf({ clientId, client }: App, sessions: readonly SsoSession[]): readonly Logout[] {
  const alive = sessions.flatMap(({ uid, authorizations }) => {
    const sid = authorizations[clientId]?.sid;
    return sid === undefined ? [] : [{ clientId, sid, session: uid }];
  });
  return alive.length > 0 || client.backchannel_logout_session_required ? alive : [{ clientId }];
}
