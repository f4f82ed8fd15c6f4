/**
 * Checks that the proofs of a sign-in still count. This file promises: whatever ends the sessions of an account also
 * ends what other browsers have proved for a running sign-in or recovery, and the codes that they wait for (decision
 * 104); a proof of an address that the account gave up no longer counts, although the enrollment keeps its id when it
 * moves (decision 42). `validAfter` orders these events: it increases with every change, even twice within a second.
 */
import type { Evidence, Seconds } from '../../core/model/facts.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Account, User } from '../../users/record/user.ts';
import { isKeptWith, peekSso } from '../browser/sso-session.ts';
import { loadAccount } from '../facts/account.ts';

/** The same transaction, or a copy without the proofs that no longer count. Rejects with `StoreUnavailable`. */
export async function withPresentProofs(unit: UnitOfWork, transaction: Transaction): Promise<Transaction> {
  const { subject, evidence } = transaction;
  if (!subject || subject.decoy || evidence.length === 0) return transaction;
  const account = await loadAccount(unit, subject.id);
  if (!account) return transaction;
  const present = evidence.filter((proof) => isPresent(unit, transaction, { account, evidence: proof }));
  return present.length === evidence.length ? transaction : { ...transaction, evidence: present };
}

/**
 * Whether what was proved or sent under this `validAfter` still counts: it is the present one, or the session in which
 * the sign-in began was kept since. A user who may not sign in at all gains nothing from this and sees the denial
 * instead. Absent: written by a node of the previous release, which does not record it.
 */
export function countsOn(
  unit: UnitOfWork,
  { session }: Pick<Transaction, 'session'>,
  { user, validAfter }: { readonly user: User; readonly validAfter: Seconds | undefined },
): boolean {
  if (validAfter === undefined || validAfter === user.validAfter || user.status !== 'active') return true;
  return isKeptWith(session === undefined ? undefined : peekSso(unit, session), user, validAfter);
}

function isPresent(
  unit: UnitOfWork,
  transaction: Transaction,
  { account, evidence }: { readonly account: Account; readonly evidence: Evidence },
): boolean {
  const { enrollment, at, validAfter } = evidence;
  const moved = account.credentials.find(({ id }) => id === enrollment)?.movedAt ?? 0;
  return (validAfter ?? at) >= moved && countsOn(unit, transaction, { user: account.user, validAfter });
}
