/**
 * What is written together with the deletion of a user, whoever deletes it: the sessions end, and their apps hear of it
 * (OpenID Connect Back-Channel Logout 1.0).
 */
import type { Seconds } from '../core/model/facts.ts';
import { logoutOps } from '../delivery/outbox.ts';
import type { App } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { ssoSessionKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import { UnitOfWork } from '../stores/unit-of-work.ts';
import { leaveDeletions } from '../users/deletion.ts';
import type { User } from '../users/user.ts';
import { liveSessions } from './browser/other-sessions.ts';
import type { SsoSession } from './browser/sso-session.ts';

/** A notification is not tried for longer than this, as after any logout (seconds). */
const longestTry: Seconds = 86_400;

export interface FarewellParts {
  readonly store: Store;
  /** Epoch seconds. */
  readonly now: () => Seconds;
  /** Absent: nothing is configured, so no app can be told. */
  readonly snapshot: Pick<Snapshot, 'app'> | undefined;
}

/** Rejects with `StoreUnavailable`. */
export async function farewellOps({ store, now, snapshot }: FarewellParts, user: User): Promise<readonly Op[]> {
  const sessions = await liveSessions({ unit: new UnitOfWork(store), services: { store, now } }, user, undefined);
  const told = await Promise.all(sessions.map((one) => logoutsOf(one, snapshot)));
  const expires = now() + longestTry;
  return [
    ...sessions.map(({ uid }): Op => ({ op: 'delete', key: ssoSessionKey(uid) })),
    ...told.flat().flatMap((one) => logoutOps({ ...one, subject: user.id, expires }, now())),
    ...(user.deletion ? [leaveDeletions({ user: user.id, dueAt: user.deletion.dueAt })] : []),
  ];
}

async function logoutsOf({ authorizations }: SsoSession, snapshot: FarewellParts['snapshot']) {
  const all = Object.entries(authorizations).map(async ([clientId, { sid }]) => {
    const app = await snapshot?.app(clientId);
    return sid !== undefined && app && hearsOfLogout(app) ? [{ clientId, sid }] : [];
  });
  return (await Promise.all(all)).flat();
}

/** Whether the app wants to know when a session ends. */
export function hearsOfLogout({ client }: App): boolean {
  return client.backchannel_logout_uri !== undefined;
}
