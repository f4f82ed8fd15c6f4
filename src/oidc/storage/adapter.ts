/**
 * oidc-provider's storage on our store port, within the unit of work of the request.
 *
 * What this does beyond keeping payloads:
 * - `consume` is decided by the commit: of two presentations of one code or refresh token one wins, and the loser
 *   revokes the grant (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2). oidc-provider itself checks first and marks
 *   later.
 * - A token is only found while its grant exists and its account is active and was not reset since: revoking is
 *   deleting one entry, and nothing that a parallel request still writes survives it.
 * - Ids that came from outside are hashed: no input forms a key, and a copy of the store holds no usable token.
 */

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { isKeptWith, peekSso, type SsoSession } from '../../flow/browser/sso-session.ts';
import type { TokenBasis } from '../../flow/facts/token-basis.ts';
import { type KeyKind, keyOf } from '../../stores/key-table.ts';
import {
  grantKey,
  grantTokensKey,
  pollingIntervalKey,
  ssoSessionKey,
  transactionKey,
  userCodeKey,
  userKey,
} from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { type Merged, UnitOfWork } from '../../stores/unit-of-work.ts';
import { parseUser } from '../../users/user.ts';
import { createStorageScope, findRequest, type StorageScope } from '../request-scope.ts';
import { presentsOldProof } from './replays.ts';
import { sessionAdapter } from './session-adapter.ts';

/** A payload and, for what belongs to an account, the state of the account when it was issued. */
interface Stored {
  readonly payload: AdapterPayload;
  /** `validAfter` of the account at that time. */
  readonly valid?: number;
  /** What it rests on, for what tokens follow from. */
  readonly basis?: TokenBasis;
}

function parseStored(value: string): Stored {
  return JSON.parse(value) as Stored;
}

/** Models from which further tokens follow: each is stored with what it rests on. */
export const tokenSources: ReadonlySet<string> = new Set(['AuthorizationCode', 'DeviceCode', 'RefreshToken']);

/** The error of the loser, for models that are consumed once. */
const lostErrors: Readonly<Record<string, () => Error>> = {
  AuthorizationCode: () => new errors.InvalidGrant('authorization code already consumed'),
  RefreshToken: () => new errors.InvalidGrant('refresh token already used'),
  DeviceCode: () => new errors.InvalidGrant('device code already consumed'),
  PushedAuthorizationRequest: () =>
    new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used'),
};

/**
 * The models of oidc-provider that are stored. Sessions have an adapter of their own, clients are configured, and the
 * others belong to features that are off: introspection still looks for some of them, and finds nothing.
 */
const kindOf: Readonly<Record<string, KeyKind>> = {
  AccessToken: 'access-token',
  AuthorizationCode: 'authorization-code',
  DeviceCode: 'device-code',
  Grant: 'grant',
  Interaction: 'interaction',
  PushedAuthorizationRequest: 'pushed-authorization-request',
  RefreshToken: 'refresh-token',
  ReplayDetection: 'replay-detection',
};

function modelKey(model: string, id: string): string {
  const kind = kindOf[model];
  if (kind === undefined) throw new TypeError(`the store has no kind of key for ${model}`);
  return keyOf(kind, id);
}

/** Parameters that present a code or token, and the models that these may be. */
const presenting: Readonly<Record<string, readonly string[]>> = {
  code: ['AuthorizationCode'],
  refresh_token: ['RefreshToken'],
  device_code: ['DeviceCode'],
  token: ['AccessToken', 'RefreshToken'],
};

/** Keys of what a request with these parameters presents. */
export function presentedKeys(parameters: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(presenting).flatMap(([name, models]) => {
    const value = parameters[name];
    return typeof value === 'string' ? models.map((model) => modelKey(model, value)) : [];
  });
}

