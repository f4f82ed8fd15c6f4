/**
 * The one interface of all authenticators. An authenticator knows neither store nor HTTP: secrets come in, evidence and new secrets go out.
 * The engine reserves the attempt before it calls `verify`, and saves what comes back by compare-and-swap before it counts.
 */
import type { AuthenticatorDescriptor, Characteristic, Factor, Seconds, Subject } from '../core/model/facts.ts';
import type { InputKind } from '../core/step/step.ts';
import type { AuthenticatorConfiguration } from '../policy/model/authenticator-kind.ts';
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
  /** Epoch seconds from which it no longer counts; absent: it stays. */
  readonly expiresAt?: Seconds;
  /** It was used up: what it proved stands, and it proves nothing more. */
  readonly consumed?: true;
  /** Browsers that the person asked to remember this proof. Kept by the loop; no authenticator looks at it. */
  readonly remembered?: readonly RememberedDevice[];
  /** Values that no other enrollment of this authenticator may have, of whomever (the id of a passkey). The engine sees to it. */
  readonly reservations?: readonly string[];
  /** The mailbox that it proves, where its owner is also told what happens to the account. Absent: it proves none. */
  readonly address?: string;
  /** Belongs to the authenticator; nobody else looks inside, and it is never logged. */
  readonly secret: Readonly<Record<string, unknown>>;
}

