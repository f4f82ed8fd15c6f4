/**
 * The interface of all authenticators (NIST SP 800-63B-4 section 3). An authenticator knows neither store nor HTTP: the
 * credentials of the user come in, evidence and new secrets go out. It promises what
 * `test/contract/authenticator-contract.ts` checks, and it may rely on what the engine does around it:
 *
 * - The engine reserves an attempt within `attemptLimits` before it calls `verify`.
 * - The engine saves the new secret by compare-and-swap before the proof counts, where `mustSave` says so.
 * - The engine calls the same methods for a decoy, a user who does not exist: no credential is given, and the answer is
 *   always a refusal. Result and cost must not differ from those for a user who exists.
 *
 * See decision 19.
 */
import type {
  AuthenticatorDescriptor,
  Characteristic,
  Factor,
  PasswordBlocklist,
  Seconds,
  Subject,
} from '../core/model/facts.ts';
import type { PasswordTerms } from '../core/model/password-policy.ts';
import type { InputKind } from '../core/step/step.ts';
import type { AuthenticatorConfiguration } from '../policy/model/authenticator-kind.ts';
import type { Limit } from '../stores/store.ts';
import type { RefusalCode } from './refusal-codes.ts';

export interface Authenticator {
  /** Key, factors and characteristics: what rules are evaluated on. */
  readonly descriptor: AuthenticatorDescriptor;
  /** The schema of its settings, and what `stepgate config check` says about it. */
  readonly configuration: AuthenticatorConfiguration;
  /** How many attempts are evaluated per account before further ones are refused (NIST SP 800-63B-4 section 3.2.2). */
  readonly attemptLimits: readonly Limit[];
  /**
   * Present: it sends messages, within these limits per account. A resend never resets the attempts (section 3.1.3.2).
   */
  readonly sendLimits?: readonly Limit[];
  /** Present: one challenge serves all credentials of the user, and `verify` tells which one answered. */
  readonly sharedChallenge?: true;

  /** Issues a challenge for one credential; `undefined`: for a decoy. */
  challenge(credential: Credential | undefined, context: AuthenticatorContext): Promise<IssuedChallenge>;
  /**
   * Checks an answer; `credential` is `undefined` for a decoy. Rejects with `StepgateError('busy')` when it cannot take
   * more work, and with `TypeError` when `pending` is not its own.
   */
  verify(
    credential: Credential | undefined,
    answer: ChallengeAnswer,
    context: AuthenticatorContext,
  ): Promise<Verified | Refused>;

  /**
   * The values of `public.stage` while it is enrolled, in order; each has texts of its own. Absent: it is enrolled in
   * one stage, which has no name.
   */
  readonly enrollmentStages?: readonly string[];
  /** Begins an enrollment. Throws `TypeError` unless `descriptor.enrollable`. */
  beginEnrollment(subject: Subject, context: AuthenticatorContext): Promise<IssuedChallenge>;
  /**
   * Completes an enrollment, or takes it one stage further. Where `public.resend` was true, an input `resend` requests
   * the message again (`context.method`: in which way). Rejects like `verify`.
   */
  enroll(
    subject: Subject,
    answer: ChallengeAnswer,
    context: AuthenticatorContext,
  ): Promise<Enrolled | EnrollmentContinued | Refused>;

  /**
   * Present: a new user registers by it. Sends a code to an address that no account has yet; `enroll` takes the answer.
   * Without `pending.private.code` no answer proves anything.
   */
  register?(address: string, context: AuthenticatorContext): EnrollmentContinued | Refused;

  /** Present: what it proves stands in the profile, and users change it there. */
  readonly profileValue?: ProfileValueProof;

  /** Present: it can identify the user, who has not entered an identifier yet (a passkey). */
  readonly identifyByCredential?: IdentifyByCredential;
  /**
   * Present: browsers keep a list of its credentials. What the browser of a user who is signed in is told, so that the
   * list stays true; `enrolled`: all that count.
   */
  signal?(
    user: Pick<Subject, 'id' | 'identifiers' | 'profile'>,
    context: Pick<AuthenticatorContext, 'issuer' | 'settings' | 'enrolled'>,
  ): CredentialSignal;
  /** Present: the identifier that the user enters can be this credential itself (an address, a number). */
  matchesIdentifier?(credential: Credential, identifier: string): boolean;
  /** Where its messages go, masked, so that the user can tell credentials apart. */
  maskedAddress?(credential: Credential): string | undefined;
  /** What users are given of its secret in the file of all that is kept about them: a number, a question. */
  readableData?(credential: Credential): Readonly<Record<string, string>>;
  /** How often a credential can still be used, where that is limited. */
  remainingUses?(credential: Credential): number;
  /**
   * Present: its messages hold a magic link, `<issuer>/signin/<transaction>/link?t=<token>`. Returns what the page
   * behind the link shows; `undefined`: the token is not of this pending challenge. It only reads: nothing is proved
   * before the passcode comes back.
   */
  readMagicLink?(
    pending: IssuedChallenge['private'],
    token: string,
    context: AuthenticatorContext,
  ): MagicLinkDetails | undefined;
}

