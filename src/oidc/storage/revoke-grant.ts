/**
 * A grant and its families of refresh tokens. Without the grant, none of its tokens is found. Codes and access tokens
 * expire minutes later, but refresh tokens would stay for weeks, so the grant lists them.
 */
import type { Seconds } from '../../core/model/facts.ts';
import { grantKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { StorageScope } from '../request-scope.ts';
import { mergedOf, parseStored, type Stored } from './stored-model.ts';

/** How many families a grant lists. Earlier ones end with the grant as well, and are removed when they expire. */
const knownFamilies = 16;

/** Adds a family (its key) to the grant, unless this request has revoked the grant. `now`: epoch seconds. */
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

/** Deletes a grant and its refresh tokens. The grant goes first: without it, none of the tokens is found. */
export async function revokeGrant(store: Store, grantId: string): Promise<void> {
  const key = grantKey(grantId);
  const entry = (await store.load([key])).entries.get(key);
  await store.commit([{ op: 'delete', key }]);
  const families = entry ? familiesOf(parseStored(entry.value)) : [];
  if (families.length > 0) await store.commit(families.map((family) => ({ op: 'delete' as const, key: family })));
}

/**
 * The same within the unit of the request. oidc-provider calls it once for each kind of token, and the first call does
 * everything.
 */
export async function revokeInScope({ unit, revokedGrants }: StorageScope, grantId: string): Promise<void> {
  if (revokedGrants.has(grantId)) return;
  revokedGrants.add(grantId);
  const key = grantKey(grantId);
  const entry = await unit.get(key);
  for (const family of entry ? familiesOf(parseStored(entry.value)) : []) unit.delete(family);
  unit.delete(key);
}
