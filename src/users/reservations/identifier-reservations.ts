/**
 * Which user has which identifier. A reservation is an entry of its own, created in the batch that writes the user, so
 * two users never get the same identifier. On a Cluster the entries are in several slots, and a crash between them can
 * leave a reservation that its user does not list. Such a reservation opens no account (see `accountByIdentifier`), and
 * the next user who asks for the identifier takes it over.
 */

import type { Seconds } from '../../core/model/facts.ts';
import { identifierKey, userKey } from '../../stores/keys.ts';
import type { Entry, Op, Store } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { accountByIdentifier } from '../record/account.ts';
import { type IdentifierReservation, parseIdentifierReservation } from '../record/user.ts';
import { abandonedAfter } from './reservations.ts';

export type ReservedIdentifiers =
  | { readonly kind: 'reserved' }
  /** Another user has this identifier. */
  | { readonly kind: 'taken'; readonly identifier: string }
  /** One of the other operations failed. */
  | { readonly kind: 'conflict' };

/**
 * Reserves all identifiers for `user` and applies `ops`, or changes nothing. Identifiers are canonical, without
 * duplicates.
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
  // Each failed round removes one abandoned reservation, so this ends.
  for (let round = 0; round <= identifiers.length; round += 1) {
    const written = await store.commit([...reservations, ...ops]);
    if (written.ok) return { kind: 'reserved' };
    const { failed, applied } = written;
    const failedKey = 'key' in failed ? failed.key : undefined;
    await releaseIdentifiers(
      store,
      user,
      identifiers.filter((candidate) => hasWritten(applied, identifierKey(candidate))),
    );
    const identifier = identifiers.find((other) => identifierKey(other) === failedKey);
    if (identifier === undefined) return { kind: 'conflict' };
    if (!(await dropAbandoned(store, identifier, now))) return { kind: 'taken', identifier };
  }
  return { kind: 'conflict' };
}

function hasWritten(applied: readonly Op[], key: string): boolean {
  return applied.some((op) => 'key' in op && op.key === key);
}

/** Frees those identifiers that still belong to this user. */
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

/** True if no user had the identifier any more, so that it is free now. */
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

/** The user who asks for an identifier, and when (epoch seconds). */
export interface IdentifierRequest {
  readonly user: string;
  readonly now: Seconds;
}

/**
 * Whether this user can have the identifier: no other user has it, has just asked for it, or gave it up so recently
 * that it can still be restored. `entries`: a load of its key.
 */
export function isFreeFor(
  entries: ReadonlyMap<string, Entry | undefined>,
  identifier: string,
  { user, now }: IdentifierRequest,
): boolean {
  const entry = entries.get(identifierKey(identifier));
  if (entry === undefined) return true;
  const { user: holder, at, until = 0 } = parseIdentifierReservation(entry.value);
  if (holder === user) return true;
  return accountByIdentifier(entries, identifier) === undefined && at <= now - abandonedAfter && until <= now;
}

/**
 * Reserves the identifier in the unit. False if another user has it. If two commits reserve one identifier, one of them
 * fails.
 */
export async function reserveIdentifierInUnit(
  unit: UnitOfWork,
  identifier: string,
  request: IdentifierRequest,
): Promise<boolean> {
  const key = identifierKey(identifier);
  const { entries } = await unit.load([key]);
  if (!isFreeFor(entries, identifier, request)) return false;
  write(unit, key, { user: request.user, at: request.now });
  return true;
}

/** The user gives the identifier up in the unit, and no other user can get it before `until`. */
export async function holdIdentifier(
  unit: UnitOfWork,
  identifier: string,
  { user, now, until }: IdentifierRequest & { readonly until: Seconds },
): Promise<void> {
  const key = identifierKey(identifier);
  const { entries } = await unit.load([key]);
  if (isFreeFor(entries, identifier, { user, now })) write(unit, key, { user, at: now, until });
}

/** Frees the identifier in the unit, if it belongs to this user. */
export async function freeIdentifier(unit: UnitOfWork, identifier: string, user: string): Promise<void> {
  const key = identifierKey(identifier);
  const { entries } = await unit.load([key]);
  const entry = entries.get(key);
  if (entry === undefined || parseIdentifierReservation(entry.value).user !== user) return;
  unit.add({ op: 'check', key, version: entry.version });
  unit.delete(key);
}

function write(unit: UnitOfWork, key: string, reservation: IdentifierReservation): void {
  const written = { value: JSON.stringify(reservation), refs: [userKey(reservation.user)] };
  if (unit.stored(key)) unit.replace(key, written);
  else unit.create(key, written);
}