/** How a new value of the profile (an address, a number) is proved before it counts. */
export interface ProfileValueProof {
  /** The attribute of the profile. */
  readonly attribute: 'email' | 'phone';
  /**
   * Sends a code to the new value; `enroll` takes the answer. `public.address` of the stage is the value as it is kept.
   */
  ask(text: string, context: AuthenticatorContext): EnrollmentContinued | Refused;
  /** A message to the former value, with a link that undoes the change. Absent: notifications tell it by mail. */
  notifyFormer?(
    former: string,
    undo: { readonly link: string; readonly expires: Seconds },
    context: AuthenticatorContext,
  ): Delivery | undefined;
}

/** The one of `descriptor.methods` by which a magic link is answered, where they tell it from the code. */
export const magicLinkMethod = 'link';

/** What an authenticator may know of the request, the user and the configuration. */
export interface AuthenticatorContext {
  /** Epoch seconds. */
  readonly now: Seconds;
  /**
   * When the epoch of the store began (epoch seconds): one-time values of that moment and before may have been used,
   * and the store does not know it. Absent: it knows all that were used.
   */
  readonly epoch?: Seconds;
  /** The configured issuer, an absolute URL. */
  readonly issuer: string;
  /** The product name that users know (for the label in authenticator apps). */
  readonly brand: string;
  /** The name of the app that the user signs in to. */
  readonly app: string;
  /** What the configuration says under `authenticators.<key>`, checked by the schema. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The models that may be enrolled by the rule of the user; absent: any. */
  readonly models?: readonly string[];

  /** Id of the transaction: messages and their codes are bound to it. */
  readonly transactionId: string;
  /**
   * Id of the account; for a decoy an id that is always the same for one identifier. Absent: the user is not identified
   * yet.
   */
  readonly subjectId?: string;
  /** The identifier as the user entered it; absent: none. It says nothing about whether the user exists. */
  readonly identifier?: string;
  /** The browser that asks, for texts; decisions never depend on it. */
  readonly visitor: {
    readonly ip: string;
    readonly userAgent: string;
    /** The address with the names of its networks, for texts; absent: use `ip`. */
    readonly place?: string;
  };

  /** All credentials of this authenticator that the user has. */
  readonly enrolled: readonly Credential[];
  /** Ids of the credentials that make progress now; absent: any. */
  readonly allowedCredentials?: readonly string[];
  /** Only a proof with user verification makes progress. */
  readonly userVerification?: boolean;
  /** Those of `descriptor.methods` by which a proof makes progress: it offers no other. Absent: any. */
  readonly methods?: readonly string[];
  /**
   * One of `public.methods`: how the user wants the message that is requested again. Absent: the authenticator chooses.
   */
  readonly method?: string;
  /** The answer came from the page behind the magic link, in the browser that began the sign-in. */
  readonly byLink?: true;
  /** The proof is for setting a forgotten password anew, and signs the user in to nothing. */
  readonly recovering?: true;
  /**
   * The user has proved something, in this transaction or in the session of this browser: a page may show what only
   * they should know. Never true for a decoy.
   */
  readonly mayShowDetails?: boolean;

  /** What the password policy says for the user, where a secret is about to be chosen under it. */
  readonly newPassword?: NewPasswordTerms;
  /** Writes a warning for operators to the log. It must hold nothing that the user typed. */
  warn(message: string): void;

  /**
   * Keyed hash under the server's secret (base64url, 256 bits), for values too short to be hashed alone. `purpose`
   * keeps uses apart.
   */
  mac(purpose: string, ...parts: readonly string[]): string;
  /**
   * Like `mac`, under the oldest secret: draws what a decoy looks like, which must not change when a secret is added.
   */
  decoyMac(purpose: string, ...parts: readonly string[]): string;
}

/** The terms of the password policy for one user. */
export interface NewPasswordTerms extends Pick<PasswordTerms, 'blocklists' | 'history'> {
  /** Characters (code points). */
  readonly minLength: number;
}

