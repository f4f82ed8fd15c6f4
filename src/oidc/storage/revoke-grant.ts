/**
 * A grant and the families of refresh tokens under it. Without its grant no token is found any more. Codes and access
 * tokens then go when they expire, minutes later; refresh tokens would stay for weeks, so the grant knows theirs.
 */
import type { Seconds } from '../../core/model/facts.ts';
import { grantKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { StorageScope } from '../request-scope.ts';
import { mergedOf, parseStored, type Stored } from './stored-model.ts';

/** Families that a grant knows. Those before them end with the grant as well, and go when they expire. */
const knownFamilies = 16;

/**
 * Notes a family (its key) under the grant; under one that this request has revoked, nothing is noted. `now`: epoch
 * seconds.
 */
export function noteFamily(
  unit: UnitOfWork,
  grantId: string,
  { family, now }: { readonly family: string; readonly now: Seconds },
): void {
  const key = grantKey(grantId);
  if (!unit.peek(key)) return;
  unit.merge(key, (value) => {
    if (value === undefined) return undefined;
    const stored = parseStored(value);
    const families = [...(stored.families ?? []), family].slice(-knownFamilies);
    const { exp } = stored.payload;
    const ttl = exp === undefined ? undefined : Math.max(1, exp - now);
    return mergedOf({ ...stored, families }, { model: 'Grant', id: grantId, key, ttl });
  });
}

function familiesOf({ families = [] }: Stored): readonly string[] {
  return families;
}

/**
 * Deletes a grant and the refresh tokens under it. The grant goes first: without it, none of the tokens is found any
 * more.
 */
export async function revokeGrant(store: Store, grantId: string): Promise<void> {
  const key = grantKey(grantId);
  const entry = (await store.load([key])).entries.get(key);
  await store.commit([{ op: 'delete', key }]);
  const families = entry ? familiesOf(parseStored(entry.value)) : [];
  if (families.length > 0) await store.commit(families.map((family) => ({ op: 'delete' as const, key: family })));
}

/** The same in the unit of the request. oidc-provider calls it once for each kind of token; the first call does all. */
export async function revokeInScope({ unit, revokedGrants }: StorageScope, grantId: string): Promise<void> {
  if (revokedGrants.has(grantId)) return;
  revokedGrants.add(grantId);
  const key = grantKey(grantId);
  const entry = await unit.get(key);
  for (const family of entry ? familiesOf(parseStored(entry.value)) : []) unit.delete(family);
  unit.delete(key);
}
