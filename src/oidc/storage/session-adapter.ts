/**
 * oidc-provider's SSO session as two entries: the cookie's id points to the session, which contains the payload. The id
 * changes at each sign-in, and the session stays. Writes are merged per client, so that parallel authorizations in one
 * session lose nothing: each keeps its `sid` and grant, and every relying party is notified of the logout. See decision
 * 2.
 */

import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import {
  type ClientAuthorization,
  endingAt,
  isOver,
  parseSsoSession,
  peekSso,
  type SsoSession,
} from '../../flow/browser/sso-session.ts';
import { sessionCookieKey, ssoSessionKey, userKey } from '../../stores/keys.ts';
import { Conflict, type UnitOfWork } from '../../stores/unit-of-work.ts';
import { parseUser, type User } from '../../users/record/user.ts';
import type { StorageScope } from '../request-scope.ts';
import { currentSession, secondsLeft, sessionEntry, unsavedLifetime } from './session-entry.ts';

/**
 * The clients that this request added or changed (from `before` to `after`), on top of what others did in the meantime
 * (`current`), without those that it removed. Throws `Conflict` if another tab signed in to the same client in the
 * meantime: the tokens of both must contain the one `sid` and grant of the session, so this request starts over and
 * finds them.
 */
function mergeAuthorizations(
  uid: string,
  { current, before, after }: Readonly<Record<'current' | 'before' | 'after', SsoSession['authorizations']>>,
): SsoSession['authorizations'] {
  const removed = Object.keys(before).filter((client) => !Object.hasOwn(after, client));
  const changed = Object.entries(after).filter(
    ([client, value]) => JSON.stringify(before[client]) !== JSON.stringify(value),
  );
  const isTaken = ([client, mine]: (typeof changed)[number]) => {
    const theirs = current[client];
    return theirs && !isSame(theirs, before[client]) && !isSame(theirs, mine);
  };
  if (changed.some(isTaken)) throw new Conflict({ op: 'check', key: ssoSessionKey(uid) });
  const kept = Object.entries(current).filter(([client]) => !removed.includes(client));
  return Object.fromEntries([...kept, ...changed]);
}

function isSame(one: ClientAuthorization, other: ClientAuthorization | undefined): boolean {
  return one.sid === other?.sid && one.grantId === other?.grantId;
}

/** oidc-provider changes the objects that it gets. */
function copyOf(authorizations: SsoSession['authorizations']): SsoSession['authorizations'] {
  return Object.fromEntries(Object.entries(authorizations).map(([client, value]) => [client, { ...value }]));
}

function payloadCopy(payload: SsoSession['payload']): SsoSession['payload'] {
  const copy = (value: unknown) => {
    if (Array.isArray(value)) return [...value];
    return typeof value === 'object' ? structuredClone(value) : value;
  };
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, copy(value)]));
}

/** The session of a session cookie. Undefined if it is not live. */
export async function sessionOfCookie(
  unit: UnitOfWork,
  id: string | undefined,
  now: Seconds,
): Promise<SsoSession | undefined> {
  const pointer = id === undefined ? undefined : await unit.get(sessionCookieKey(id));
  if (!pointer) return undefined;
  await unit.load([ssoSessionKey(pointer.value)]);
  const session = peekSso(unit, pointer.value);
  return session && !isOver(session, loadedUser(unit, session.accountId), now) ? session : undefined;
}

function loadedUser(unit: UnitOfWork, accountId: string | undefined): User | undefined {
  const user = accountId ? unit.peek(userKey(accountId)) : undefined;
  return user && parseUser(user.value);
}

/**
 * A request that read the account before a change must not undo what another request has written since: that this
 * session continues.
 */
function validAfterOf(
  found: Pick<SsoSession, 'accountId' | 'validAfter'> & { readonly validSince: Seconds | undefined },
  { accountId, validAfter }: { readonly accountId: string; readonly validAfter: Seconds | undefined },
): Pick<SsoSession, 'validAfter' | 'validSince'> {
  if (validAfter === undefined) return {};
  const { accountId: former, validAfter: kept = validAfter, validSince } = found;
  if (former !== accountId) return { validAfter };
  return { validAfter: Math.max(validAfter, kept), ...omitUndefined({ validSince }) };
}

/** The session ends with this request, unless it gets another id before that. */
function endAtCommit({ unit, endedSessions }: StorageScope, uid: string): void {
  endedSessions.add(uid);
  unit.beforeCommit(() => {
    if (endedSessions.delete(uid)) unit.delete(ssoSessionKey(uid));
  });
}

