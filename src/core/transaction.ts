/** One run of the step loop for one authorization request, as data, and its transitions. */
import type { Evidence, RequestFacts, Seconds } from './model.ts';

/** Who is signing in. A decoy stands for an identifier that nobody has: it gets the same steps, and never proves anything. */
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
  /** From the authenticator; goes into the step. */
  readonly public: Readonly<Record<string, unknown>>;
  /** From the authenticator; never leaves the server. */
  readonly private: Readonly<Record<string, unknown>>;
  /** Epoch seconds. */
  readonly expires: Seconds;
}

export interface Transaction {
  /** The uid of oidc-provider's interaction. */
  readonly id: string;
  readonly startedAt: Seconds;
  /** Epoch seconds; after it nothing is accepted. */
  readonly expiresAt: Seconds;
  readonly request: RequestFacts;
  /** `login_hint`: prefills the identify step. */
  readonly loginHint?: string;
  /** Only this account will do (the SSO session's, or `id_token_hint`'s). */
  readonly expectedSubject?: string;
  readonly subject?: TransactionSubject;
  /** Proved in this transaction only; what the SSO session holds is added when facts are gathered. */
  readonly evidence: readonly Evidence[];
  readonly choice?: Choice;
  readonly pending?: Pending;
}
