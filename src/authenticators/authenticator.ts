/**
 * The interface of all authenticators (NIST SP 800-63B-4 section 3). An authenticator knows neither store nor HTTP: it
 * gets the user's credentials, and returns evidence and new secrets. It promises what
 * `test/contract/authenticators/authenticator-contract.ts` checks, and it may rely on the engine:
 *
 * - The engine reserves an attempt within `attemptLimits` before it calls `verify`.
 * - The engine saves the new secret by compare-and-swap before the proof counts, if `mustSave` says so.
 * - The engine calls the same methods for a decoy, a user who does not exist: there is no credential, and the answer is
 *   always a refusal. Result and cost must not differ from those for a real user.
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

/** A limit on the messages of one account. */
export interface SendLimit extends Limit {
  /**
   * It refuses a message that is sent again, until the last one can have come. Another sign-in, or a corrected address,
   * needs a message at once; it is counted here all the same.
   */
  readonly ofResends?: true;
}

export interface Authenticator {
  /** Key, factors and characteristics, which rules test. */
  readonly descriptor: AuthenticatorDescriptor;
  /** The schema of its settings, and checks for `stepgate config check`. */
  readonly configuration: AuthenticatorConfiguration;
  /** How many attempts per account are verified before further ones are refused (NIST SP 800-63B-4 section 3.2.2). */
  readonly attemptLimits: readonly Limit[];
  /** Present if it sends messages: the limits per account. A resend never resets the attempts (section 3.1.3.2). */
  readonly sendLimits?: readonly SendLimit[];
  /** Present if one challenge serves all credentials of the user. `verify` says which one answered. */
  readonly sharedChallenge?: true;

  /** Issues a challenge for one credential. Undefined for a decoy. */
  challenge(credential: Credential | undefined, context: AuthenticatorContext): Promise<IssuedChallenge>;
  /**
   * Verifies an answer. `credential` is undefined for a decoy. Rejects with `StepgateError('busy')` if it cannot take
   * more work, and with `TypeError` if `pending` is not its own.
   */
  verify(
    credential: Credential | undefined,
    answer: ChallengeAnswer,
    context: AuthenticatorContext,
  ): Promise<Verified | Refused>;

  /**
   * The values of `public.stage` during enrollment, in order. Each has its own texts. Absent if enrollment has a
   * single, unnamed stage.
   */
  readonly enrollmentStages?: readonly string[];
  /** Begins an enrollment. Throws `TypeError` unless `descriptor.enrollable`. */
  beginEnrollment(subject: Subject, context: AuthenticatorContext): Promise<IssuedChallenge>;
  /**
   * Completes an enrollment or its current stage. If `public.resend` was true, an input `resend` requests the message
   * again (`context.method`: by which method). Rejects like `verify`.
   */
  enroll(
    subject: Subject,
    answer: ChallengeAnswer,
    context: AuthenticatorContext,
  ): Promise<Enrolled | EnrollmentContinued | Refused>;

  /**
   * Present if new users can register with it. Sends a code to an address that no account has yet; `enroll` handles the
   * answer. Without `pending.private.code` no answer proves anything.
   */
  register?(address: string, context: AuthenticatorContext): EnrollmentContinued | Refused;

  /** Present if what it proves is part of the profile, where users change it. */
  readonly profileValue?: ProfileValueProof;

  /** Present if it can identify a user who has not entered an identifier (a passkey). */
  readonly identifyByCredential?: IdentifyByCredential;
  /**
   * Present if browsers keep a list of its credentials: what to tell a signed-in user's browser so that the list stays
   * correct. `enrolled`: all credentials that count.
   */
  signal?(
    user: Pick<Subject, 'id' | 'identifiers' | 'profile'>,
    context: Pick<AuthenticatorContext, 'issuer' | 'settings' | 'enrolled'>,
  ): CredentialSignal;
  /** Present if the identifier that the user enters can be this credential itself (an address, a number). */
  matchesIdentifier?(credential: Credential, identifier: string): boolean;
  /** The masked address of its messages, which distinguishes the user's credentials. */
  maskedAddress?(credential: Credential): string | undefined;
  /** The parts of its secret that users get in the export of their data: a number, a question. */
  readableData?(credential: Credential): Readonly<Record<string, string>>;
  /** How often a credential can still be used, if that is limited. */
  remainingUses?(credential: Credential): number;
  /**
   * Present if its messages contain a magic link, `<issuer>/signin/<transaction>/link?t=<token>`. Returns what the page
   * behind the link shows. Undefined if the token does not belong to this pending challenge. It only reads: nothing is
   * proved before the passcode is submitted.
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
   * Sends a code to the new value; `enroll` handles the answer. `public.address` of the stage is the value in stored
   * form.
   */
  ask(text: string, context: AuthenticatorContext): EnrollmentContinued | Refused;
  /**
   * A message to the former value, with a link that undoes the change. Absent if notifications by mail contain that
   * link.
   */
  notifyFormer?(
    former: string,
    undo: { readonly link: string; readonly expires: Seconds },
    context: AuthenticatorContext,
  ): Delivery | undefined;
}