/** One enrollment as the account keeps it: its capabilities, and its secret (a hash, a key). JSON. */
export interface Credential {
  readonly id: string;
  /** Key of the authenticator. */
  readonly authenticator: string;
  /** How the user tells it from others of the kind. */
  readonly label?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
  /** The `validAfter` under which its address took the place of another. What was proved before is no proof of it. */
  readonly movedAt?: Seconds;
  readonly lastUsedAt?: Seconds;
  /** The most that this credential can prove. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** The only methods by which it can be proved, whatever its authenticator could. Absent: all. */
  readonly methods?: readonly string[];
  /** Epoch seconds from which it no longer counts; absent: it stays. */
  readonly expiresAt?: Seconds;
  /** Its last use has been made: what it proved stands, and it proves nothing more. */
  readonly consumed?: true;
  /** The blocklist on which it was found when it was last used. */
  readonly compromised?: PasswordBlocklist;
  /** Browsers for which the user asked to remember this proof. Kept by the engine; no authenticator looks at it. */
  readonly remembered?: readonly RememberedDevice[];
  /**
   * Values that no other enrollment of this authenticator may have, in any account (the id of a passkey). The engine
   * enforces it.
   */
  readonly reservations?: readonly string[];
  /** The id of the relying party that it was made for, and counts for. Absent: it is bound to none. */
  readonly relyingParty?: string;
  /** The mailbox that it proves, where the user is notified of changes to the account. Absent: it proves none. */
  readonly address?: string;
  /** Belongs to the authenticator: nothing else reads it, and it is never logged. */
  readonly secret: Readonly<Record<string, unknown>>;
}

/** What an authenticator returns for a new enrollment: the directory gives it id and time. */
export type NewCredential = Omit<Credential, 'id' | 'createdAt'>;

/** A browser on which an enrollment need not be proved again for a while, where a rule allows that. */
export interface RememberedDevice {
  /** Names it to the user. */
  readonly id: string;
  /** Hash over the secret of the browser and the account: it fits no other browser and no other account. */
  readonly device: string;
  /** What was proved then. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  readonly method?: string;
  /** When it was proved (epoch seconds). */
  readonly at: Seconds;
  /** Until when it is remembered, as the page said (epoch seconds). */
  readonly until: Seconds;
  /** `validAfter` of the account at the time: what ends its sessions ends this. */
  readonly valid: Seconds;
  readonly ip: string;
  /** The header as the browser sent it, cut off. */
  readonly userAgent: string;
}

/**
 * A challenge, or a stage of an enrollment, that waits for an answer. `public` goes into the step; `private` stays in
 * the transaction, on the server. Members of `public` that the pages know:
 *
 * - `address`: where the message went, masked;
 * - `resend: true`: the user may request the message again;
 * - `methods` and `method`: the ways in which the message can go, and the one in which it went;
 * - `linkable: true`: it can be answered in another tab, by magic link;
 * - `stage`: which input an enrollment asks for, one of `enrollmentStages`;
 * - `restricted: true`: the page says that there are safer authenticators;
 * - `country`: of numbers without country code (ISO 3166-1 alpha-2);
 * - `minLength`: of a secret that the user chooses (characters);
 * - `codes` and `made`: codes for the user to keep, and since when they exist (epoch seconds).
 */
export interface IssuedChallenge {
  /** What the answer consists of, in the order of the page. */
  readonly inputs: readonly InputKind[];
  readonly public: Readonly<Record<string, unknown>>;
  readonly private: Readonly<Record<string, unknown>>;
  /** Those of `descriptor.methods` by which it can be answered. Absent: the authenticator has none. */
  readonly methods?: readonly string[];
  /** Epoch seconds from which it no longer counts. */
  readonly expires: Seconds;
  /** Messages to the user, sent now. For a decoy: none, at the same cost. */
  readonly deliver?: readonly Delivery[];
  /** As many for a decoy as for a user who exists. Absent: the usual limit for mail applies to each recipient. */
  readonly quotas?: readonly Quota[];
  /** Why nothing can be sent to this credential, for the audit log. Shown only to users who have proved something. */
  readonly undeliverable?: string;
}

/** The answer of the user to an issued challenge. */
export interface ChallengeAnswer {
  /** `private` of the challenge. */
  readonly pending: IssuedChallenge['private'];
  readonly input: CredentialInput;
}

/** The fields of the form below `credentials.`: each value a string. */
export type CredentialInput = Readonly<Record<string, string>>;

