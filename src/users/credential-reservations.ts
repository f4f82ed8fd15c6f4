/**
 * Values that only one enrollment of all users may have: the id of a passkey. A reservation is an entry of its own,
 * created in the commit that saves the credential, so two users never get one value. It counts only while its user has
 * a credential that lists it (see `Credential.reservations`), so removing the credential frees it;
 * `releaseReservations` only tidies up.
 */

import type { Credential } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model/facts.ts';
import { credentialReservationKey, userKey } from '../stores/keys.ts';
import type { Op } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import { accountOf } from './account.ts';

/**
 * Age in seconds from which a reservation that no credential lists is free: by then no request is still saving that
 * credential.
 */
const abandonedAfter = 60;

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
 * Reserves every value that this new credential lists, in the unit. False: another enrollment has one of them, and
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
  for (const key of keys) {
    const entry = entries.get(key);
    if (entry === undefined) continue;
    const reservation = parseCredentialReservation(entry.value);
    const holder = accountOf(entries, reservation.user);
    const isListed = holder?.credentials.some((one) => reservationKeys(one).includes(key)) ?? false;
    if (isListed || reservation.at > now - abandonedAfter) return false;
  }
  const value = JSON.stringify({ user, at: now } satisfies CredentialReservation);
  for (const key of keys) {
    if (unit.stored(key)) unit.replace(key, { value, refs: [userKey(user)] });
    else unit.create(key, { value, refs: [userKey(user)] });
  }
  return true;
}

/** Frees the reservations of these credentials; to be committed with their removal. */
export function releaseReservations(credentials: readonly Credential[]): readonly Op[] {
  return credentials.flatMap(reservationKeys).map((key): Op => ({ op: 'delete', key }));
}
