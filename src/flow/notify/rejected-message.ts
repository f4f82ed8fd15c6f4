/**
 * Whether the mail or phone service has permanently rejected the message for which a page waits. This file promises:
 * the user learns it only after a proof in this sign-in. Before, it would reveal that an account has the address.
 */
import type { Notice } from '../../core/step/step.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import { parseOutboxMessage } from '../../delivery/outbox.ts';
import { outboxMessageKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

/** `transaction`: as stored, so that the message is not from this request. Rejects with `StoreUnavailable`. */
export async function rejectedMessage(unit: UnitOfWork, transaction: Transaction): Promise<readonly Notice[]> {
  const { pending, evidence } = transaction;
  const ids = evidence.length > 0 ? (pending?.outbox ?? []) : [];
  if (ids.length === 0) return [];
  const { entries } = await unit.load(ids.map(outboxMessageKey));
  const isRejected = ids.some((id) => {
    const entry = entries.get(outboxMessageKey(id));
    return entry !== undefined && parseOutboxMessage(entry.value).rejected === true;
  });
  return isRejected ? [{ code: 'send.rejected', level: 'error' }] : [];
}
