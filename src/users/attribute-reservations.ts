/**
 * Values of unique attributes. A reservation is an entry of its own, written in the commit that writes the profile, so
 * two accounts never get one value. It counts only while the profile of its user has that value.
 */
import type { AttributeSchema } from '../core/model/attribute.ts';
import type { Seconds } from '../core/model/facts.ts';
import { attributeReservationKey, userKey } from '../stores/keys.ts';
import type { Entry, Op } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import { accountOf } from './account.ts';
import type { Profile } from './user.ts';

/** Age in seconds from which a reservation that no profile has is free: by then no request is still saving it. */
const abandonedAfter = 60;

/** A value that no other account may have. */
export interface UniqueValue {
  readonly attribute: string;
  readonly key: string;
}

interface AttributeReservation {
  readonly user: string;
  /** Epoch seconds. */
  readonly at: Seconds;
}

function parseAttributeReservation(value: string): AttributeReservation {
  return JSON.parse(value) as AttributeReservation;
}

/** Case and compatible spellings do not make a value another one. */
function keyFor(attribute: string, value: unknown): string {
  return attributeReservationKey(attribute, String(value).normalize('NFKC').toLowerCase());
}

/** The values of this profile that must be unique. */
export function uniqueValues({ attributes }: AttributeSchema, profile: Profile): readonly UniqueValue[] {
  return Object.entries(attributes).flatMap(([attribute, { unique }]) => {
    const value = Object.hasOwn(profile, attribute) ? profile[attribute] : undefined;
    return unique && value !== undefined ? [{ attribute, key: keyFor(attribute, value) }] : [];
  });
}

/** The first of the values that another account has. `entries`: a load of their keys. `user` absent: a new one. */
export function takenValue(
  entries: ReadonlyMap<string, Entry | undefined>,
  values: readonly UniqueValue[],
  { user, now }: { readonly user: string | undefined; readonly now: Seconds },
): UniqueValue | undefined {
  return values.find(({ attribute, key }) => {
    const entry = entries.get(key);
    const reservation = entry && parseAttributeReservation(entry.value);
    if (reservation === undefined || reservation.user === user) return false;
    const value = accountOf(entries, reservation.user)?.user.profile[attribute];
    const isHeld = value !== undefined && keyFor(attribute, value) === key;
    return isHeld || reservation.at > now - abandonedAfter;
  });
}

function valueFor(user: string, now: Seconds) {
  return { value: JSON.stringify({ user, at: now } satisfies AttributeReservation), refs: [userKey(user)] };
}

/** Writes the reservations, once `takenValue` has found none. It fails where another commit was faster. */
export function reservationOps(
  entries: ReadonlyMap<string, Entry | undefined>,
  values: readonly UniqueValue[],
  { user, now }: { readonly user: string; readonly now: Seconds },
): readonly Op[] {
  return values.map(({ key }): Op => {
    const entry = entries.get(key);
    const written = { key, ...valueFor(user, now) };
    return entry ? { op: 'replace', version: entry.version, ...written } : { op: 'create', ...written };
  });
}

/** Reserves the values in the unit. Returns the one that another account has; then nothing was added. */
export async function reserveUniqueValues(
  unit: UnitOfWork,
  values: readonly UniqueValue[],
  owner: { readonly user: string; readonly now: Seconds },
): Promise<UniqueValue | undefined> {
  if (values.length === 0) return undefined;
  const { entries } = await unit.load(values.map(({ key }) => key));
  const taken = takenValue(entries, values, owner);
  if (taken !== undefined) return taken;
  for (const { key } of values) {
    if (unit.stored(key)) unit.replace(key, valueFor(owner.user, owner.now));
    else unit.create(key, valueFor(owner.user, owner.now));
  }
  return undefined;
}
