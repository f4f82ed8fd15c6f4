/**
 * One run of the step loop for one authorization request, as data, and its transitions. The transitions promise that
 * evidence never moves to another user (Law 6), and that only the newest challenge can be answered.
 */
import type { Evidence, RequestFacts, Seconds } from '../model/facts.ts';
import type { InputKind } from './step.ts';

/**
 * The user who signs in. A decoy stands for an identifier that no account has: it gets the same steps, and proves
 * nothing.
 */
export interface TransactionSubject {
  readonly id: string;
  /** What the user typed, to show it again. */
  readonly identifier: string;
  readonly decoy: boolean;
}

/** What the user selected; cleared once it is proved. */
export interface Choice {
  readonly purpose: 'challenge' | 'enroll';
  readonly authenticator: string;
  readonly enrollment?: string;
}

/** The outstanding challenge or offer: the only stored position in the flow. */
export interface Pending extends Choice {
  /** From the authenticator: the inputs of the answer. */
  readonly inputs: readonly InputKind[];
  /** From the authenticator: goes into the step. */
  readonly public: Readonly<Record<string, unknown>>;
  /** From the authenticator: never leaves the server. */
  readonly private: Readonly<Record<string, unknown>>;
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Ids of the messages that hold its code. They are not sent any more once the code has expired. */
  readonly outbox?: readonly string[];
}

/** The state of one sign-in. */
export interface Transaction {
  /** The uid of oidc-provider's interaction. */
  readonly id: string;
  /**
   * The authentication event that its evidence carries: the id of the first transaction, where one request takes
   * several interactions.
   */
  readonly event: string;
  readonly startedAt: Seconds;
  /** Epoch seconds. After this time nothing is accepted. */
  readonly expiresAt: Seconds;
  readonly request: RequestFacts;
  /** `login_hint`: prefills the identify step. */
  readonly loginHint?: string;
  /** `ui_locales`: the languages that the relying party prefers, best first, separated by spaces. */
  readonly uiLocales?: string;
  /** The SSO session that the browser had at the start. Its evidence counts as long as it is of the same user. */
  readonly session?: string;
  /** Only this account may sign in (`id_token_hint`, or the `sub` of the claims parameter). */
  readonly expectedSubject?: string;
  readonly subject?: TransactionSubject;
  /** Proved in this transaction only. The evidence of the SSO session is added when facts are gathered. */
  readonly evidence: readonly Evidence[];
  readonly choice?: Choice;
  readonly pending?: Pending;
  /**
   * Challenges that the user left for another option, and an offer that waits for a proof. They are taken up again as
   * they were, so that nothing is sent twice.
   */
  readonly parked?: readonly Pending[];
  /** The user asked for the list of options. */
  readonly selecting?: boolean;
  /** Authenticators whose enrollment the user skipped. */
  readonly skipped?: readonly string[];
  /** The authenticator that the user asked to enroll, until it is enrolled or skipped. */
  readonly requestedEnrollment?: string;
  /** The user asked to be kept signed in. */
  readonly keepSignedIn?: boolean;
  /** The user asked this browser to remember the second factor. */
  readonly rememberDevice?: true;
}

/** What a new transaction starts from. */
export interface NewTransaction
  extends Pick<Transaction, 'id' | 'request' | 'loginHint' | 'uiLocales' | 'session' | 'expectedSubject'> {
  /** The event that an earlier interaction for the same request began. Absent: this transaction begins one. */
  readonly event?: string;
  /** Epoch seconds. */
  readonly now: Seconds;
  /** How long the transaction may take (seconds). */
  readonly lifetime: Seconds;
}

/** A transaction in which nothing has happened yet. */
export function begin({ now, lifetime, ...start }: NewTransaction): Transaction {
  return { ...start, event: start.event ?? start.id, startedAt: now, expiresAt: now + lifetime, evidence: [] };
}

/** Nothing is accepted any more. */
export function isExpired(transaction: Transaction, now: Seconds): boolean {
  return !(now < transaction.expiresAt);
}

