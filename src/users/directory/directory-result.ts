/** Results of changes in the directory, and reasons for refusing them. */
import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { canonicalIdentifier, type IdentifierFault } from '../../identifier.ts';
import type { Op, Store } from '../../stores/store.ts';
import type { Profile, User } from '../record/user.ts';
import { takenValue, uniqueOps, uniqueValueChange } from '../reservations/attribute-reservations.ts';

/** Why a user cannot get an identifier. */
export type IdentifierRefusal =
  | {
      readonly ok: false;
      readonly code: 'identifier_invalid';
      readonly identifier: string;
      readonly fault: IdentifierFault;
    }
  | { readonly ok: false; readonly code: 'identifier_taken'; readonly identifier: string };

/** Another user has the value of a unique attribute. */
export interface ValueRefusal {
  readonly ok: false;
  readonly code: 'value_taken';
  readonly attribute: string;
}

export type DirectoryResult = { readonly ok: true; readonly user: User } | IdentifierRefusal | ValueRefusal;

/** The identifiers in canonical form without duplicates, in the given order; at least one. */
export function canonicalList(texts: readonly string[]): string[] | IdentifierRefusal {
  const identifiers = new Set<string>();
  for (const text of texts.length === 0 ? [''] : texts) {
    const canonical = canonicalIdentifier(text);
    if (!canonical.ok) return { ok: false, code: 'identifier_invalid', identifier: text, fault: canonical.fault };
    identifiers.add(canonical.value);
  }
  return [...identifiers];
}

export interface DeleteOptions {
  /** Whether the deletion is still wanted, by the record as it is deleted. */
  readonly isMeant?: (user: User) => boolean;
  /** Defines which values are freed. */
  readonly schema?: AttributeSchema;
}

/** A profile being written, and its user. Without a `schema` nothing in it is unique. */
export interface WrittenProfile {
  readonly schema: AttributeSchema | undefined;
  readonly before: Profile;
  readonly after: Profile;
  readonly user: string;
  readonly now: Seconds;
}

/** The operations that reserve and free unique values, for the commit of the profile. */
export async function uniqueValueOps(
  store: Store,
  { schema, before, after, ...owner }: WrittenProfile,
): Promise<ValueRefusal | readonly Op[]> {
  const change = schema ? uniqueValueChange(schema, before, after) : { reserved: [], freed: [] };
  const keys = [...change.reserved, ...change.freed].map(({ key }) => key);
  if (keys.length === 0) return [];
  const { entries } = await store.load(keys);
  const taken = takenValue(entries, change.reserved, owner);
  if (taken) return { ok: false, code: 'value_taken', attribute: taken.attribute };
  return uniqueOps(entries, change, owner);
}
