/**
 * Refresh tokens, stored by family. Rotation is a merge of the record: if several requests present one token at once,
 * the first replaces it, and the others find it replaced. Within the grace period they get the same successor. Later it
 * counts as reuse, and the grant ends (RFC 9700 section 4.14.2). See decision 56.
 */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';
import { Conflict, type Merge, type UnitOfWork } from '../../stores/unit-of-work.ts';
import { appendOfflineAccess } from '../../users/history/offline-access-log.ts';
import type { RefreshedToken } from '../request-scope.ts';
import { type RefreshFamily, standingOf, tokenHash } from './refresh-family.ts';
import { noteFamily, revokeGrant, revokeInScope } from './revoke-grant.ts';
import {
  isWithGrantAndAccount,
  type ModelStorage,
  mergedOf,
  modelKey,
  parseStored,
  payloadOf,
  type Stored,
  storedOf,
  type Upsert,
} from './stored-model.ts';

interface FamilyRules {
  /** By client id (seconds). */
  readonly refreshTokenGrace: (clientId: string) => Seconds;
  /** Epoch seconds. */
  now(): Seconds;
}

export function refreshTokenAdapter(storage: ModelStorage, rules: FamilyRules): Adapter {
  const { scope, model } = storage;
  return {
    find: (id) => find(storage, rules, id),
    upsert: (id, payload, ttl) => upsert(storage, rules, { id, payload, ttl }),
    // The record changes when the successor is written.
    async consume() {},
    async destroy(id) {
      scope.unit.delete(modelKey(model, id));
    },
    revokeByGrantId: (grantId) => revokeInScope(scope, grantId),
    async findByUid() {
      throw new TypeError('refresh tokens have no uid');
    },
    async findByUserCode() {
      throw new TypeError('refresh tokens have no user code');
    },
  };
}

/** A token that does not count, but belongs to a live family, is returned as `consumed`. */
async function find(
  { model, scope }: ModelStorage,
  { refreshTokenGrace, now }: FamilyRules,
  id: string,
): Promise<AdapterPayload | undefined> {
  const entry = await scope.unit.get(modelKey(model, id));
  if (!entry) return undefined;
  const stored = parseStored(entry.value);
  const { family, basis } = stored;
  if (!family || !(await isWithGrantAndAccount(model, stored, scope.unit))) return undefined;
  if (basis) scope.tokenBasis = basis;
  const at = now();
  const standing = standingOf(family, id, { now: at, grace: refreshTokenGrace(stored.payload.clientId ?? '') });
  const payload = payloadOf(model, id, stored);
  if (standing === 'used') return { ...payload, consumed: family.rotatedAt ?? at };
  scope.refreshed = { token: id, at, ...(standing === 'repeated' ? { successor: family.current } : {}) };
  return payload;
}

async function upsert(storage: ModelStorage, rules: FamilyRules, saved: Upsert): Promise<void> {
  const { model, store, scope } = storage;
  const { id, payload, ttl } = saved;
  const { unit, refreshed } = scope;
  const key = modelKey(model, id);
  const stored = await storedOf(storage, saved);
  const write = (family: RefreshFamily) => mergedOf({ ...stored, family }, { model, id, key, ttl });
  if (!unit.peek(key)) {
    unit.create(key, write({ current: tokenHash(id) }));
    if (payload.grantId) noteFamily(unit, payload.grantId, { family: key, now: rules.now() });
    noteOfflineAccess(unit, payload, { family: key, now: rules.now() });
    return;
  }
  const grace = rules.refreshTokenGrace(payload.clientId ?? '');
  const next = refreshed && refreshed.token !== id ? rotation(key, refreshed, { id, grace }) : renewal(key, id);
  const merge: Merge = (value) => {
    const family = next(value === undefined ? undefined : parseStored(value));
    return family && write(family);
  };
  unit.merge(key, merge, async () => {
    if (payload.grantId) await revokeGrant(store, payload.grantId);
    return new errors.InvalidGrant('refresh token already used');
  });
}

/** Lets the user see and end access that outlives the session. */
function noteOfflineAccess(
  unit: UnitOfWork,
  { accountId, clientId: client, grantId: grant, scope }: AdapterPayload,
  { family, now: at }: { readonly family: string; readonly now: Seconds },
): void {
  const isOffline = typeof scope === 'string' && scope.split(' ').includes('offline_access');
  if (isOffline && accountId !== undefined && client !== undefined && grant !== undefined)
    appendOfflineAccess(unit, accountId, { client, at, family, grant });
}

/** Undefined if the record stays as it is. Throws `Conflict` if the token does not count any more. */
type NextFamily = (stored: Stored | undefined) => RefreshFamily | undefined;

/** `id`: the successor of the presented token. */
function rotation(
  key: string,
  { token, at }: RefreshedToken,
  { id, grace }: { readonly id: string; readonly grace: Seconds },
): NextFamily {
  const current = tokenHash(id);
  return (stored) => {
    const family = stored?.family;
    const standing = family && standingOf(family, token, { now: at, grace });
    if (standing === 'current') return { current, former: tokenHash(token), rotatedAt: at };
    if (standing === 'repeated' && family?.current === current) return undefined;
    throw new Conflict({ op: 'check', key });
  };
}

/** The token stays the same and gets a longer lifetime. */
function renewal(key: string, id: string): NextFamily {
  const current = tokenHash(id);
  return (stored) => {
    if (stored?.family?.current === current) return stored.family;
    throw new Conflict({ op: 'check', key });
  };
}
