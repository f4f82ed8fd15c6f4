/**
 * What only one enrollment may have, of whomever: the id of a passkey. A claim is an entry of its own, created in the commit that saves the
 * credential, so two people never get one. It counts only while its user has a credential that lists it (see `Credential.claims`), so
 * whatever removes the credential gives it free; `releaseClaims` only tidies up.
 */

import type { Credential } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model/facts.ts';
import { credentialReservationKey, userKey } from '../stores/keys.ts';
import type { Op } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import { accountOf } from './account.ts';

/** Age in seconds from which a claim that no credential lists is free: by then nobody is still saving that credential. */
const abandonedAfter = 60;

interface CredentialReservation {
  readonly user: string;
  /** Epoch seconds. */
  readonly at: Seconds;
}

function reservationKeys({
  authenticator,
  reservations = [],
}: Pick<Credential, 'authenticator' | 'reservations'>): readonly string[] {
  return reservations.map((reservation) => credentialReservationKey(authenticator, reservation));
}

/** Adds to the unit what claims everything that this new credential lists; false: another enrollment has it, and nothing was added. */
export async function reserveFor(
  unit: UnitOfWork,
  user: string,
  credential: Credential,
  now: Seconds,
): Promise<boolean> {
  const keys = reservationKeys(credential);
  if (keys.length === 0) return true;
  const { entries } = await unit.load(keys);
  for (const key of keys) {
    const entry = entries.get(key);
    if (entry === undefined) continue;
    const reservation = JSON.parse(entry.value) as CredentialReservation;
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

/** Gives free what these credentials claim; to be committed with their removal. */
export function releaseReservations(credentials: readonly Credential[]): readonly Op[] {
  return credentials.flatMap(reservationKeys).map((key): Op => ({ op: 'delete', key }));
}
