/**
 * The possible changes of a transaction. They guarantee that evidence never moves to another user (Law 6), and that
 * only the newest challenge can be answered.
 */
import type { Evidence, Seconds } from '../model/facts.ts';
import type { Choice, Pending, Transaction, TransactionSubject } from './transaction.ts';

/** The transaction with this user, or a refusal. */
export type Identified =
  | { readonly ok: true; readonly transaction: Transaction }
  /**
   * Another user has already proved something here, or the request admits only a certain account. This needs a new
   * transaction (Law 6).
   */
  | { readonly ok: false; readonly reason: 'other_subject' };

/** Sets the user, which ends a registration. The user may correct the identifier as long as nothing is proved. */
export function identified(transaction: Transaction, subject: TransactionSubject): Identified {
  const { registration: _, ...signIn } = transaction;
  const { expectedSubject, evidence, subject: present } = signIn;
  const isUnexpected = expectedSubject !== undefined && subject.id !== expectedSubject;
  const isAnother = present !== undefined && present.id !== subject.id;
  if (isUnexpected || (isAnother && evidence.length > 0)) return { ok: false, reason: 'other_subject' };
  const kept = isAnother ? withoutRequestedEnrollment(signIn) : signIn;
  return { ok: true, transaction: { ...selectedAccount(kept), subject } };
}

/** The user asks for the list of options. */
export function selecting(transaction: Transaction): Transaction {
  const { choice: _, ...rest } = transaction;
  return { ...rest, selecting: true };
}

/** The user selected an option. The next decision checks whether it is valid. A pending challenge is parked. */
export function picked(transaction: Transaction, choice: Choice): Transaction {
  const { pending, parked = [] } = transaction;
  const left = pending?.purpose === 'challenge' ? [pending, ...parked] : parked;
  return {
    ...withoutPosition(transaction),
    choice,
    ...parkedAs(left),
    ...(choice.purpose === 'enroll' ? { requestedEnrollment: choice.authenticator } : {}),
  };
}

/**
 * A challenge or offer was started or resumed. It replaces the previous one, so that only the newest can be answered.
 * If an offer needs a further proof, it is parked instead, because the user may already have saved the secret that it
 * showed.
 */
export function started(transaction: Transaction, pending: Pending): Transaction {
  const { parked = [], ...rest } = transaction;
  const interrupted = isOffer(rest.pending) && !isOffer(pending) ? [rest.pending] : [];
  const others = [...interrupted, ...parked].filter((challenge) => !isSameChallenge(challenge, pending));
  return { ...rest, pending, ...parkedAs(others) };
}

function parkedAs(parked: readonly Pending[]): Pick<Transaction, 'parked'> {
  return parked.length > 0 ? { parked } : {};
}

function isOffer(pending: Pending | undefined): pending is Pending {
  return pending?.purpose === 'enroll';
}

function isSameChallenge(one: Pending, other: Pending): boolean {
  return (
    one.purpose === other.purpose && one.authenticator === other.authenticator && one.enrollment === other.enrollment
  );
}

/**
 * The user proved something. The choice is cleared: the next step follows from the evidence.
 * @throws Error for evidence of another user, another event or a decoy, which only a defect could produce
 */
export function proved(transaction: Transaction, evidence: Evidence): Transaction {
  const { subject, event } = transaction;
  if (subject === undefined || subject.decoy) throw new Error('evidence needs a known user');
  if (evidence.subject !== subject.id) throw new Error('evidence of another subject');
  if (evidence.transaction !== event) throw new Error('evidence of another event');
  const isEnrolled = evidence.origin === 'enrollment' || evidence.origin === 'registration';
  const rest = isEnrolled ? withoutRequestedEnrollment(transaction) : withoutPosition(transaction);
  const offers = isEnrolled ? [] : (transaction.parked ?? []).filter(isOffer);
  return {
    ...rest,
    ...parkedAs(offers),
    evidence: [...transaction.evidence, evidence],
  };
}

/**
 * The account's other sessions ended while this sign-in continues: its evidence gets the new `validAfter` and stays
 * valid.
 */
export function keptWith(transaction: Transaction, validAfter: Seconds): Transaction {
  return { ...transaction, evidence: transaction.evidence.map((evidence) => ({ ...evidence, validAfter })) };
}

/** The user forgot the password. Outstanding challenges no longer count. Earlier proofs may count for the recovery. */
export function recovering(transaction: Transaction): Transaction {
  return { ...withoutRequestedEnrollment(transaction), recovering: true };
}

/** The recovery is finished or cancelled, and the sign-in continues. Proofs of the recovery do not count for it. */
export function notRecovering(transaction: Transaction): Transaction {
  const { recovering: _, ...rest } = withoutPosition(transaction);
  return rest;
}

/** The user answered, on the identifier page, whether to stay signed in. */
export function keptSignedIn(transaction: Transaction, keepSignedIn: boolean): Transaction {
  return { ...transaction, keepSignedIn };
}

/** The user asked, along with a proof, that this browser remember it. The rule decides whether it does. */
export function rememberingDevice(transaction: Transaction): Transaction {
  return { ...transaction, rememberDevice: true };
}

/** The user continues with this account. This is recorded only if the app asked for a choice. */
export function selectedAccount(transaction: Transaction): Transaction {
  return transaction.request.promptSelectAccount ? { ...transaction, accountSelected: true } : transaction;
}

/** The user answered which scopes the app gets. The answer itself is stored with the account. */
export function consented(transaction: Transaction): Transaction {
  return { ...transaction, consented: true };
}

/** The user continues although the account will be deleted. */
export function deletionAcknowledgedBy(transaction: Transaction): Transaction {
  return { ...transaction, deletionAcknowledged: true };
}

/** The user skips these enrollments. The decision has checked that this is allowed. */
export function skipping(transaction: Transaction, authenticators: readonly string[]): Transaction {
  const skipped = [...new Set([...(transaction.skipped ?? []), ...authenticators])];
  return { ...withoutRequestedEnrollment(transaction), skipped };
}

/**
 * Returns to the identifier page.
 * @throws Error once something is proved: this needs a new transaction (Law 6)
 */
export function forgetSubject(transaction: Transaction): Transaction {
  if (transaction.evidence.length > 0) throw new Error('a subject with evidence cannot be forgotten');
  const {
    subject: _subject,
    registration: _registration,
    rememberDevice: _remember,
    keepSignedIn: _keep,
    recovering: _recovering,
    consented: _consented,
    accountSelected: _accountSelected,
    deletionAcknowledged: _deletionAcknowledged,
    recorded: _recorded,
    ...rest
  } = withoutRequestedEnrollment(transaction);
  return rest;
}

function withoutRequestedEnrollment(transaction: Transaction): Transaction {
  const { requestedEnrollment: _, ...rest } = withoutPosition(transaction);
  return rest;
}

function withoutPosition(transaction: Transaction): Transaction {
  const { pending: _pending, parked: _parked, choice: _choice, selecting: _selecting, ...rest } = transaction;
  return rest;
}
