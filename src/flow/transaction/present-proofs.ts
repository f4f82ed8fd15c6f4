/**
 * What a sign-in proved still has to be the user's. This file promises: a proof of an address that the account has
 * given up since counts for nothing, although the enrollment keeps its id when it moves (decision 42).
 */
import type { Transaction } from '../../core/step/transaction.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { loadAccount } from '../facts/account.ts';

/** The transaction without what its user proved of former addresses. Rejects with `StoreUnavailable`. */
export async function withPresentProofs(unit: UnitOfWork, transaction: Transaction): Promise<Transaction> {
  const { subject, evidence } = transaction;
  if (!subject || subject.decoy || evidence.length === 0) return transaction;
  const account = await loadAccount(unit, subject.id);
  const movedAt = (id: string) => account?.credentials.find((one) => one.id === id)?.movedAt ?? 0;
  const present = evidence.filter(({ enrollment, at }) => at >= movedAt(enrollment));
  return present.length === evidence.length ? transaction : { ...transaction, evidence: present };
}
