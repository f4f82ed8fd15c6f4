/**
 * Messages to users and notifications of apps that wait to be sent. A page never waits for a mail server: the message
 * is written in the commit of the request that caused it, and the first node that finds it sends it. See decision 10.
 */

import { randomBytes } from 'node:crypto';
import type { Delivery } from '../authenticators/authenticator.ts';
import { oneHour } from '../core/model/durations.ts';
import type { Seconds } from '../core/model/facts.ts';
import { changeProofKey, demoMarkerKey, outboxKey, outboxMessageKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';

/** The recipient of a message, and the user's preferred languages. */
export interface About {
  /** Preferences in order: BCP 47 tags separated by spaces, then the browser's header. */
  readonly languages?: { readonly uiLocales: string; readonly acceptLanguage: string };
  /** From the profile (IANA). */
  readonly timeZone?: string;
  readonly subject?: string;
  readonly client?: string;
  readonly transaction?: string;
}

/**
 * Tells an app that a session ended (OpenID Connect Back-Channel Logout 1.0). The logout token is signed again for each
 * try. It names the session, because a late one must not end a newer session.
 */
export interface LogoutNotification {
  readonly clientId: string;
  readonly subject: string;
  /** The ended session, by the id that the app knows. Absent: all sessions of a deleted user. */
  readonly sid?: string;
  /** The SSO session to which it belonged. Absent: it is over only once the user no longer exists. */
  readonly session?: string;
  /** Epoch seconds from which it is no longer sent. */
  readonly expires: Seconds;
}

/** A stored message. With neither delivery nor logout there is nothing to send: see `enqueueNothing`. */
export interface OutboxMessage {
  readonly delivery?: Delivery;
  readonly logout?: LogoutNotification;
  readonly about: About;
  /** The message announces a change to this user, and is sent once there is a proof that the change was made. */
  readonly changed?: string;
  /** Epoch seconds. */
  readonly issuedAt: Seconds;
  /** The number of started tries. */
  readonly attempts: number;
  /** Epoch seconds before which no other node may send it: a node is working on it, or it waits for the next try. */
  readonly notBefore: Seconds;
  /** The other side will never accept it, and nothing else of it is kept. A page that waits for its code says so. */
  readonly rejected?: true;
}

export function parseOutboxMessage(value: string): OutboxMessage {
  return JSON.parse(value) as OutboxMessage;
}

/** How long a message outlives its expiry, so that a worker can still report that it was too late (seconds). */
export const grace = oneHour;

export interface EnqueueOptions {
  readonly now: Seconds;
  readonly about?: About;
  /**
   * The user whose account the same commit changes. The message is then written ahead of the rest, so that no crash can
   * change the account and lose the message, and a proof of the change is written with the change (decision 99).
   */
  readonly changed?: string | undefined;
}

/** Writes the message in the unit's commit, and returns its id for `withdraw`. */
export function enqueue(unit: UnitOfWork, delivery: Delivery, options: EnqueueOptions): string {
  return put(unit, waiting(delivery, options));
}

/**
 * Writes the notification in the unit's commit, ahead of the rest, so that no crash can end a session and lose it. The
 * worker checks whether the session has ended (see `OutboxWorkerOptions`).
 */
export function enqueueLogout(unit: UnitOfWork, logout: LogoutNotification, now: Seconds): string {
  return put(unit, waitingLogout(logout, now));
}

function waitingLogout(logout: LogoutNotification, now: Seconds): Waiting {
  const about = { subject: logout.subject, client: logout.clientId };
  const message = { logout, about, issuedAt: now, attempts: 0, notBefore: now };
  return { message, ahead: true, ttl: Math.max(0, logout.expires - now) + grace };
}

/**
 * The same work as for a message, without one, so that the response time does not reveal whether a message was sent.
 */
export function enqueueNothing(unit: UnitOfWork, now: Seconds): string {
  return put(unit, { message: { about: {}, issuedAt: now, attempts: 0, notBefore: now }, ttl: grace });
}

/**
 * Removes waiting messages in the commit that voids their codes; no try starts after it. A message that a worker has
 * just passed on may still arrive, but is not tried again. Ids are never reused, so a worker that still has the old
 * message cannot overwrite a newer one.
 */
export function withdraw(unit: UnitOfWork, ids: readonly string[]): void {
  for (const id of ids) {
    unit.delete(outboxMessageKey(id));
    unit.add({ op: 'leave', key: outboxKey, member: id });
  }
}

/** The operations that write the message, for callers with their own commit. */
export function messageOps(delivery: Delivery, options: EnqueueOptions): readonly Op[] {
  return opsOf(waiting(delivery, options));
}

/** The same for a notification. */
export function logoutOps(logout: LogoutNotification, now: Seconds): readonly Op[] {
  return opsOf(waitingLogout(logout, now));
}

function opsOf(message: Waiting): readonly Op[] {
  const id = newId();
  const [written, proof] = entriesOf(id, message);
  return [
    { op: 'put', ...written, ...orderOf(message) },
    { op: 'join', key: outboxKey, member: id, ttl: message.ttl, ...orderOf(message) },
    ...(proof ? [{ op: 'put', ...proof } as const] : []),
  ];
}

interface Waiting {
  readonly message: OutboxMessage;
  /** Seconds. */
  readonly ttl: Seconds;
  /** On a Cluster it is written ahead of the rest of its batch. Absent: after everything that can fail. */
  readonly ahead?: true;
}

function orderOf({ ahead }: Waiting): { readonly ahead?: true } {
  return ahead ? { ahead } : {};
}

function waiting(delivery: Delivery, { now, about = {}, changed }: EnqueueOptions): Waiting {
  const message = { delivery, about, issuedAt: now, attempts: 0, notBefore: now };
  const ttl = Math.max(0, delivery.expires - now) + grace;
  return changed === undefined ? { message, ttl } : { message: { ...message, changed }, ttl, ahead: true };
}

interface NewEntry {
  readonly key: string;
  readonly value: string;
  readonly ttl: Seconds;
}

/** The message, and the proof of its change. */
function entriesOf(id: string, { message, ttl }: Waiting): readonly [NewEntry, NewEntry | undefined] {
  const { changed } = message;
  return [
    { key: outboxMessageKey(id), value: JSON.stringify(message), ttl },
    changed === undefined ? undefined : { key: changeProofKey(changed, id), value: 'made', ttl },
  ];
}

function newId(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * None of these operations can fail, so on a Cluster they come after all that can, unless they go ahead. A request that
 * loses a race therefore sends no mail.
 */
function put(unit: UnitOfWork, message: Waiting): string {
  const id = newId();
  const [{ key, ...written }, proof] = entriesOf(id, message);
  unit.put(key, written, orderOf(message));
  unit.add({ op: 'join', key: outboxKey, member: id, ttl: message.ttl, ...orderOf(message) });
  if (proof) unit.put(proof.key, { value: proof.value, ttl: proof.ttl });
  return id;
}

/**
 * Marks the store as used by a demo, whose inbox receives what commands put into the outbox, although no channel is
 * configured.
 */
export async function markDemo(store: Store): Promise<void> {
  await store.commit([{ op: 'put', key: demoMarkerKey, value: 'yes' }]);
}

/** Whether a demo serves, or once served, from this store. */
export async function isDemo(store: Store): Promise<boolean> {
  return (await store.load([demoMarkerKey])).entries.get(demoMarkerKey) !== undefined;
}
