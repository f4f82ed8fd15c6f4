/** One run of the step loop for one authorization request, as data. */
import type { Evidence, RequestFacts, Seconds } from '../model/facts.ts';
import type { TermsOfUse } from '../model/profile-policy.ts';
import type { ProfileValue } from '../profile/attribute-value.ts';
import type { InputKind, Work } from './step.ts';

/**
 * The user who signs in. A decoy stands for an identifier that no account has: it gets the same steps, and proves
 * nothing.
 */
export interface TransactionSubject {
  readonly id: string;
  /** What the user typed, to show it again. */
  readonly identifier: string;
  readonly decoy: boolean;
  /** Of a decoy: what was typed is a phone number. */
  readonly isNumber?: boolean;
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
  /** From the authenticator: those of its methods by which it can be answered. Absent: it has none. */
  readonly methods?: readonly string[];
  /** Epoch seconds. */
  readonly expires: Seconds;
  /** Of a challenge whose code was sent: `validAfter` of the account at that time; 0 for a decoy. */
  readonly valid?: Seconds;
  /** Ids of the messages that hold its code. They are not sent any more once the code has expired. */
  readonly outbox?: readonly string[];
}

/** A user makes an account. Nothing of it exists before the address is proved, and it ends with the transaction. */
export interface Registration {
  /** What was filled in. Without `pending` the form is open, and shows it. */
  readonly form?: RegistrationForm;
  /** The code that was sent to the address. */
  readonly pending?: Pending;
}

export interface RegistrationForm {
  /** The address in canonical form. */
  readonly identifier: string;
  /** The address that mail is sent to. */
  readonly address: string;
  readonly profile: Readonly<Record<string, ProfileValue>>;
  readonly terms: readonly TermsOfUse[];
  /** Optional attributes that were asked for. */
  readonly offered: readonly string[];
  /** A password that was chosen: the new credential, what it proves, and when it was typed (epoch seconds). */
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
   * The authentication event that its evidence carries: the id of the first transaction, where one request takes
   * several interactions.
   */
  readonly event: string;
  readonly startedAt: Seconds;
  /** Epoch seconds. After this time nothing is accepted. */
  readonly expiresAt: Seconds;
  readonly request: RequestFacts;
  /** What the identify step is filled with: `login_hint` of the app, then what the user typed last. */
  readonly prefilledIdentifier?: string;
  /** `ui_locales`: the languages that the relying party prefers, best first, separated by spaces. */
  readonly uiLocales?: string;
  /** The SSO session that the browser had at the start. Its evidence counts as long as it is of the same user. */
  readonly session?: string;
  /** Only this account may sign in (`id_token_hint`, or the `sub` of the claims parameter). */
  readonly expectedSubject?: string;
  readonly subject?: TransactionSubject;
  /** Only without a subject. */
  readonly registration?: Registration;
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
  /** What the browser must solve before the next form that sends a message. It counts once. */
  readonly work?: Work;
  /**
   * What the challenge service has to do with this sign-in. `asked`: a page shows its challenge. `passed`: it took a
   * response, for one form that sends a message. `failed`: it did not answer, and work takes its place.
   */
  readonly challengeService?: 'asked' | 'passed' | 'failed';
  /** The user forgot the password, and recovers it first. */
  readonly recovering?: true;
  /** The user asked to be kept signed in. */
  readonly keepSignedIn?: boolean;
  /** The user asked this browser to remember the second factor. */
  readonly rememberDevice?: true;
  /** The user answered the page of consent. */
  readonly consented?: true;
  /** The user said with which account to go on, where the app asked for that. */
  readonly accountSelected?: true;
  /** The user was told that the account will be deleted, and went on. */
  readonly deletionAcknowledged?: true;
  /** What the audit log said last: what the user is asked for, or why not let in. So it says it once. */
  readonly recorded?: string;
  /** Hash of the secret of the browser that gave the last proof (Law 15). Absent: nothing was proved yet. */
  readonly proofSecret?: string;
}

/** What a new transaction starts from. */
export interface NewTransaction
  extends Pick<Transaction, 'id' | 'request' | 'prefilledIdentifier' | 'uiLocales' | 'session' | 'expectedSubject'> {
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
