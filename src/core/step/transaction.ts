/** One run of the step loop for one authorization request, as data, and its transitions. */
import type { Evidence, RequestFacts, Seconds } from '../model/facts.ts';
import type { InputKind } from './step.ts';

/**
 * Who is signing in. A decoy stands for an identifier that nobody has: it gets the same steps, and never proves
 * anything.
 */
export interface TransactionSubject {
  readonly id: string;
  /** What the person typed, to show it back. */
  readonly identifier: string;
  readonly decoy: boolean;
}

/** What the person picked by hand; cleared once it is proved. */
export interface Choice {
  readonly purpose: 'challenge' | 'enroll';
  readonly authenticator: string;
  readonly enrollment?: string;
}

/** The outstanding challenge or offer: the only stored position in the flow. */
export interface Pending extends Choice {
  /** From the authenticator: what the answer consists of. */
  readonly inputs: readonly InputKind[];
  /** From the authenticator; goes into the step. */
  readonly public: Readonly<Record<string, unknown>>;
  /** From the authenticator; never leaves the server. */
  readonly private: Readonly<Record<string, unknown>>;
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Ids of the messages that hold its code: they wait to be sent no longer than it counts. */
  readonly outbox?: readonly string[];
}

export interface Transaction {
  /** The uid of oidc-provider's interaction. */
  readonly id: string;
  /**
   * The authentication event that its evidence carries: the id of the first transaction when one request takes several
   * interactions.
   */
  readonly event: string;
  readonly startedAt: Seconds;
  /** Epoch seconds; after it nothing is accepted. */
  readonly expiresAt: Seconds;
  readonly request: RequestFacts;
  /** `login_hint`: prefills the identify step. */
  readonly loginHint?: string;
  /** `ui_locales`: the languages that the relying party asks for, best first, separated by spaces. */
  readonly uiLocales?: string;
  /** The SSO session that the browser had when it began; its evidence counts as long as it is about the same person. */
  readonly session?: string;
  /** Only this account will do (`id_token_hint`, or the `sub` that the claims parameter asks for). */
  readonly expectedSubject?: string;
  readonly subject?: TransactionSubject;
  /** Proved in this transaction only; what the SSO session holds is added when facts are gathered. */
  readonly evidence: readonly Evidence[];
  readonly choice?: Choice;
  readonly pending?: Pending;
  /**
   * Challenges that were left for another way, and an offer that waits for a proof: found again as they were; what was
   * sent counts.
   */
  readonly parked?: readonly Pending[];
  /** The person asked for the list of ways to go on. */
  readonly selecting?: boolean;
  /** Authenticators that the person skipped to enroll. */
  readonly skipped?: readonly string[];
  /** The authenticator that the person asked to enroll; until it is, or is skipped. */
  readonly requestedEnrollment?: string;
  /** The person asked to be kept signed in. */
  readonly keepSignedIn?: boolean;
  /** The person asked that this browser remembers the second factor. */
  readonly rememberDevice?: true;
}

/** What a new transaction starts from. */
export interface NewTransaction
  extends Pick<Transaction, 'id' | 'request' | 'loginHint' | 'uiLocales' | 'session' | 'expectedSubject'> {
  /** The event that an earlier interaction for the same request began; absent: this one begins it. */
  readonly event?: string;
  /** Epoch seconds. */
  readonly now: Seconds;
  /** How long the transaction may take (seconds). */
  readonly lifetime: Seconds;
}

export function begin({ now, lifetime, ...given }: NewTransaction): Transaction {
  return { ...given, event: given.event ?? given.id, startedAt: now, expiresAt: now + lifetime, evidence: [] };
}

/** Nothing is accepted any more. */
export function isExpired(transaction: Transaction, now: Seconds): boolean {
  return !(now < transaction.expiresAt);
}

export type Identified =
  | { readonly ok: true; readonly transaction: Transaction }
  /**
   * Somebody else has proved something here, or only a certain account will do: that takes a new transaction (Law 6).
   */
  | { readonly ok: false; readonly reason: 'other_subject' };

