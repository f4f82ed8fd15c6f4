/**
 * Messages to users, and notifications of apps, that wait to be sent. A page never waits for a mail server: the message
 * is written in the commit of the request that caused it, and the first node that finds it sends it. See decision 10.
 */

import { randomBytes } from 'node:crypto';
import type { Delivery } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model/facts.ts';
import { changeProofKey, demoMarkerKey, outboxKey, outboxMessageKey } from '../stores/keys.ts';
import type { Op, Store } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';

/** Who a message is for, and the languages that the user prefers. */
export interface About {
  /** Wishes in the order of preference: BCP 47 tags separated by spaces, and then the header of the browser. */
  readonly languages?: { readonly uiLocales: string; readonly acceptLanguage: string };
  /** Of the profile (IANA). */
  readonly timeZone?: string;
  readonly subject?: string;
  readonly client?: string;
  readonly transaction?: string;
}

/**
 * Tells an app that a session ended (OpenID Connect Back-Channel Logout 1.0). The logout token is signed anew for each
 * try, and names the session: a late one must not end a newer session.
 */
export interface LogoutNotification {
  readonly clientId: string;
  readonly subject: string;
  /** The session that ended, as the app knows it. Absent: all sessions of a user who was deleted. */
  readonly sid?: string;
  /** The SSO session that it was part of. Absent: only the end of the user tells that it is over. */
  readonly session?: string;
  /** Epoch seconds from which it is no longer sent. */
  readonly expires: Seconds;
}

/** A message as the store keeps it. With neither delivery nor logout there is nothing to send: see `enqueueNothing`. */
export interface OutboxMessage {
  readonly delivery?: Delivery;
  readonly logout?: LogoutNotification;
  readonly about: About;
  /** It announces a change to this user, and is sent once there is a proof that the change was made. */
  readonly changed?: string;
  /** Epoch seconds. */
  readonly issuedAt: Seconds;
  /** Tries that have begun. */
  readonly attempts: number;
  /** Not before this time (epoch seconds): until then a node works on it, or it waits for the next try. */
  readonly notBefore: Seconds;
  /** The other side will never take it: nothing else of it is kept. A page that waits for its code says so. */
  readonly rejected?: true;
}

export function parseOutboxMessage(value: string): OutboxMessage {
  return JSON.parse(value) as OutboxMessage;
}

/** A message outlives its time a little, so that a worker finds it and says that it was too late. Seconds. */
export const grace = 3600;

export interface EnqueueOptions {
  readonly now: Seconds;
  readonly about?: About;
  /**
   * The user whose account the same commit changes: then the message is written ahead of all else, so that no crash may
   * change the account and lose it, and a proof of the change with the change (decision 99).
   */
  readonly changed?: string | undefined;
}

/** Writes the message in the unit's commit; its id, for `withdraw`. */
export function enqueue(unit: UnitOfWork, delivery: Delivery, options: EnqueueOptions): string {
  return put(unit, waiting(delivery, options));
}

/**
 * Writes the notification in the unit's commit, ahead of all else: no crash may end a session and lose it. The worker
 * finds out whether the session has ended (see `OutboxWorkerOptions`).
 */
export function enqueueLogout(unit: UnitOfWork, logout: LogoutNotification, now: Seconds): string {
  return put(unit, waitingLogout(logout, now));
}

function waitingLogout(logout: LogoutNotification, now: Seconds): Waiting {
  const about = { subject: logout.subject, client: logout.clientId };
  const message = { logout, about, issuedAt: now, attempts: 0, notBefore: now };
  return { message, ahead: true, ttl: Math.max(0, logout.expires - now) + grace };
}

/** The work of a message without a message: so that the time of an answer does not tell whether a message was sent. */
export function enqueueNothing(unit: UnitOfWork, now: Seconds): string {
  return put(unit, { message: { about: {}, issuedAt: now, attempts: 0, notBefore: now }, ttl: grace });
}

/**
 * Takes messages out that still wait, in the commit that makes their codes void: no try begins after it. One that a
 * worker has just handed over may still arrive, but is not tried again. No id comes back for another message, so a
 * worker that still has the old one can write nothing over a newer one.
 */
export function withdraw(unit: UnitOfWork, ids: readonly string[]): void {
  for (const id of ids) {
    unit.delete(outboxMessageKey(id));
    unit.add({ op: 'leave', key: outboxKey, member: id });
  }
}

/** The operations that write the message, for callers with a commit of their own. */
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
  /** On Cluster it is written ahead of the rest of its batch. Absent: after all that can fail. */
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

/** The message, and what proves its change. */
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
 * None of these operations can fail, so on Cluster they come after all that can, unless they go ahead: what loses a
 * race sends no mail.
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
 * Says in the store that a demo serves from it: its inbox takes what commands leave in the outbox, although no channel
 * is configured.
 */
export async function markDemo(store: Store): Promise<void> {
  await store.commit([{ op: 'put', key: demoMarkerKey, value: 'yes' }]);
}

/** A demo serves from this store, or did. */
export async function isDemo(store: Store): Promise<boolean> {
  return (await store.load([demoMarkerKey])).entries.get(demoMarkerKey) !== undefined;
}
