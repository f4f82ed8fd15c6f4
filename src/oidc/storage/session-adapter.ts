/**
 * oidc-provider's SSO session as two entries: the cookie's id points to the session, which contains the payload. The id
 * changes at each sign-in, and the session stays. Writes are merged per client, so that parallel authorizations in one
 * session lose nothing: each keeps its `sid` and grant, and every relying party is notified of the logout. See decision
 * 2.
 */

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Evidence, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { GrantedSession } from '../../core/model/policy.ts';
import {
  type ClientAuthorization,
  endingAt,
  isOver,
  parseSsoSession,
  peekSso,
  type SsoSession,
  withEvidence,
  withNote,
  withPauses,
} from '../../flow/browser/sso-session.ts';
import { grantKey, sessionCookieKey, ssoSessionKey, userKey } from '../../stores/keys.ts';
import { Conflict, type Merged, type UnitOfWork } from '../../stores/unit-of-work.ts';
import { parseUser, type User } from '../../users/record/user.ts';
import type { StorageScope } from '../request-scope.ts';

/** Lifetime of a session before oidc-provider saves it, which happens at the end of the request. */
const unsavedLifetime: Seconds = 60;
/** Grants that are loaded together with a session. Those of further clients need another round trip. */
const grantsAlong = 16;

function sessionEntry(session: SsoSession, ttl: Seconds): Merged {
  const grants = Object.values(session.authorizations).flatMap(({ grantId }) => (grantId ? [grantKey(grantId)] : []));
  const refs = session.accountId ? [userKey(session.accountId), ...grants.slice(-grantsAlong)] : [];
  return { value: JSON.stringify(session), ttl, refs };
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

/**
 * Adds evidence to the session of this request. oidc-provider saves the session itself at the end of the request, with
 * its lifetime. `limits`: how long it may live from now on.
 */
export function recordEvidence(
  unit: UnitOfWork,
  uid: string,
  added: {
    readonly subject: string;
    readonly evidence: readonly Evidence[];
    readonly limits?: GrantedSession;
    /** Absent if the session was not used to sign in. */
    readonly used?: SsoSession['used'];
    /** The user was active, so pauses end now. */
    readonly isActive?: boolean;
    readonly now: Seconds;
  },
): void {
  const current = currentSession(unit, uid, added.now);
  unit.merge(ssoSessionKey(uid), (value) => {
    const session = current(value);
    const { limits, used, isActive, now } = added;
    const kept = isActive ? withPauses(session, now) : session.evidence;
    const evidence = withEvidence(kept, added.evidence).filter((e) => e.subject === added.subject);
    const ttl = limits?.idle ?? secondsLeft(session, added.now);
    const activeAt = isActive ? { activeAt: now } : {};
    return sessionEntry(
      { ...session, evidence, ...activeAt, ...(limits ? { limits } : {}), ...(used ? { used } : {}) },
      ttl,
    );
  });
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

/**
 * All other sessions of the account ended, and this one continues for as long as it would have. `validAfter`: the new
 * one of the account. With `withTokens`, what was issued within it still counts.
 */
export function keepSession(
  unit: UnitOfWork,
  uid: string,
  {
    validAfter,
    withTokens,
    now,
  }: { readonly validAfter: Seconds; readonly withTokens: boolean; readonly now: Seconds },
): void {
  unit.merge(ssoSessionKey(uid), (value) => {
    if (value === undefined) return undefined;
    const { validSince: before, ...session } = parseSsoSession(value);
    const since = withTokens ? (before ?? session.validAfter) : undefined;
    return sessionEntry({ ...session, validAfter, ...omitUndefined({ validSince: since }) }, secondsLeft(session, now));
  });
}

/** Removes this app from the session. `now`: epoch seconds. */
export function forgetClient(
  unit: UnitOfWork,
  uid: string,
  { client, now }: { readonly client: string; readonly now: Seconds },
): void {
  unit.merge(ssoSessionKey(uid), (value) => {
    if (value === undefined) return undefined;
    const session = parseSsoSession(value);
    const { [client]: _gone, ...authorizations } = session.authorizations;
    return sessionEntry({ ...session, authorizations }, secondsLeft(session, now));
  });
}

/** Notes that a request without a page was refused (`SsoSession.refusedSilently`). `now`: epoch seconds. */
export function noteInSession(
  unit: UnitOfWork,
  uid: string,
  { note, now }: { readonly note: string; readonly now: Seconds },
): void {
  unit.merge(ssoSessionKey(uid), (value) => {
    if (value === undefined) return undefined;
    const session = parseSsoSession(value);
    return sessionEntry(withNote(session, note), secondsLeft(session, now));
  });
}

/** How long the session lives if nothing renews it. */
function secondsLeft({ expiresAt }: SsoSession, now: Seconds): Seconds {
  return expiresAt === undefined ? unsavedLifetime : Math.max(1, expiresAt - now);
}

/** Reads the session in a merge. It does not bring back a session that another tab ended since this request read it. */
function currentSession(unit: UnitOfWork, uid: string, now: Seconds): (value: string | undefined) => SsoSession {
  const existed = unit.stored(ssoSessionKey(uid)) !== undefined;
  return (value) => {
    if (value) return parseSsoSession(value);
    if (existed) throw new errors.SessionNotFound('the session was ended meanwhile');
    return { uid, startedAt: now, authorizations: {}, evidence: [], payload: {} };
  };
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
  const before = stored ? parseSsoSession(stored.value).authorizations : {};
  const after = copyOf((authorizations ?? {}) as SsoSession['authorizations']);
  const validAfter = loadedUser(unit, accountId)?.validAfter;
  const current = currentSession(unit, uid, now());
  endedSessions.delete(uid);
  unit.put(sessionCookieKey(id), { value: uid, ttl, refs: [ssoSessionKey(uid)] });
  unit.merge(ssoSessionKey(uid), (value) => {
    const { validSince, ...found } = current(value);
    const startedAt = found.accountId === accountId ? found.startedAt : now();
    const merged = mergeAuthorizations(uid, { current: found.authorizations, before, after });
    const account = accountId
      ? { accountId, ...validAfterOf({ ...found, validSince }, { accountId, validAfter }) }
      : {};
    const next = { ...found, ...account, startedAt, authorizations: merged, payload };
    return sessionEntry(endingAt(next, now() + ttl, now()), ttl);
  });
}

async function destroySession({ scope }: SessionStorage, id: string): Promise<void> {
  const { unit } = scope;
  const pointer = await unit.get(sessionCookieKey(id));
  unit.delete(sessionCookieKey(id));
  // If a new id follows, `upsertSession` reverts this.
  if (pointer) endAtCommit(scope, pointer.value);
}