/** Sets who is signing in. As long as nothing is proved, the person may correct what they typed. */
export function identified(transaction: Transaction, subject: TransactionSubject): Identified {
  const { expectedSubject, evidence, subject: present } = transaction;
  const isUnexpected = expectedSubject !== undefined && subject.id !== expectedSubject;
  const isAnother = present !== undefined && present.id !== subject.id;
  if (isUnexpected || (isAnother && evidence.length > 0)) return { ok: false, reason: 'other_subject' };
  if (!isAnother) return { ok: true, transaction: { ...transaction, subject } };
  return { ok: true, transaction: { ...withoutWish(transaction), subject } };
}

/** The person wants to see all ways to go on. */
export function selecting(transaction: Transaction): Transaction {
  const { choice: _, ...rest } = transaction;
  return { ...rest, selecting: true };
}

/**
 * The person picked a way to go on. Whether it is one, the next decision tells. What they were challenged with already,
 * waits for them.
 */
export function picked(transaction: Transaction, choice: Choice): Transaction {
  const { pending, parked = [] } = transaction;
  const left = pending?.purpose === 'challenge' ? [pending, ...parked] : parked;
  const isWish = choice.purpose === 'enroll';
  return {
    ...withoutPosition(transaction),
    choice,
    ...(left.length > 0 ? { parked: left } : {}),
    ...(isWish ? { requestedEnrollment: choice.authenticator } : {}),
  };
}

/**
 * A challenge or an offer was started, or is taken up again. It replaces the one before, so only the newest can be
 * answered. An offer for which something must be proved once more waits for that: people may have kept what it showed.
 */
export function started(transaction: Transaction, pending: Pending): Transaction {
  const { parked = [], ...rest } = transaction;
  const interrupted = isOffer(rest.pending) && !isOffer(pending) ? [rest.pending] : [];
  const others = [...interrupted, ...parked].filter((one) => !isSameChallenge(one, pending));
  return { ...rest, pending, ...(others.length > 0 ? { parked: others } : {}) };
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
 * Something was proved. What was asked for is done with: what is next follows from the evidence.
 * @throws Error for evidence of anybody else, from elsewhere, or of somebody who does not exist: that is never the
 * person's doing
 */
export function proved(transaction: Transaction, evidence: Evidence): Transaction {
  const { subject, event } = transaction;
  if (subject === undefined || subject.decoy) throw new Error('nobody is there to prove anything');
  if (evidence.subject !== subject.id) throw new Error('evidence of another subject');
  if (evidence.transaction !== event) throw new Error('evidence of another event');
  const rest = evidence.origin === 'enrollment' ? withoutWish(transaction) : withoutPosition(transaction);
  const offers = evidence.origin === 'enrollment' ? [] : (transaction.parked ?? []).filter(isOffer);
  return {
    ...rest,
    ...(offers.length > 0 ? { parked: offers } : {}),
    evidence: [...transaction.evidence, evidence],
  };
}

/** What the person said beside who they are. */
export function keptSignedIn(transaction: Transaction, keepSignedIn: boolean): Transaction {
  return { ...transaction, keepSignedIn };
}

/** What the person said beside a proof. Whether anything comes of it, the rule tells at the end. */
export function rememberingDevice(transaction: Transaction): Transaction {
  return { ...transaction, rememberDevice: true };
}

/** The person goes on without enrolling these. Whether they may, the decision told. */
export function skipping(transaction: Transaction, authenticators: readonly string[]): Transaction {
  const skipped = [...new Set([...(transaction.skipped ?? []), ...authenticators])];
  return { ...withoutWish(transaction), skipped };
}

/** The outstanding challenge or offer no longer counts. */
export function abandoned(transaction: Transaction): Transaction {
  const { pending: _, ...rest } = transaction;
  return rest;
}

/**
 * Back to the question who is there.
 * @throws Error once something is proved: that takes a new transaction (Law 6)
 */
export function forgetSubject(transaction: Transaction): Transaction {
  if (transaction.evidence.length > 0) throw new Error('a subject with evidence cannot be forgotten');
  const { subject: _subject, rememberDevice: _remember, keepSignedIn: _keep, ...rest } = withoutWish(transaction);
  return rest;
}

function withoutWish(transaction: Transaction): Transaction {
  const { requestedEnrollment: _, ...rest } = withoutPosition(transaction);
  return rest;
}

function withoutPosition(transaction: Transaction): Transaction {
  const { pending: _pending, parked: _parked, choice: _choice, selecting: _selecting, ...rest } = transaction;
  return rest;
}
