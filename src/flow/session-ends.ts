/**
 * What is written when a user is deleted (by a command, or at the user's request), and when a command ends all sessions
 * of a user: the sessions end, and the apps are notified (OpenID Connect Back-Channel Logout 1.0).
 */
import { oneDay } from '../core/model/durations.ts';
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

/** Notifications are retried for at most this long, as after any logout (seconds). */
const longestTry: Seconds = oneDay;

export interface SessionEndParts {
  readonly store: Store;
  /** Epoch seconds. */
  readonly now: () => Seconds;
  /** Absent without a configuration: then no app can be notified. */
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
 * What is written when an administrator ends all sessions of a user who stays: each app is notified of its own
 * sessions. A notification without a session id would end a newer session as well. Rejects with `StoreUnavailable`.
 */
export async function sessionEndOps(parts: SessionEndParts, user: User): Promise<readonly Op[]> {
  const sessions = await sessionsOf(parts, user);
  const apps = await notifiedApps(parts, user, sessions);
  const named = apps.flatMap((app) => logoutsOf(app, sessions)).filter(({ sid }) => sid !== undefined);
  return endOps(parts, { user, sessions, logouts: named });
}

/**
 * Apps that the user signed in to recently, or that have access without a session, and that want logout notifications.
 * An app may keep its own session longer than ours. Rejects with `StoreUnavailable`.
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
    ...logouts.flatMap((appLogout) => logoutOps({ ...logout, ...appLogout }, now())),
  ];
}

/**
 * One for each live session. Without one, for all sessions at the app, since no newer session of this user can follow.
 */
function logoutsOf({ clientId, client }: App, sessions: readonly SsoSession[]): readonly Logout[] {
  const alive = sessions.flatMap(({ uid, authorizations }) => {
    const sid = authorizations[clientId]?.sid;
    return sid === undefined ? [] : [{ clientId, sid, session: uid }];
  });
  return alive.length > 0 || client.backchannel_logout_session_required ? alive : [{ clientId }];
}