/** What one verification proved. */
export interface Proof {
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  /** One of `descriptor.methods`. Absent: the authenticator has none. */
  readonly method?: string;
}

export interface Verified {
  readonly ok: true;
  /** Id of the credential that answered. */
  readonly credential: string;
  readonly proof: Proof;
  /** New secret of that credential (counter, better hash), saved by compare-and-swap; absent: unchanged. */
  readonly secret?: Readonly<Record<string, unknown>>;
  /** True: the proof counts only if the new secret is saved (one-time values). False: losing that race does no harm. */
  readonly mustSave: boolean;
  /** That was the last use of the credential. Needs `mustSave`. */
  readonly consumed?: true;
  /** The secret stands on this blocklist by now. */
  readonly compromised?: PasswordBlocklist;
  /** Notifies the user at the addresses that the account has proved. */
  readonly notify?: Pick<Delivery, 'template' | 'params'>;
}

export interface Enrolled {
  readonly ok: true;
  readonly credential: NewCredential;
  /** Completing an enrollment proves the credential at the same time. */
  readonly proof: Proof;
}

/**
 * The enrollment takes one more answer: the user gave an address, and is now asked for the code that was sent there.
 */
export interface EnrollmentContinued {
  readonly ok: true;
  readonly nextStage: IssuedChallenge;
}

export interface Refused {
  readonly ok: false;
  readonly code: RefusalCode;
  /** The input that the text belongs to. */
  readonly field?: string;
  /** Values for the text. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** More than the user is told, for the audit log. */
  readonly reason?: string;
  /**
   * The answer came from a credential that this user does not have. Where no account reserved `value`, the browser is
   * told `signal`.
   */
  readonly unknownCredential?: { readonly value: string; readonly signal: CredentialSignal };
}

/**
 * What a browser is told about the credentials that it keeps (Web Authentication Level 3 section 5.1.10). JSON; ids are
 * base64url.
 */
export type CredentialSignal =
  /** To a user who is signed in: all credentials that count, and the names of today. */
  | {
      readonly rpId: string;
      readonly userId: string;
      readonly allAcceptedCredentialIds: readonly string[];
      readonly name: string;
      readonly displayName: string;
    }
  /** No account has it. */
  | { readonly rpId: string; readonly credentialId: string };

/** A message to the user. It goes into the outbox in the same commit as the transaction, and out after the answer. */
export interface Delivery {
  readonly channel: 'email' | 'sms' | 'voice';
  /** Address or E.164 number. */
  readonly to: string;
  /** Name of the template among the mail views. */
  readonly template: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Epoch seconds from which it is no longer sent. */
  readonly expires: Seconds;
}

/**
 * A limit over all accounts, for messages that cost. The engine reserves all quotas before it sends, and sends nothing
 * when one of them is exhausted.
 */
export interface Quota {
  /**
   * What is counted, for the audit log: `network`, which is reserved first, `recipient`, `number`, `prefix`, `country`.
   */
  readonly kind: string;
  /** Messages with the same value are counted together. Any text: no store key is made of it. */
  readonly value: string;
  readonly limits: readonly Limit[];
  /** Browsers that the account knows have a count of their own: what strangers request does not use it up. */
  readonly separateForKnownBrowsers?: true;
}

/** Identifies the user and proves the credential in one step. */
export interface IdentifyByCredential {
  /**
   * The challenge on the page that asks for the identifier. Keeps no state: it is the same for one transaction and
   * `version` for some minutes, so that showing the page needs no write. A new version voids it, and so does time.
   */
  challenge(version: number, context: AuthenticatorContext): IssuedChallenge;
  /** What `verify` compares the answer to; `undefined`: the challenge is too old. */
  pending(
    version: number,
    input: CredentialInput,
    context: AuthenticatorContext,
  ): IssuedChallenge['private'] | undefined;
  /**
   * The account id that the answer claims; `undefined`: it claims none. Only `verify` finds out whether that is true.
   */
  subject(input: CredentialInput): string | undefined;
}

/** What the page behind a magic link may show to any browser that has the link. */
export interface MagicLinkDetails {
  /** To be entered in the browser that requested the message, when the link was followed in another one. */
  readonly passcode: string;
  /** Only the link counts: no page shows the passcode. */
  readonly linkOnly?: true;
  /** The browser that requested the message, for the user to compare; empty texts: unknown. */
  readonly requestedFrom: { readonly ip: string; readonly browser: string; readonly system: string };
}