/** The transaction of this user, or a refusal. */
export type Identified =
  | { readonly ok: true; readonly transaction: Transaction }
  /**
   * Another user has proved something here, or only a certain account may sign in: that takes a new transaction (Law
   * 6).
   */
  | { readonly ok: false; readonly reason: 'other_subject' };

/** Sets the user. As long as nothing is proved, the user may correct the identifier. */
export function identified(transaction: Transaction, subject: TransactionSubject): Identified {
  const { expectedSubject, evidence, subject: present } = transaction;
  const isUnexpected = expectedSubject !== undefined && subject.id !== expectedSubject;
  const isAnother = present !== undefined && present.id !== subject.id;
  if (isUnexpected || (isAnother && evidence.length > 0)) return { ok: false, reason: 'other_subject' };
  if (!isAnother) return { ok: true, transaction: { ...transaction, subject } };
  return { ok: true, transaction: { ...withoutRequestedEnrollment(transaction), subject } };
}

/** The user asks for the list of options. */
export function selecting(transaction: Transaction): Transaction {
  const { choice: _, ...rest } = transaction;
  return { ...rest, selecting: true };
}

/**
 * The user selected an option. The next decision finds out whether it is one. A challenge that was pending is parked.
 */
export function picked(transaction: Transaction, choice: Choice): Transaction {
  const { pending, parked = [] } = transaction;
  const left = pending?.purpose === 'challenge' ? [pending, ...parked] : parked;
  return {
    ...withoutPosition(transaction),
    choice,
    ...(left.length > 0 ? { parked: left } : {}),
    ...(choice.purpose === 'enroll' ? { requestedEnrollment: choice.authenticator } : {}),
  };
}

/**
 * A challenge or an offer was started or taken up again. It replaces the one before, so that only the newest can be
 * answered. An offer is parked while a further proof is needed for it: the user may have saved the secret that it
 * showed.
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
 * The user proved something. The choice is done with: what is next follows from the evidence.
 * @throws Error for evidence of another user, of another event, or of a decoy: only a defect could lead to it
 */
export function proved(transaction: Transaction, evidence: Evidence): Transaction {
  const { subject, event } = transaction;
  if (subject === undefined || subject.decoy) throw new Error('nobody is there to prove anything');
  if (evidence.subject !== subject.id) throw new Error('evidence of another subject');
  if (evidence.transaction !== event) throw new Error('evidence of another event');
  const rest =
    evidence.origin === 'enrollment' ? withoutRequestedEnrollment(transaction) : withoutPosition(transaction);
  const offers = evidence.origin === 'enrollment' ? [] : (transaction.parked ?? []).filter(isOffer);
  return {
    ...rest,
    ...(offers.length > 0 ? { parked: offers } : {}),
    evidence: [...transaction.evidence, evidence],
  };
}

/** The user answered, beside the identifier, whether to be kept signed in. */
export function keptSignedIn(transaction: Transaction, keepSignedIn: boolean): Transaction {
  return { ...transaction, keepSignedIn };
}

/** The user asked, beside a proof, that this browser remembers it. The rule decides in the end. */
export function rememberingDevice(transaction: Transaction): Transaction {
  return { ...transaction, rememberDevice: true };
}

/** The user skips these enrollments. The decision said whether that is possible. */
export function skipping(transaction: Transaction, authenticators: readonly string[]): Transaction {
  const skipped = [...new Set([...(transaction.skipped ?? []), ...authenticators])];
  return { ...withoutRequestedEnrollment(transaction), skipped };
}

/** The outstanding challenge or offer no longer counts. */
export function abandoned(transaction: Transaction): Transaction {
  const { pending: _, ...rest } = transaction;
  return rest;
}

/**
 * Back to the identifier page.
 * @throws Error once something is proved: that takes a new transaction (Law 6)
 */
export function forgetSubject(transaction: Transaction): Transaction {
  if (transaction.evidence.length > 0) throw new Error('a subject with evidence cannot be forgotten');
  const {
    subject: _subject,
    rememberDevice: _remember,
    keepSignedIn: _keep,
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
