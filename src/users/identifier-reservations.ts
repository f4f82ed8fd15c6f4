/**
 * Which user has which identifier. A reservation is an entry of its own, created in the batch that writes the user, so
 * two users never get one identifier. On a cluster the entries lie in several slots: a crash between them can leave a
 * reservation that its user does not list. It opens no account (see `accountByIdentifier`), and the next user who asks
 * for the identifier takes it over.
 */
import type { Seconds } from '../core/model/facts.ts';
import { identifierKey, userKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import { accountByIdentifier } from './account.ts';
import { parseIdentifierReservation } from './user.ts';

export type ReservedIdentifiers =
  | { readonly kind: 'reserved' }
  /** Another user has this identifier. */
  | { readonly kind: 'taken'; readonly identifier: string }
  /** One of the other operations failed. */
  | { readonly kind: 'conflict' };

/**
 * Age in seconds from which an identifier that no user lists is free: by then no request is still creating that user.
 */
const abandonedAfter = 60;

/**
 * Reserves all identifiers for `user` and applies `ops`, or leaves everything as it was. Identifiers are canonical and
 * distinct.
 */
export async function reserveIdentifiers(
  store: Store,
  reservation: { readonly user: string; readonly identifiers: readonly string[]; readonly now: Seconds },
  ops: readonly Op[],
): Promise<ReservedIdentifiers> {
  const { user, identifiers, now } = reservation;
  const value = JSON.stringify({ user, at: now });
  const reservations = identifiers.map(
    (identifier): Op => ({ op: 'create', key: identifierKey(identifier), value, refs: [userKey(user)] }),
  );
  // Each round can only fail anew by taking over one abandoned reservation.
  for (let round = 0; round <= identifiers.length; round += 1) {
    const written = await store.commit([...reservations, ...ops]);
    if (written.ok) return { kind: 'reserved' };
    const { failed, applied } = written;
    const failedKey = 'key' in failed ? failed.key : undefined;
    await releaseIdentifiers(
      store,
      user,
      identifiers.filter((identifier) => hasWritten(applied, identifierKey(identifier))),
    );
    const identifier = identifiers.find((one) => identifierKey(one) === failedKey);
    if (identifier === undefined) return { kind: 'conflict' };
    if (!(await dropAbandoned(store, identifier, now))) return { kind: 'taken', identifier };
  }
  return { kind: 'conflict' };
}

function hasWritten(applied: readonly Op[], key: string): boolean {
  return applied.some((op) => 'key' in op && op.key === key);
}

/** Frees those of the identifiers that are still this user's. */
export async function releaseIdentifiers(store: Store, user: string, identifiers: readonly string[]): Promise<void> {
  if (identifiers.length === 0) return;
  const keys = identifiers.map(identifierKey);
  const { entries } = await store.load(keys);
  for (const key of keys) {
    const entry = entries.get(key);
    if (entry === undefined || parseIdentifierReservation(entry.value).user !== user) continue;
    await store.commit([
      { op: 'check', key, version: entry.version },
      { op: 'delete', key },
    ]);
  }
}

/** True: no user had it any more, and it is free now. */
async function dropAbandoned(store: Store, identifier: string, now: Seconds): Promise<boolean> {
  const key = identifierKey(identifier);
  const { entries } = await store.load([key]);
  const entry = entries.get(key);
  if (entry === undefined) return true;
  if (accountByIdentifier(entries, identifier) !== undefined) return false;
  if (parseIdentifierReservation(entry.value).at > now - abandonedAfter) return false;
  const { ok } = await store.commit([
    { op: 'check', key, version: entry.version },
    { op: 'delete', key },
  ]);
  return ok;
}