/** The sessions within one scope. */
interface SessionStorage {
  readonly scope: StorageScope;
  /** Epoch seconds. */
  readonly now: () => Seconds;
}

/** `now`: epoch seconds. */
export function sessionAdapter(scope: StorageScope, now: () => Seconds): Adapter {
  const storage: SessionStorage = { scope, now };
  return {
    find: (id) => findByCookie(storage, id),
    findByUid: (uid) => findByUid(storage, uid),
    upsert: async (id, payload, ttl = unsavedLifetime) => upsertSession(storage, { id, payload, ttl }),
    destroy: (id) => destroySession(storage, id),
    async consume() {
      throw new TypeError('sessions are not consumed');
    },
    async findByUserCode() {
      throw new TypeError('sessions have no user code');
    },
    async revokeByGrantId() {
      throw new TypeError('sessions have no grant');
    },
  };
}

async function findByCookie(storage: SessionStorage, id: string): Promise<AdapterPayload | undefined> {
  const pointer = await storage.scope.unit.get(sessionCookieKey(id));
  if (!pointer) return undefined;
  const payload = await findByUid(storage, pointer.value);
  return payload && { ...payload, jti: id };
}

async function findByUid({ scope, now }: SessionStorage, uid: string): Promise<AdapterPayload | undefined> {
  const { unit } = scope;
  await unit.load([ssoSessionKey(uid)]);
  const session = peekSso(unit, uid);
  if (!session || isOver(session, loadedUser(unit, session.accountId), now())) return undefined;
  const { accountId, authorizations, payload } = session;
  return {
    ...payloadCopy(payload),
    uid,
    ...(accountId ? { accountId } : {}),
    authorizations: copyOf(authorizations),
  };
}

interface SavedSession {
  /** The value of the browser's cookie, which a copy of the store must not reveal. */
  readonly id: string;
  readonly payload: AdapterPayload;
  readonly ttl: Seconds;
}

function upsertSession({ scope, now }: SessionStorage, saved: SavedSession): void {
  const { unit, endedSessions } = scope;
  const { id, ttl } = saved;
  const { uid: session, accountId, authorizations, jti: _jti, ...payload } = saved.payload;
  const uid = session as string;
  const stored = unit.stored(ssoSessionKey(uid));
  const before = stored && parseSsoSession(stored.value);
  const isEndKept = before !== undefined && keepsEnd(before, now() + ttl);
  const after = copyOf((authorizations ?? {}) as SsoSession['authorizations']);
  const validAfter = loadedUser(unit, accountId)?.validAfter;
  const current = currentSession(unit, uid, now());
  endedSessions.delete(uid);
  // The entry of a cookie lives as long as the session, so a request that leaves one end leaves both.
  const isCookieKept = isEndKept && unit.peek(sessionCookieKey(id))?.value === uid;
  scope.isCookieUnchanged = isCookieKept && before.payload.transient === payload.transient;
  if (!isCookieKept) unit.put(sessionCookieKey(id), { value: uid, ttl, refs: [ssoSessionKey(uid)] });
  unit.merge(ssoSessionKey(uid), (value) => {
    const { validSince, ...found } = current(value);
    const startedAt = found.accountId === accountId ? found.startedAt : now();
    const changes = { current: found.authorizations, before: before?.authorizations ?? {}, after };
    const merged = mergeAuthorizations(uid, changes);
    const account = accountId
      ? { accountId, ...validAfterOf({ ...found, validSince }, { accountId, validAfter }) }
      : {};
    const end = (isEndKept ? found.expiresAt : undefined) ?? now() + ttl;
    const next = endingAt({ ...found, ...account, startedAt, authorizations: merged, payload }, end, now());
    return sessionEntry(next, secondsLeft(next, now()));
  });
}

/**
 * Whether a request leaves the end of the session where it found it, as one with `prompt=none` does (decision 190).
 * Then it also leaves there what another tab prolonged meanwhile. `end`: computed for the session as found, in epoch
 * seconds; the clock may have gone on by a second since.
 */
function keepsEnd({ expiresAt }: SsoSession, end: Seconds): boolean {
  return expiresAt !== undefined && Math.abs(end - expiresAt) <= 1;
}

async function destroySession({ scope }: SessionStorage, id: string): Promise<void> {
  const { unit } = scope;
  const pointer = await unit.get(sessionCookieKey(id));
  unit.delete(sessionCookieKey(id));
  // If a new id follows, `upsertSession` reverts this.
  if (pointer) endAtCommit(scope, pointer.value);
}