/** The member of `descriptor.methods` for answers by magic link, if these count as a method of their own. */
export const magicLinkMethod = 'link';

/** What an authenticator may know of the request, the user and the configuration. */
export interface AuthenticatorContext {
  /** Epoch seconds. */
  readonly now: Seconds;
  /**
   * When the epoch of the store began (epoch seconds). One-time values up to that moment may have been used without the
   * store knowing. Absent if the store knows all that were used.
   */
  readonly epoch?: Seconds;
  /** The configured issuer, an absolute URL. */
  readonly issuer: string;
  /** The product name that users know (for the label in authenticator apps). */
  readonly brand: string;
  /** The name of the app that the user signs in to. */
  readonly app: string;
  /** The settings under `authenticators.<key>`, checked by the schema. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The models that the user's rule allows for enrollment. Absent: any. */
  readonly models?: readonly string[];

  /** Id of the transaction, to which messages and their codes are bound. */
  readonly transactionId: string;
  /**
   * Id of the account. For a decoy, an id that is always the same for one identifier. Absent if the user is not
   * identified yet.
   */
  readonly subjectId?: string;
  /** The identifier as the user entered it. Absent if there is none. It says nothing about whether the user exists. */
  readonly identifier?: string;
  /** The requesting browser, for texts only. Decisions never depend on it. */
  readonly visitor: {
    readonly ip: string;
    readonly userAgent: string;
    /** The address with the names of its networks, for texts. Absent: use `ip`. */
    readonly place?: string;
  };

  /** All of the user's credentials for this authenticator. */
  readonly enrolled: readonly Credential[];
  /** Ids of the credentials that make progress now. Absent: any. */
  readonly allowedCredentials?: readonly string[];
  /** Only a proof with user verification makes progress. */
  readonly userVerification?: boolean;
  /** The members of `descriptor.methods` that make progress; it must offer no other. Absent: any. */
  readonly methods?: readonly string[];
  /** One of `public.methods`: how the user wants the message to be sent again. Absent: the authenticator chooses. */
  readonly method?: string;
  /** The answer came from the page behind the magic link, in the browser that began the sign-in. */
  readonly byLink?: true;
  /** The proof is for recovering a password, and does not sign the user in. */
  readonly recovering?: true;
  /**
   * The user has proved something, in this transaction or in the session of this browser, so a page may show details
   * that only they should know. Never true for a decoy.
   */
  readonly mayShowDetails?: boolean;

  /** The terms of the password policy for the user, if a secret is about to be chosen under it. */
  readonly newPassword?: NewPasswordTerms;
  /** Writes a warning for operators to the log. It must contain nothing that the user typed. */
  warn(message: string): void;

  /**
   * Keyed hash under the server's secret (base64url, 256 bits), for values too short to be hashed alone. `purpose`
   * separates different uses.
   */
  mac(purpose: string, ...parts: readonly string[]): string;
  /**
   * Like `mac`, under the oldest secret. Used to derive the properties of decoys, which must not change when a secret
   * is added.
   */
  decoyMac(purpose: string, ...parts: readonly string[]): string;
}

/** The terms of the password policy for one user. */
export interface NewPasswordTerms extends Pick<PasswordTerms, 'blocklists' | 'history'> {
  /** Characters (code points). */
  readonly minLength: number;
}

