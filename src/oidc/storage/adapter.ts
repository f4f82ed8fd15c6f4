/**
 * oidc-provider's storage on top of our store, within the unit of work of the request.
 *
 * What this does beyond storing payloads:
 * - `consume` is decided by the commit: if one code is presented twice, one request succeeds and the other revokes the
 *   grant (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2). oidc-provider itself checks first and marks later.
 * - A token is found only while its grant exists, its account is active and was not reset since, and the user has not
 *   ended the app's access. Revoking is therefore one write, and no parallel request can undo it.
 * - Ids from outside are hashed: input never becomes part of a key, and a copy of the store contains no usable token.
 */

import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { userCodeKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { UnitOfWork } from '../../stores/unit-of-work.ts';
import { createStorageScope, findRequest, type StorageScope } from '../request-scope.ts';
import { keyOfModel } from './device-reference.ts';
import { refreshTokenAdapter } from './refresh-token-adapter.ts';
import { presentsOldProof } from './replays.ts';
import { revokeGrant, revokeInScope } from './revoke-grant.ts';
import { sessionAdapter } from './session-adapter.ts';
import {
  isStored,
  isWithGrantAndAccount,
  type ModelStorage,
  mergedOf,
  parseStored,
  payloadOf,
  storedOf,
  type Upsert,
} from './stored-model.ts';

/** The error for the request that lost, for models that are consumed once. */
const lostErrors: Readonly<Record<string, () => Error>> = {
  AuthorizationCode: () => new errors.InvalidGrant('authorization code already consumed'),
  DeviceCode: () => new errors.InvalidGrant('device code already consumed'),
  PushedAuthorizationRequest: () =>
    new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used'),
};

export interface AdapterOptions {
  readonly store: Store;
  /** Client metadata by client id. Undefined if there is no such client. */
  readonly client: (clientId: string) => Promise<AdapterPayload | undefined>;
  /** How long (seconds) a replaced refresh token of this client may be presented again. */
  readonly refreshTokenGrace: (clientId: string) => Seconds;
  /** Epoch seconds. */
  now(): Seconds;
}

/** The `adapter` for oidc-provider. Outside a request every call is its own unit of work. */
export function createAdapter(options: AdapterOptions): (model: string) => Adapter {
  const { store } = options;
  return (model) => {
    if (model === 'Session') return withinScope(store, (scope) => sessionAdapter(scope, options.now));
    if (model === 'Client') return clientAdapter(options);
    if (model === 'RefreshToken')
      return withinScope(store, (scope) => refreshTokenAdapter({ model, store, scope }, options));
    return withinScope(store, (scope) => modelAdapter({ model, store, scope }));
  };
}

/** Each call works in the scope of the request. Outside a request it has its own unit of work, which it commits. */
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

/** Clients come from the configuration, so nothing is ever written through here. */
function clientAdapter({ client }: AdapterOptions): Adapter {
  const readOnly = async (): Promise<never> => {
    throw new TypeError('clients are configured in files, not through the protocol');
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
    revokeByGrantId: (grantId) => revokeInScope(storage.scope, grantId),
  };
}

async function find({ model, scope }: ModelStorage, id: string): Promise<AdapterPayload | undefined> {
  if (!isStored(model) || (model === 'Interaction' && !/^[\w-]+$/.test(id))) return undefined;
  const entry = await scope.unit.get(keyOfModel(model, id));
  if (model === 'ReplayDetection' && presentsOldProof(scope.unit.epoch)) return { jti: id };
  if (!entry) return undefined;
  const stored = parseStored(entry.value);
  if (model !== 'Interaction' && !(await isWithGrantAndAccount(model, stored, scope.unit))) return undefined;
  if (stored.basis) scope.tokenBasis = stored.basis;
  const payload = payloadOf(model, id, stored);
  return entry.consumed === undefined ? payload : { ...payload, consumed: entry.consumed };
}

async function findByUserCode(storage: ModelStorage, code: string): Promise<AdapterPayload | undefined> {
  const pointer = await storage.scope.unit.get(userCodeKey(code));
  return pointer ? find(storage, pointer.value) : undefined;
}

async function upsert(storage: ModelStorage, saved: Upsert): Promise<void> {
  const { model, scope } = storage;
  const { id, payload, ttl } = saved;
  const { unit } = scope;
  const key = keyOfModel(model, id);
  const known = unit.peek(key);
  const { families } = known && model === 'Grant' ? parseStored(known.value) : {};
  const stored = { ...(await storedOf(storage, saved)), ...omitUndefined({ families }) };
  const merged = mergedOf(stored, { model, id, key, ttl });
  if (known) unit.replace(key, merged);
  else unit.create(key, merged);
  if (payload.userCode) unit.put(userCodeKey(payload.userCode), omitUndefined({ value: key, ttl, refs: [key] }));
}

async function consume(storage: ModelStorage, id: string): Promise<void> {
  const { model, store, scope } = storage;
  const payload = await find(storage, id);
  scope.unit.consume(keyOfModel(model, id), async () => {
    if (payload?.grantId) await revokeGrant(store, payload.grantId);
    return (lostErrors[model] ?? (() => new errors.InvalidRequest('already used')))();
  });
}

/** If two requests resume one interaction, only one of them continues. */
function destroy({ model, scope }: ModelStorage, id: string): void {
  const key = keyOfModel(model, id);
  if (model === 'Interaction') scope.unit.take(key);
  else scope.unit.delete(key);
}