/** A browser on which an enrollment need not be proved again for a while, where a rule allows that. */
export interface RememberedDevice {
  /** Names it to its owner. */
  readonly id: string;
  /** Hash over the browser's secret and the account: neither another browser nor another person has it. */
  readonly device: string;
  /** What was proved then. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** When it was proved, and until when the person was told that it would be remembered (epoch seconds). */
  readonly at: Seconds;
  readonly until: Seconds;
  /** `validAfter` of the account then: what voids its sessions voids this. */
  readonly valid: Seconds;
  /** As the browser told. */
  readonly ip: string;
  readonly userAgent: string;
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
  /** Id of the account; for somebody who does not exist an id that is always the same for what they typed. Absent: nobody is named yet. */
  readonly subject?: string;
  /** Id of the transaction: what is sent out is bound to it. */
  readonly transaction: string;
  /** Who asks, as far as the browser tells; for texts to the person, never for decisions. */
  readonly visitor: {
    readonly ip: string;
    readonly userAgent: string;
    /** The address with the names of its networks, for people; absent: there are none. */
    readonly place?: string;
  };
  /** What the person typed to say who they are; absent: nothing. It says nothing about whether they exist. */
  readonly identifier?: string;
  /**
   * The person has proved something, in this transaction or in the session of this browser, so a page may show what only they should know.
   * Never for somebody unknown.
   */
  readonly proved?: boolean;
  /** All credentials of this authenticator that the person has. */
  readonly enrolled: readonly Credential[];
  /** Ids of those that make progress now; absent: any. */
  readonly asked?: readonly string[];
  /** One of `public.methods`: how the person wants the message that they ask for again. Absent: as the authenticator sees fit. */
  readonly method?: string;
  /** True: only a proof with user verification makes progress. */
  readonly userVerification?: boolean;
  /** What the configuration says under `authenticators.<key>`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Keyed hash under the server's secret (base64url, 256 bits), for values too short to be hashed alone. `purpose` keeps uses apart. */
  mac(purpose: string, ...parts: readonly string[]): string;
  /** The same under the oldest secret, for what somebody who does not exist looks like: a newer secret must not change that. */
  lastingMac(purpose: string, ...parts: readonly string[]): string;
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

/**
 * What may be sent in all, whoever asks: messages that cost are limited by more than the account. The engine reserves all quotas before it
 * sends, and sends nothing when one is used up.
 */
export interface Quota {
  /** What is counted, for the audit log: `network`, which is looked at first, `recipient`, `number`, `prefix`, `country`. */
  readonly kind: string;
  /** Messages with the same value are counted together. It may be anything: no store key is made of it. */
  readonly of: string;
  readonly limits: readonly Limit[];
  /** It is about one person: what strangers ask for does not count against a browser with which that person has signed in before. */
  readonly personal?: true;
}

/**
 * A started challenge or offer. `private` stays on the server, in the transaction; `public` goes into the step. Known to the pages:
 * `resend: true` (the person may ask for the message again), `linkable: true` (it can be answered in another tab), `address` (where it
 * went, masked), `stage` (which of several inputs an enrollment asks for), `methods` and `method` (the ways in which the message can go,
 * and the one in which it went), `restricted: true` (there are safer authenticators, and the person is told so), `country` (ISO 3166-1
 * alpha-2, of numbers without a country code), `codes` and `made` (to be kept by the person, and since when, in epoch seconds).
 */
export interface Started {
  /** What the answer consists of, in the order of the page. */
  readonly inputs: readonly InputKind[];
  readonly public: Readonly<Record<string, unknown>>;
  readonly private: Readonly<Record<string, unknown>>;
  /** Epoch seconds after which it no longer counts. */
  readonly expires: Seconds;
  /** What is sent to the person now. For somebody who does not exist: nothing, at the same cost. */
  readonly deliver?: readonly Delivery[];
  /** For somebody who does not exist as many as for somebody who does. Absent: each recipient gets what is usual for mail. */
  readonly quotas?: readonly Quota[];
  /** Why nothing can be sent to this credential, for the audit log. It is told to those who have proved something, and to nobody else. */
  readonly undeliverable?: string;
}

/** What the page behind a link may show to whoever has the link. */
export interface MagicLinkTarget {
  /** What to enter in the browser that asked, instead of following the link there. */
  readonly passcode: string;
  /** Who asked, for the person to compare; empty texts: not known. */
  readonly asked: { readonly ip: string; readonly browser: string; readonly system: string };
}

/** Why an answer was refused; the code of the message that the person sees. */
export interface Refused {
  readonly ok: false;
  readonly code: string;
  /** The input that the message belongs to. */
  readonly field?: string;
  /** For the audit log, where the person is told less. */
  readonly reason?: string;
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
  /** That was the last time: what it proved stands, and it proves nothing more. Needs `mustSave`. */
  readonly consumed?: true;
  /** What the person is told at the addresses that are known to be theirs. */
  readonly notify?: { readonly template: string; readonly params: Delivery['params'] };
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
  readonly nextStage: Started;
}

/** What came in with the form under `credentials.`: each value a string. */
export type CredentialInput = Readonly<Record<string, string>>;

/** Identifies and proves in one step. */
export interface IdentifyByCredential {
  /**
   * The challenge on the page that asks who somebody is. Keeps no state: the same for the same transaction and `version` for some
   * minutes, so that the page can be shown without a write; a new version voids it, and so does time.
   */
  challenge(version: number, env: AuthenticatorEnv): Started;
  /** What `verify` compares the answer to; `undefined`: it answers a challenge that is too old. */
  asked(version: number, input: CredentialInput, env: AuthenticatorEnv): Started['private'] | undefined;
  /** The account that the answer names; `undefined`: none that could be one. `verify` finds out whether that is true. */
  subject(input: CredentialInput): string | undefined;
}

export interface Authenticator {
  readonly descriptor: AuthenticatorDescriptor;
  /** What the configuration language knows of it, besides its traits. */
  readonly configuration: AuthenticatorConfiguration;
  /** Attempts that are evaluated per account before further ones are refused. */
  readonly attemptLimits: readonly Limit[];
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
  beginEnrollment(subject: Subject, env: AuthenticatorEnv): Promise<Started>;
  /**
   * Confirms an enrollment, or takes it one stage further. Where `public.resend` was true, an input `resend` asks for the message again
   * (`env.method`: in which way).
   */
  enroll(
    subject: Subject,
    pending: Started['private'],
    input: CredentialInput,
    env: AuthenticatorEnv,
  ): Promise<Enrolled | Continued | Refused>;
  /**
   * Its messages hold a link to `<issuer>/signin/<transaction>/link?t=<token>`: what the token stands for, while this challenge is
   * pending. `undefined`: the token is not of this challenge. It only reads: nothing is proved before the passcode comes back.
   */
  link?(pending: Started['private'], token: string, env: AuthenticatorEnv): MagicLinkTarget | undefined;
  /** One challenge serves all of the person's credentials of this kind; which one answered, the verification tells. */
  readonly sharedChallenge?: true;
  /** What somebody typed to say who they are is this credential itself: the address, the number. */
  matchesIdentifier?(credential: Credential, typed: string): boolean;
  /** The person has one at most: a new enrollment takes the place of the old one. */
  readonly maxEnrollments?: 1;
  /** How often a credential may still be used, where that is limited by what it consists of. */
  remaining?(credential: Credential): number;
  /** Where its messages go, masked: tells its owner which one it is. */
  address?(credential: Credential): string | undefined;
  /** It can tell by itself who somebody is, before they have said so. */
  readonly identifyByCredential?: IdentifyByCredential;
  /**
   * It sends something: how much per account, over all transactions. The person may ask for another one within these limits; that never
   * resets the attempts (NIST SP 800-63B-4 section 3.1.3.2).
   */
  readonly sendLimits?: readonly Limit[];
}
