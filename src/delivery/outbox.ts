/**
 * Messages on their way out. A page never waits for a mail server: the message is written in the commit of the request that caused it,
 * and whichever node comes first sends it.
 */
import { randomBytes } from 'node:crypto';
import type { Delivery } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model.ts';
import { storeKey } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';

/** The set of messages that wait. */
export const pendingKey = storeKey('outbox', 'pending');

export function messageKey(id: string): string {
  return storeKey('outbox-message', id);
}

/** Writes the message in the unit's commit. It vanishes by itself when it is too late for it. */
export function enqueue(unit: UnitOfWork, delivery: Delivery, now: Seconds): void {
  const id = randomBytes(16).toString('base64url');
  const ttl = Math.max(1, delivery.expires - now);
  unit.create(messageKey(id), { value: JSON.stringify({ delivery, attempts: 0, notBefore: now }), ttl });
  unit.add({ op: 'join', key: pendingKey, member: id, ttl });
}