/** Everything that one load brings along with a payload, so that the request needs no second one. */
function refsOf(model: string, id: string, payload: AdapterPayload): readonly string[] {
  const refs: string[] = [];
  if (model === 'Interaction') refs.push(transactionKey(id));
  if (model === 'DeviceCode') refs.push(pollingIntervalKey(id));
  if (payload.grantId) refs.push(grantKey(payload.grantId));
  const session = payload.sessionUid ?? payload.session?.uid;
  if (session) refs.push(ssoSessionKey(session));
  if (payload.accountId) refs.push(userKey(payload.accountId));
  return refs;
}

/**
 * Deletes a grant and all that was issued under it. The grant goes first: without it, none of the tokens is found any
 * more.
 */
export async function revokeGrant(store: Store, grantId: string): Promise<void> {
  await store.commit([{ op: 'delete', key: grantKey(grantId) }]);
  for await (const page of store.members(grantTokensKey(grantId))) {
    await store.commit(page.map((key) => ({ op: 'delete' as const, key })));
  }
  await store.commit([{ op: 'delete', key: grantTokensKey(grantId) }]);
}

export interface AdapterOptions {
  readonly store: Store;
  /** Client metadata by client id; `undefined`: there is no such client. */
  readonly client: (clientId: string) => Promise<AdapterPayload | undefined>;
  /** Epoch seconds. */
  now(): Seconds;
}

/** What oidc-provider takes as `adapter`. Outside of a request every call is its own unit of work. */
export function createAdapter(options: AdapterOptions): (model: string) => Adapter {
  return (model) => {
    if (model === 'Session') return withinScope(options.store, (scope) => sessionAdapter(scope, options.now));
    if (model === 'Client') return clientAdapter(options);
    return withinScope(options.store, (scope) => modelAdapter({ model, store: options.store, scope }));
  };
}

/**
 * Each call works in the scope of the request. Outside a request it has a unit of work of its own, which it commits.
 */
function withinScope(store: Store, build: (scope: StorageScope) => Adapter): Adapter {
  const call = async <T>(use: (adapter: Adapter) => Promise<T>): Promise<T> => {
    const request = findRequest();
    if (request) return use(build(request));
    const own = createStorageScope(new UnitOfWork(store));
    const result = await use(build(own));
    await own.unit.commit();
    return result;
  };
  return {
    upsert: (id, payload, ttl) => call(async (a) => a.upsert(id, payload, ttl)),
    find: (id) => call(async (a) => a.find(id)),
    findByUid: (uid) => call(async (a) => a.findByUid(uid)),
    findByUserCode: (code) => call(async (a) => a.findByUserCode(code)),
    consume: (id) => call(async (a) => a.consume(id)),
    destroy: (id) => call(async (a) => a.destroy(id)),
    revokeByGrantId: (grantId) => call(async (a) => a.revokeByGrantId(grantId)),
  };
}

/** Clients come from the configuration; nothing is ever written through here. */
function clientAdapter({ client }: AdapterOptions): Adapter {
  const readOnly = async (): Promise<never> => {
    throw new TypeError('clients are configured by files, not through the protocol');
  };
  return {
    find: client,
    upsert: readOnly,
    destroy: readOnly,
    consume: readOnly,
    findByUid: readOnly,
    findByUserCode: readOnly,
    revokeByGrantId: readOnly,
  };
}

/** One model within one scope. */
interface ModelStorage {
  readonly model: string;
  readonly store: Store;
  readonly scope: StorageScope;
}

function modelAdapter(storage: ModelStorage): Adapter {
  const { model } = storage;
  return {
    find: (id) => find(storage, id),
    findByUserCode: (code) => findByUserCode(storage, code),
    async findByUid() {
      throw new TypeError(`${model} has no uid`);
    },
    upsert: (id, payload, ttl) => upsert(storage, { id, payload, ttl }),
    consume: (id) => consume(storage, id),
    destroy: async (id) => destroy(storage, id),
    revokeByGrantId: (grantId) => revokeInScope(storage, grantId),
  };
}

