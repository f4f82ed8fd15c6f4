/**
 * The one interface of all authenticators. An authenticator knows neither store nor HTTP: secrets come in, evidence and new secrets go out.
 * The engine reserves the attempt before it calls `verify`, and saves what comes back by compare-and-swap before it counts.
 */
import type { AuthenticatorTraits, Characteristic, Factor, Seconds, Subject } from '../core/model.ts';
import type { Limit } from '../stores/store.ts';

/** One enrollment as it is kept with the user: what it is, and its secret (a hash, a key; JSON). */
export interface Credential {
  readonly id: string;
  readonly authenticator: string;
  readonly label?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
  readonly lastUsedAt?: Seconds;
  /** What this enrollment can show at its best. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** Belongs to the authenticator; nobody else looks inside, and it is never logged. */
  readonly secret: Readonly<Record<string, unknown>>;
}

export interface AuthenticatorEnv {
  /** Epoch seconds. */
  readonly now: Seconds;
  /** Absolute URL of the configured issuer. */
  readonly issuer: string;
  /** Name of the product as people know it (for the label in authenticator apps). */
  readonly brand: string;
  /** Name of the app that is signed in to. */
  readonly app: string;
  /** Id of the transaction: what is sent out is bound to it. */
  readonly transaction: string;
  /** Who asks, as far as the browser tells; for texts to the person, never for decisions. */
  readonly visitor: { readonly ip: string; readonly userAgent: string };
  /** All credentials of this authenticator that the person has. */
  readonly enrolled: readonly Credential[];
  /** Keyed hash under the server's secret (base64url, 256 bits), for values too short to be hashed alone. `purpose` keeps uses apart. */
  mac(purpose: string, ...parts: readonly string[]): string;
}

/** A message to the person. It goes into the outbox in the same commit as the transaction, and out after the answer. */
export interface Delivery {
  readonly channel: 'email' | 'sms' | 'voice';
  /** Address or E.164 number. */
  readonly to: string;
  /** Name of the template among the mail views. */
  readonly template: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Epoch seconds after which it is not sent any more. */
  readonly expires: Seconds;
}

/** A started challenge or offer. `private` stays on the server, in the transaction; `public` goes into the step. */
export interface Started {
  readonly public: Readonly<Record<string, unknown>>;
  readonly private: Readonly<Record<string, unknown>>;
  /** Epoch seconds after which it no longer counts. */
  readonly expires: Seconds;
  /** What is sent to the person now. For somebody who does not exist: nothing, at the same cost. */
  readonly deliver?: readonly Delivery[];
}

/** Why an answer was refused; the code of the message that the person sees. */
export interface Refused {
  readonly ok: false;
  readonly code: string;
  /** The input that the message belongs to. */
  readonly field?: string;
}

/** What one verification showed. */
export interface Proof {
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  readonly amr: readonly string[];
}

export interface Verified {
  readonly ok: true;
  /** Which credential answered. */
  readonly credential: string;
  readonly proof: Proof;
  /** New secret of that credential (counter, rehash), to be saved by compare-and-swap; absent: unchanged. */
  readonly secret?: Readonly<Record<string, unknown>>;
  /** True: the proof counts only if the new secret could be saved (one-time values). False: a failed save is no harm (rehash). */
  readonly mustSave: boolean;
}

export interface Enrolled {
  readonly ok: true;
  readonly credential: Omit<Credential, 'id' | 'createdAt'>;
  /** Confirming an enrollment proves it at the same time. */
  readonly proof: Proof;
}

/** An enrollment takes one more answer: an address was given, and now the code that was sent there is asked for. */
export interface Continued {
  readonly ok: true;
  readonly more: Started;
}

/** What came in with the form under `credentials.`: each value a string. */
export type CredentialInput = Readonly<Record<string, string>>;

export interface Authenticator {
  readonly traits: AuthenticatorTraits;
  /** Attempts that are evaluated per account before further ones are refused. */
  readonly limits: readonly Limit[];
  /** Starts a challenge for one credential. For somebody unknown (`undefined`) it must look and cost the same. */
  challenge(credential: Credential | undefined, env: AuthenticatorEnv): Promise<Started>;
  /** Checks an answer. For somebody unknown it takes as long and refuses. Rejects with `StepgateError('busy')` when it cannot take more work. */
  verify(
    credential: Credential | undefined,
    pending: Started['private'],
    input: CredentialInput,
    env: AuthenticatorEnv,
  ): Promise<Verified | Refused>;
  /** Starts an enrollment. Only if `traits.enrollable`. */
  offer(subject: Subject, env: AuthenticatorEnv): Promise<Started>;
  /** Confirms an enrollment, or takes it one stage further. */
  enroll(
    subject: Subject,
    pending: Started['private'],
    input: CredentialInput,
    env: AuthenticatorEnv,
  ): Promise<Enrolled | Continued | Refused>;
  /** One challenge serves all of the person's credentials of this kind; which one answered, the verification tells. */
  readonly together?: true;
  /**
   * It sends something: how much per account, over all transactions. The person may ask for another one within these limits; that never
   * resets the attempts (NIST SP 800-63B-4 section 3.1.3.2).
   */
  readonly sends?: readonly Limit[];
}
