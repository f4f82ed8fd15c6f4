/**
 * Values of unique attributes. A reservation is an entry of its own, written in the same commit as the profile, so two
 * accounts never get the same value. It counts only while its user's profile has the value.
 */

import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { attributeReservationKey, userKey } from '../../stores/keys.ts';
import type { Entry, Op, Store } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { accountOf } from '../record/account.ts';
import type { Profile } from '../record/user.ts';
import { abandonedAfter } from './reservations.ts';

/** A value that no other account may have. */
export interface UniqueValue {
  readonly attribute: string;
  readonly key: string;
  /** The attribute that says whether the value was proved. Until it was, the value is not reserved. */
  readonly verifiedBy?: string;
}

interface AttributeReservation {
  readonly user: string;
  /** Epoch seconds. */
  readonly at: Seconds;
}

function parseAttributeReservation(value: string): AttributeReservation {
  return JSON.parse(value) as AttributeReservation;
}

/** Upper and lower case and compatible spellings count as the same value. */
function keyFor(attribute: string, value: unknown): string {
  return attributeReservationKey(attribute, String(value).normalize('NFKC').toLowerCase());
}

/**
 * The values of this profile that must be unique. An address or number without proof is not included: otherwise a
 * stranger could prevent its owner from registering, or find out who owns it.
 */
export function uniqueValues({ attributes }: AttributeSchema, profile: Profile): readonly UniqueValue[] {
  return Object.entries(attributes).flatMap(([attribute, { unique, verifiedBy }]) => {
    const value = Object.hasOwn(profile, attribute) ? profile[attribute] : undefined;
    if (!unique || value === undefined || !isProved(profile, verifiedBy)) return [];
    return [{ attribute, key: keyFor(attribute, value), ...omitUndefined({ verifiedBy }) }];
  });
}

function isProved(profile: Profile, verifiedBy: string | undefined): boolean {
  return verifiedBy === undefined || profile[verifiedBy] === true;
}

/**
 * The first of these values that another account has. `entries`: a load of their keys. `user` is absent for a new user.
 */
export function takenValue(
  entries: ReadonlyMap<string, Entry | undefined>,
  values: readonly UniqueValue[],
  { user, now }: { readonly user: string | undefined; readonly now: Seconds },
): UniqueValue | undefined {
  return values.find(({ attribute, key, verifiedBy }) => {
    const entry = entries.get(key);
    const reservation = entry && parseAttributeReservation(entry.value);
    if (reservation === undefined || reservation.user === user) return false;
    const { profile = {} } = accountOf(entries, reservation.user)?.user ?? {};
    const value = profile[attribute];
    const isHeld = value !== undefined && keyFor(attribute, value) === key && isProved(profile, verifiedBy);
    return isHeld || reservation.at > now - abandonedAfter;
  });
}

/** The unique values that a profile gains and loses. */
export interface UniqueValueChange {
  readonly reserved: readonly UniqueValue[];
  readonly freed: readonly UniqueValue[];
}

export function uniqueValueChange(schema: AttributeSchema, before: Profile, after: Profile): UniqueValueChange {
  const [former, current] = [uniqueValues(schema, before), uniqueValues(schema, after)];
  const without = (all: readonly UniqueValue[], others: readonly UniqueValue[]) =>
    all.filter(({ key }) => !others.some((other) => other.key === key));
  return { reserved: without(current, former), freed: without(former, current) };
}

interface Owner {
  readonly user: string;
  /** Epoch seconds. */
  readonly now: Seconds;
}

type Entries = ReadonlyMap<string, Entry | undefined>;

/**
 * Operations that reserve and free the values, for the commit that writes the profile. They fail if another commit was
 * faster. `entries`: a load of all their keys, in which no value is taken.
 */
export function uniqueOps(entries: Entries, { reserved, freed }: UniqueValueChange, owner: Owner): readonly Op[] {
  const value = valueFor(owner);
  const reservations = reserved.map(({ key }): Op => {
    const entry = entries.get(key);
    return entry ? { op: 'replace', key, version: entry.version, ...value } : { op: 'create', key, ...value };
  });
  return [...reservations, ...ownEntries(entries, freed, owner).flatMap(deletion)];
}

function deletion({ key, version }: { readonly key: string; readonly version: number }): readonly Op[] {
  return [
    { op: 'check', key, version },
    { op: 'delete', key },
  ];
}

/** The entries among these that are reserved for this user. */
function ownEntries(entries: Entries, values: readonly UniqueValue[], { user }: Pick<Owner, 'user'>) {
  return values.flatMap(({ key }) => {
    const entry = entries.get(key);
    const isOwn = entry !== undefined && parseAttributeReservation(entry.value).user === user;
    return isOwn ? [{ key, version: entry.version }] : [];
  });
}

function valueFor({ user, now }: Owner) {
  return { value: JSON.stringify({ user, at: now } satisfies AttributeReservation), refs: [userKey(user)] };
}

/**
 * Reserves and frees the values in the unit. Returns a value that another account has; then nothing was added. If two
 * commits reserve one value, one of them fails.
 */
export async function moveUniqueValues(
  unit: UnitOfWork,
  { reserved, freed }: UniqueValueChange,
  owner: Owner,
): Promise<UniqueValue | undefined> {
  if (reserved.length + freed.length === 0) return undefined;
  const { entries } = await unit.load([...reserved, ...freed].map(({ key }) => key));
  const taken = takenValue(entries, reserved, owner);
  if (taken !== undefined) return taken;
  for (const { key } of reserved) {
    if (unit.stored(key)) unit.replace(key, valueFor(owner));
    else unit.create(key, valueFor(owner));
  }
  for (const { key, version } of ownEntries(entries, freed, owner)) {
    unit.add({ op: 'check', key, version });
    unit.delete(key);
  }
  return undefined;
}

/** Frees those values that still belong to this deleted user. Rejects with `StoreUnavailable`. */
export async function releaseUniqueValues(store: Store, values: readonly UniqueValue[], user: string): Promise<void> {
  if (values.length === 0) return;
  const { entries } = await store.load(values.map(({ key }) => key));
  for (const entry of ownEntries(entries, values, { user })) await store.commit(deletion(entry));
}