/** One enrollment in the account: its capabilities, and its secret (a hash, a key). JSON. */
export interface Credential {
  readonly id: string;
  /** Key of the authenticator. */
  readonly authenticator: string;
  /** The name by which the user distinguishes it from others of its kind. */
  readonly label?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
  /** The `validAfter` under which its address replaced another one. Earlier proofs are not proofs of this address. */
  readonly movedAt?: Seconds;
  readonly lastUsedAt?: Seconds;
  /** The most that this credential can prove. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** The only methods by which it can be proved, even if its authenticator has others. Absent: all. */
  readonly methods?: readonly string[];
  /** Epoch seconds from which it no longer counts. Absent: unlimited. */
  readonly expiresAt?: Seconds;
  /** It was used for the last time: that proof stands, but it proves nothing more. */
  readonly consumed?: true;
  /** The blocklist on which it was found at its last use. */
  readonly compromised?: PasswordBlocklist;
  /** Browsers that remember this proof at the user's request. Maintained by the engine; authenticators ignore it. */
  readonly remembered?: readonly BrowserMemory[];
  /**
   * Values that no other enrollment of this authenticator may have, in any account (the id of a passkey). The engine
   * enforces it.
   */
  readonly reservations?: readonly string[];
  /** The id of the relying party for which it was made and counts. Absent if it is bound to none. */
  readonly relyingParty?: string;
  /** The mailbox that it proves, to which notifications about the account are sent. Absent if it proves none. */
  readonly address?: string;
  /** Belongs to the authenticator: nothing else reads it, and it is never logged. */
  readonly secret: Readonly<Record<string, unknown>>;
}

/** A new enrollment from an authenticator. The directory adds id and time. */
export type NewCredential = Omit<Credential, 'id' | 'createdAt'>;

/** One browser's memory of a proof. In it, the enrollment need not be proved again for some time, if a rule allows. */
export interface BrowserMemory {
  /** Identifies it to the user. */
  readonly id: string;
  /** Hash of the browser's secret and the account, so that it fits no other browser and no other account. */
  readonly browser: string;
  /** What was proved at that time. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  readonly method?: string;
  /** When it was proved (epoch seconds). */
  readonly at: Seconds;
  /** Until when it is remembered, as the page said (epoch seconds). */
  readonly until: Seconds;
  /** `validAfter` of the account at that time: whatever ends its sessions ends this as well. */
  readonly validAfter: Seconds;
  readonly ip: string;
  /** The header from the browser, truncated. */
  readonly userAgent: string;
}

/**
 * A challenge, or a stage of an enrollment, that waits for an answer. `public` goes into the step; `private` stays in
 * the transaction, on the server. Members of `public` that the pages use:
 *
 * - `address`: where the message was sent, masked;
 * - `resend: true`: the user may request the message again;
 * - `methods` and `method`: the possible methods of sending, and the one that was used;
 * - `linkable: true`: it can be answered in another tab, by magic link;
 * - `stage`: which input an enrollment asks for, one of `enrollmentStages`;
 * - `restricted: true`: the page says that there are safer authenticators;
 * - `country`: the country of numbers without country code (ISO 3166-1 alpha-2);
 * - `minLength`: the minimum length of a secret that the user chooses (characters);
 * - `codes` and `made`: codes for the user to keep, and when they were made (epoch seconds).
 */
export interface IssuedChallenge {
  /** The inputs of the answer, in the order of the page. */
  readonly inputs: readonly InputKind[];
  readonly public: Readonly<Record<string, unknown>>;
  readonly private: Readonly<Record<string, unknown>>;
  /** The members of `descriptor.methods` by which it can be answered. Absent if the authenticator has none. */
  readonly methods?: readonly string[];
  /** Epoch seconds from which it no longer counts. */
  readonly expires: Seconds;
  /** Messages to be sent to the user now. For a decoy none, at the same cost. */
  readonly deliver?: readonly Delivery[];
  /** The same number for a decoy as for a real user. Absent: the usual mail limit applies to each recipient. */
  readonly quotas?: readonly Quota[];
  /** Why nothing can be sent to this credential, for the audit log. Shown only to users who have proved something. */
  readonly undeliverable?: string;
}

