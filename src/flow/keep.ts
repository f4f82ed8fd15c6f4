/** The transaction in the store, and with it the messages that wait to be sent for it. */
import { type Transaction, voided } from '../core/transaction.ts';
import { withdraw } from '../delivery/outbox.ts';
import type { Loop } from './loop.ts';
import { parseTransaction, transactionEntry, transactionKey } from './transaction-record.ts';

type Kept = Pick<Loop, 'request' | 'runtime'> & { readonly transaction: Transaction };

/** Writes the transaction if it is not what the store holds; true if it had to. What holds a code that it voids, is not sent any more. */
export function save({ request, transaction, runtime }: Kept, stored: string | undefined): boolean {
  const ttl = Math.max(1, transaction.expiresAt - runtime.now());
  const entry = transactionEntry(transaction, ttl);
  if (entry.value === stored) return false;
  request.unit.replace(transactionKey(transaction.id), entry);
  if (stored !== undefined) withdraw(request.unit, voided(parseTransaction(stored), transaction));
  return true;
}

/** The sign-in is over, and what waits to be sent for it as well. */
export function discard({ request, transaction }: Pick<Kept, 'request' | 'transaction'>): void {
  request.unit.delete(transactionKey(transaction.id));
  withdraw(request.unit, voided(transaction));
}
