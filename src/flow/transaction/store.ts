/** The transaction in the store, and the messages waiting to be sent for it. */

import { parsedOnce } from '../../core/model/cached-parse.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import { withdraw } from '../../delivery/outbox.ts';
import { identifierKey, ssoSessionKey, transactionKey, userKey } from '../../stores/keys.ts';
import type { Merged } from '../../stores/unit-of-work.ts';
import { giveProofSecret } from '../browser/proof-secret.ts';
import type { OpenTransaction } from './open-transaction.ts';

type TransactionToStore = Pick<OpenTransaction, 'request' | 'services'> & { readonly transaction: Transaction };

/**
 * Writes the transaction if it differs from the stored one, and returns whether it did. With a new proof the browser
 * gets a new secret (Law 15). Messages whose codes no longer count are withdrawn from the outbox.
 */
export function saveTransaction(
  { request, transaction, services }: TransactionToStore,
  stored: string | undefined,
): boolean {
  const ttl = Math.max(1, transaction.expiresAt - services.now());
  const isProved = hasNewEvidence(transaction, stored);
  const entry = transactionEntry(
    isProved ? { ...transaction, proofSecretHash: giveProofSecret(request.proofSecret) } : transaction,
    ttl,
  );
  if (entry.value === stored) return false;
  request.unit.replace(transactionKey(transaction.id), entry);
  if (stored !== undefined) withdraw(request.unit, voided(parseTransaction(stored), transaction));
  return true;
}

function hasNewEvidence({ evidence }: Transaction, stored: string | undefined): boolean {
  const before = stored === undefined ? [] : parseTransaction(stored).evidence;
  return evidence.length > 0 && JSON.stringify(evidence) !== JSON.stringify(before);
}

/** Deletes the transaction, and withdraws its messages from the outbox. */
export function discardTransaction({
  request,
  transaction,
}: Pick<TransactionToStore, 'request' | 'transaction'>): void {
  const key = transactionKey(transaction.id);
  const stored = request.unit.stored(key);
  withdraw(request.unit, voided(stored ? parseTransaction(stored.value) : transaction));
  request.unit.delete(key);
}

/** Ids of messages whose codes counted before and no longer do. `after` absent: none counts. */
function voided(before: Transaction, after?: Transaction): readonly string[] {
  const kept = after ? codesOut(after) : [];
  return codesOut(before).filter((id) => !kept.includes(id));
}

function codesOut({ pending, parked = [], registration }: Transaction): readonly string[] {
  return [pending, registration?.pending, ...parked].flatMap((challenge) => challenge?.outbox ?? []);
}

export const parseTransaction: (value: string) => Transaction = parsedOnce(
  JSON.parse as (value: string) => Transaction,
);

/**
 * The first reference is the owner of attempts: the account or, for a decoy, the unknown identifier. Both are therefore
 * counted alike over all transactions.
 */
export function transactionEntry(transaction: Transaction, ttl: number): Merged {
  const { subject } = transaction;
  const form = transaction.registration?.form;
  const owner = subject ? (subject.decoy ? subject.id : userKey(subject.id)) : form && identifierKey(form.identifier);
  const refs = [...(owner ? [owner] : []), ...(transaction.session ? [ssoSessionKey(transaction.session)] : [])];
  return { value: JSON.stringify(transaction), ttl, refs };
}
