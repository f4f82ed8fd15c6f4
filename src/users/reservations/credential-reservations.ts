/**
 * Values that only one enrollment of all users may have, such as the id of a passkey. A reservation is an entry of its
 * own, created in the same commit as the credential, so two users never get the same value. It counts only while its
 * user has a credential that lists it (see `Credential.reservations`). Removing the credential is therefore enough, and
 * `releaseReservations` only cleans up.
 */

import type { Credential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { credentialReservationKey, userKey } from '../../stores/keys.ts';
import type { Entry, Op } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { accountOf } from '../record/account.ts';
import { abandonedAfter } from './reservations.ts';

interface CredentialReservation {
  readonly user: string;
  /** Epoch seconds. */
  readonly at: Seconds;
}

function parseCredentialReservation(value: string): CredentialReservation {
  return JSON.parse(value) as CredentialReservation;
}

function reservationKeys({
  authenticator,
  reservations = [],
}: Pick<Credential, 'authenticator' | 'reservations'>): readonly string[] {
  return reservations.map((reservation) => credentialReservationKey(authenticator, reservation));
}

/**
 * Reserves in the unit every value that this new credential lists. False if another enrollment has one of them; then
 * nothing was added.
 */
export async function reserveFor(
  unit: UnitOfWork,
  credential: Credential,
  { user, now }: { readonly user: string; readonly now: Seconds },
): Promise<boolean> {
  const keys = reservationKeys(credential);
  if (keys.length === 0) return true;
  const { entries } = await unit.load(keys);
  if (keys.some((key) => isHeld(entries, key, now))) return false;
  const value = JSON.stringify({ user, at: now } satisfies CredentialReservation);
  for (const key of keys) {
    if (unit.stored(key)) unit.replace(key, { value, refs: [userKey(user)] });
    else unit.create(key, { value, refs: [userKey(user)] });
  }
  return true;
}

/**
 * Whether an account has a credential that lists this value, or may be about to get one. Rejects with
 * `StoreUnavailable`.
 */
export async function isReserved(
  unit: UnitOfWork,
  { authenticator, value }: { readonly authenticator: string; readonly value: string },
  now: Seconds,
): Promise<boolean> {
  const key = credentialReservationKey(authenticator, value);
  const { entries } = await unit.load([key]);
  return isHeld(entries, key, now);
}

function isHeld(entries: ReadonlyMap<string, Entry | undefined>, key: string, now: Seconds): boolean {
  const entry = entries.get(key);
  if (entry === undefined) return false;
  const reservation = parseCredentialReservation(entry.value);
  const holder = accountOf(entries, reservation.user);
  const isListed = holder?.credentials.some((credential) => reservationKeys(credential).includes(key)) ?? false;
  return isListed || reservation.at > now - abandonedAfter;
}

/** Frees the reservations of these credentials, in the commit that removes them. */
export function releaseReservations(credentials: readonly Credential[]): readonly Op[] {
  return credentials.flatMap(reservationKeys).map((key): Op => ({ op: 'delete', key }));
}