/** The user's answer to an issued challenge. */
export interface ChallengeAnswer {
  /** `private` of the challenge. */
  readonly pending: IssuedChallenge['private'];
  readonly input: CredentialInput;
}

/** The fields of the form below `credentials.`, all strings. */
export type CredentialInput = Readonly<Record<string, string>>;

/** What one verification proved. */
export interface Proof {
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** Authentication method references (RFC 8176). */
  readonly amr: readonly string[];
  /** One of `descriptor.methods`. Absent if the authenticator has none. */
  readonly method?: string;
}

export interface Verified {
  readonly ok: true;
  /** Id of the credential that answered. */
  readonly credential: string;
  readonly proof: Proof;
  /** New secret of that credential (counter, better hash), to be saved by compare-and-swap. Absent if unchanged. */
  readonly secret?: Readonly<Record<string, unknown>>;
  /** True: the proof counts only if the new secret is saved (one-time values). False: losing that race is harmless. */
  readonly mustSave: boolean;
  /** The credential was used for the last time. Requires `mustSave`. */
  readonly consumed?: true;
  /** The secret is now on this blocklist. */
  readonly compromised?: PasswordBlocklist;
  /** Notifies the user at the account's proved addresses. */
  readonly notify?: Pick<Delivery, 'template' | 'params'>;
}

export interface Enrolled {
  readonly ok: true;
  readonly credential: NewCredential;
  /** Completing an enrollment proves the credential at the same time. */
  readonly proof: Proof;
}

/** The enrollment needs another answer: the user gave an address, and must now enter the code sent to it. */
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
  /** Details for the audit log that the user is not told. */
  readonly reason?: string;
  /**
   * The answer came from a credential that this user does not have. If no account has reserved `value`, the browser is
   * told `signal`.
   */
  readonly unknownCredential?: { readonly value: string; readonly signal: CredentialSignal };
}

/**
 * What a browser is told about the credentials that it stores (Web Authentication Level 3 section 5.1.10). JSON; ids
 * are base64url.
 */
export type CredentialSignal =
  /** For a signed-in user: all credentials that count, and the user's present names. */
  | {
      readonly rpId: string;
      readonly userId: string;
      readonly allAcceptedCredentialIds: readonly string[];
      readonly name: string;
      readonly displayName: string;
    }
  /** No account has this credential. */
  | { readonly rpId: string; readonly credentialId: string };

/**
 * A message to the user. It goes into the outbox in the same commit as the transaction, and is sent after the response.
 */
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
 * A limit over all accounts, for messages that cost money. The engine reserves all quotas before sending, and sends
 * nothing if one of them is exhausted.
 */
export interface Quota {
  /**
   * What is counted, for the audit log: `network` (which is reserved first), `recipient`, `number`, `prefix`,
   * `country`.
   */
  readonly kind: string;
  /** Messages with the same value are counted together. Any text, because no store key is made from it. */
  readonly value: string;
  readonly limits: readonly Limit[];
  /**
   * Browsers that the account has used are counted separately, so that requests by strangers do not use up their quota.
   */
  readonly separateForUsedBrowsers?: true;
}

/** Identifies the user and proves the credential in one step. */
export interface IdentifyByCredential {
  /**
   * The challenge for the page that asks for the identifier. It is stateless: for one transaction and `version` it
   * stays the same for some minutes, so that showing the page needs no write. A new version or the passing of time
   * voids it.
   */
  challenge(version: number, context: AuthenticatorContext): IssuedChallenge;
  /** What `verify` compares the answer to. Undefined if the challenge is too old. */
  pending(
    version: number,
    input: CredentialInput,
    context: AuthenticatorContext,
  ): IssuedChallenge['private'] | undefined;
  /** The account id that the answer claims. Undefined if it claims none. Only `verify` checks the claim. */
  subject(input: CredentialInput): string | undefined;
}

/** What the page behind a magic link may show in any browser that has the link. */
export interface MagicLinkDetails {
  /** To be entered in the browser that requested the message, if the link is opened in another one. */
  readonly passcode: string;
  /** Only the link counts, so no page shows the passcode. */
  readonly linkOnly?: true;
  /** The browser that requested the message, for the user to compare. Empty texts if unknown. */
  readonly requestedFrom: { readonly ip: string; readonly browser: string; readonly system: string };
}
