/** The state of one sign-in for one authorization request, as data. */
import type { Evidence, RequestFacts, Seconds } from '../model/facts.ts';
import type { TermsOfUse } from '../model/profile-policy.ts';
import type { ProfileValue } from '../profile/attribute-value.ts';
import type { InputKind, Work } from './step.ts';

/**
 * The user who signs in. A decoy stands for an identifier that no account has: it gets the same steps and can prove
 * nothing.
 */
export interface TransactionSubject {
  readonly id: string;
  /** What the user typed, for display. */
  readonly identifier: string;
  readonly decoy: boolean;
  /** For a decoy: the typed identifier is a phone number. */
  readonly isNumber?: boolean;
}

/** The option that the user selected. Cleared once it is proved. */
export interface Choice {
  readonly purpose: 'challenge' | 'enroll';
  readonly authenticator: string;
  readonly enrollment?: string;
}

/** The outstanding challenge or offer: the only stored position in the flow. */
export interface Pending extends Choice {
  /** From the authenticator: the inputs of the answer. */
  readonly inputs: readonly InputKind[];
  /** From the authenticator: data for the step. */
  readonly public: Readonly<Record<string, unknown>>;
  /** From the authenticator: data that never leaves the server. */
  readonly private: Readonly<Record<string, unknown>>;
  /** From the authenticator: the methods by which it can be answered. Absent if the authenticator has no methods. */
  readonly methods?: readonly string[];
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Set if the challenge sent a code: the account's `validAfter` at that time, or 0 for a decoy. */
  readonly validAfter?: Seconds;
  /** Ids of the messages with its code. They are not sent once the code has expired. */
  readonly outbox?: readonly string[];
}

/**
 * The registration of a new user. No account exists before the address is proved, and the data ends with the
 * transaction.
 */
export interface Registration {
  /** What the user filled in. Without `pending` the form is shown with these values. */
  readonly form?: RegistrationForm;
  /** The outstanding code that was sent to the address. */
  readonly pending?: Pending;
}

export interface RegistrationForm {
  /** The address in canonical form. */
  readonly identifier: string;
  /** The address as typed, to which mail is sent. */
  readonly address: string;
  readonly profile: Readonly<Record<string, ProfileValue>>;
  readonly terms: readonly TermsOfUse[];
  /** Optional attributes that the form asked for. */
  readonly offered: readonly string[];
  /** The chosen password: the new credential, what it proves, and when the user typed it (epoch seconds). */
  readonly secret?: {
    readonly credential: Pick<Evidence, 'authenticator' | 'factors' | 'characteristics'> & {
      readonly secret: Readonly<Record<string, unknown>>;
    };
    readonly proof: Pick<Evidence, 'factors' | 'characteristics' | 'amr'>;
    readonly at: Seconds;
  };
}

/** The state of one sign-in. */
export interface Transaction {
  /** The uid of oidc-provider's interaction. */
  readonly id: string;
  /**
   * The authentication event recorded in the evidence. If one request takes several interactions, it is the id of the
   * first transaction.
   */
  readonly event: string;
  readonly startedAt: Seconds;
  /** Epoch seconds. After this time nothing is accepted. */
  readonly expiresAt: Seconds;
  readonly request: RequestFacts;
  /** The initial value of the identify page: `login_hint` of the app, later what the user typed last. */
  readonly prefilledIdentifier?: string;
  /** `ui_locales`: the languages that the relying party prefers, best first, separated by spaces. */
  readonly uiLocales?: string;
  /** The SSO session that the browser had at the start. Its evidence counts as long as it belongs to the same user. */
  readonly session?: string;
  /** The only account that may sign in (`id_token_hint`, or the `sub` of the claims parameter). */
  readonly expectedSubject?: string;
  readonly subject?: TransactionSubject;
  /** Present only without a subject. */
  readonly registration?: Registration;
  /** Evidence of this transaction only. The evidence of the SSO session is added when facts are gathered. */
  readonly evidence: readonly Evidence[];
  readonly choice?: Choice;
  readonly pending?: Pending;
  /**
   * Challenges that the user left for another option, and an offer that waits for a proof. When resumed they are
   * unchanged, so that nothing is sent twice.
   */
  readonly parked?: readonly Pending[];
  /** The user asked for the list of options. */
  readonly selecting?: boolean;
  /** Authenticators whose enrollment the user skipped. */
  readonly skipped?: readonly string[];
  /** The authenticator that the user asked to enroll, until it is enrolled or skipped. */
  readonly requestedEnrollment?: string;
  /** The proof of work due before the next form that sends a message. It counts once. */
  readonly work?: Work;
  /**
   * The state of the challenge service in this sign-in. `asked`: a page shows its challenge. `passed`: it accepted a
   * response, which counts for one form that sends a message. `failed`: it did not answer, so proof of work replaces
   * it.
   */
  readonly challengeService?: 'asked' | 'passed' | 'failed';
  /** The user forgot the password and is recovering it. */
  readonly recovering?: true;
  /** The user asked to be kept signed in. */
  readonly keepSignedIn?: boolean;
  /** The user asked this browser to remember the second factor. */
  readonly rememberDevice?: true;
  /** The user answered the page of consent. */
  readonly consented?: true;
  /** The user chose the account to continue with, as the app requested. */
  readonly accountSelected?: true;
  /** The user saw the notice that the account will be deleted, and continued. */
  readonly deletionAcknowledged?: true;
  /**
   * The state last written to the audit log (what the user is asked for, or the reason of a denial), so that each state
   * is written once.
   */
  readonly recorded?: string;
  /** Hash of the secret of the browser that gave the last proof (Law 15). Absent before the first proof. */
  readonly proofSecretHash?: string;
  /** The secret that the browser got when everything was proved. Absent until then. */
  readonly givenSecret?: GivenSecret;
}

/** What a transaction keeps of the browser's secret that the answer to the last proof gave. */
export interface GivenSecret {
  /** The browser is recorded only under the secret with this hash. */
  readonly hash: string;
  /**
   * Set if the sign-in was at the strongest level when the secret was given, so that it makes the browser known: the
   * account's `validAfter` at that time.
   */
  readonly validAfter?: Seconds;
}

/** What a new transaction starts from. */
export interface NewTransaction
  extends Pick<Transaction, 'id' | 'request' | 'prefilledIdentifier' | 'uiLocales' | 'session' | 'expectedSubject'> {
  /** The event of an earlier interaction for the same request. Absent if this transaction begins the event. */
  readonly event?: string;
  /** Epoch seconds. */
  readonly now: Seconds;
  /** How long the transaction may take (seconds). */
  readonly lifetime: Seconds;
}

/** Creates a transaction in which nothing has happened yet. */
export function newTransaction({ now, lifetime, ...start }: NewTransaction): Transaction {
  return { ...start, event: start.event ?? start.id, startedAt: now, expiresAt: now + lifetime, evidence: [] };
}

/** The transaction accepts nothing any more. */
export function isExpired(transaction: Transaction, now: Seconds): boolean {
  return !(now < transaction.expiresAt);
}