async function find({ model, scope }: ModelStorage, id: string): Promise<AdapterPayload | undefined> {
  if (kindOf[model] === undefined || (model === 'Interaction' && !/^[\w-]+$/.test(id))) return undefined;
  const entry = await scope.unit.get(modelKey(model, id));
  if (model === 'ReplayDetection' && presentsOldProof(scope.unit.epoch)) return { jti: id };
  if (!entry) return undefined;
  const stored = parseStored(entry.value);
  if (model !== 'Interaction' && !(await isAlive(model, stored, scope.unit))) return undefined;
  if (stored.basis) scope.tokenBasis = stored.basis;
  return entry.consumed === undefined ? stored.payload : { ...stored.payload, consumed: entry.consumed };
}

async function findByUserCode(storage: ModelStorage, code: string): Promise<AdapterPayload | undefined> {
  const pointer = await storage.scope.unit.get(userCodeKey(code));
  return pointer ? find(storage, pointer.value) : undefined;
}

interface Upsert {
  readonly id: string;
  readonly payload: AdapterPayload;
  /** Seconds. */
  readonly ttl: number | undefined;
}

async function upsert({ model, scope }: ModelStorage, { id, payload, ttl }: Upsert): Promise<void> {
  const { unit } = scope;
  const key = modelKey(model, id);
  const user = payload.accountId ? await unit.get(userKey(payload.accountId)) : undefined;
  const stored: Stored = omitUndefined({
    payload,
    valid: user && parseUser(user.value).validAfter,
    basis: tokenSources.has(model) ? scope.tokenBasis : undefined,
  });
  const merged: Merged = omitUndefined({ value: JSON.stringify(stored), ttl, refs: refsOf(model, id, payload) });
  if (unit.peek(key)) unit.replace(key, merged);
  else unit.create(key, merged);
  if (model !== 'Interaction' && payload.grantId) {
    unit.add({ op: 'join', key: grantTokensKey(payload.grantId), member: key, ...omitUndefined({ ttl }) });
  }
  if (payload.userCode) unit.put(userCodeKey(payload.userCode), omitUndefined({ value: id, ttl, refs: [key] }));
}

async function consume(storage: ModelStorage, id: string): Promise<void> {
  const { model, store, scope } = storage;
  const payload = await find(storage, id);
  scope.unit.consume(modelKey(model, id), async () => {
    if (payload?.grantId) await revokeGrant(store, payload.grantId);
    return (lostErrors[model] ?? (() => new errors.InvalidRequest('already used')))();
  });
}

/** Of two requests that resume one interaction, one goes on. */
function destroy({ model, scope }: ModelStorage, id: string): void {
  if (model === 'Interaction') scope.unit.take(modelKey(model, id));
  else scope.unit.delete(modelKey(model, id));
}

/** oidc-provider calls this once for each kind of token; the first call does the work for all. */
async function revokeInScope({ store, scope }: ModelStorage, grantId: string): Promise<void> {
  const { unit, revokedGrants } = scope;
  if (revokedGrants.has(grantId)) return;
  revokedGrants.add(grantId);
  unit.delete(grantKey(grantId));
  for await (const page of store.members(grantTokensKey(grantId))) for (const key of page) unit.delete(key);
  unit.delete(grantTokensKey(grantId));
}

/** What belongs to a grant or an account lives only as long as these. */
async function isAlive(model: string, { payload, valid }: Stored, unit: UnitOfWork): Promise<boolean> {
  if (payload.grantId && !(await unit.get(grantKey(payload.grantId)))) return false;
  if (!payload.accountId) return true;
  const user = await unit.get(userKey(payload.accountId));
  if (!user) return false;
  const account = parseUser(user.value);
  if (account.status !== 'active') return false;
  // A grant opens nothing by itself: the sessions and tokens that lead to it say whether they are still good.
  if (model === 'Grant' || account.validAfter === valid) return true;
  const { sessionUid } = payload;
  return sessionUid !== undefined && isKeptWith(await sessionOf(sessionUid, unit), account, valid);
}

async function sessionOf(uid: string, unit: UnitOfWork): Promise<SsoSession | undefined> {
  await unit.load([ssoSessionKey(uid)]);
  return peekSso(unit, uid);
}
