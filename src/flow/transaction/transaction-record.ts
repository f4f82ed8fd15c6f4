/** The transaction as it is kept in the store, next to oidc-provider's interaction of the same id. */
import type { Transaction } from '../../core/step/transaction.ts';
import { ssoSessionKey, userKey } from '../../stores/keys.ts';
import type { Merged } from '../../stores/unit-of-work.ts';

export function parseTransaction(value: string): Transaction {
  return JSON.parse(value) as Transaction;
}

/**
 * The first reference is whom attempts count against: the account, or for a decoy the identifier that nobody has, so that both are
 * counted alike over all transactions.
 */
export function transactionEntry(transaction: Transaction, ttl: number): Merged {
  const { subject } = transaction;
  const owner = subject && (subject.decoy ? subject.id : userKey(subject.id));
  const refs = [...(owner ? [owner] : []), ...(transaction.session ? [ssoSessionKey(transaction.session)] : [])];
  return { value: JSON.stringify(transaction), ttl, refs };
}
