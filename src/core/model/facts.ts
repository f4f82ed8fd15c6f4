/**
 * What a decision depends on, as plain, readonly data: evidence, enrollments, the user, the request.
 * Times are whole seconds since the epoch; durations are whole seconds.
 */

import type { Risk } from './risk.ts';

/** Seconds since the epoch, or a duration in seconds; the name of the field says which of the two. */
export type Seconds = number;

/** A factor type (NIST SP 800-63B-4 section 2): something you know, have, or are. */
export type Factor = 'knowledge' | 'possession' | 'inherence';

/** Properties that a verification may have besides its factor types, the most specific first. */
export const characteristics = [
  'hardwareProtected',
  'deviceBound',
  'phishingResistant',
  'userVerification',
  'userPresence',
] as const;

export type Characteristic = (typeof characteristics)[number];

/**
 * One successful verification. A fact, never a verdict: `acr`, `amr` and `auth_time` are derived from these each time.
 */
export interface Evidence {
  /** Key of the authenticator, e.g. `password`. */
  readonly authenticator: string;
  /** Id of the user's enrollment that was used. */
  readonly enrollment: string;
  /** Account id of the user. Evidence never counts for another user (Law 6). */
  readonly subject: string;
  /** Factor types that this one verification covered (WebAuthn with user verification covers two). */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** RFC 8176 values, without `mfa`, which is derived. */
  readonly amr: readonly string[];
  /** By which method of the authenticator, e.g. `sms`. Absent: it has none, or the record is older than methods are. */
  readonly method?: string;
  /** Time of the verification (epoch seconds). */
  readonly at: Seconds;
  /** Id of the transaction in which the user proved it: one authentication event. */
  readonly transaction: string;
  /**
   * `validAfter` of the account at that time. If it has changed since, the evidence no longer counts, also in a sign-in
   * under way.
   */
  readonly validAfter?: Seconds;
  /** The longest time (seconds) between two activities of the session since then. Absent: there was none. */
  readonly longestPause?: Seconds;
  /** `registration`: the user began the account with it, and is signed in by it. */
  readonly origin: 'sign_in' | 'recovery' | 'enrollment' | 'registration';
  /** Of an enrollment: it took the place of one by which the user had signed in, and stands for that proof. */
  readonly replacesProof?: true;
}

/** The kind of device that the browser says it runs on. */
export type Platform = 'desktop' | 'mobile' | 'other';

/** The operating system that the browser says it runs on. */
export type OperatingSystem = 'windows' | 'macos' | 'linux' | 'chromeos' | 'ios' | 'android' | 'other';

/**
 * What passwords are compared with: the common ones, words about user and service, a list of the administrator, the
 * passwords that were found in breaches.
 */
export type PasswordBlocklist = 'common' | 'context' | 'list' | 'breached';

/**
 * A proof that this browser remembers, so that the user need not repeat it for a while. It counts for no `acr` and no
 * `amr`.
 */
export interface RememberedProof {
  readonly authenticator: string;
  readonly enrollment: string;
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** As in the evidence. */
  readonly method?: string;
  /** Time of the verification (epoch seconds). */
  readonly at: Seconds;
  /** The browser remembers the proof until then, as the page told the user (epoch seconds). */
  readonly until: Seconds;
}

/**
 * What an authenticator can do at its best. One verification may show less, e.g. a security key without user
 * verification.
 */
export interface AuthenticatorDescriptor {
  readonly key: string;
  /** The largest set of factor types that one verification can cover. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** The methods by which it can be proved, e.g. `sms` and `voice`. Absent: policies do not tell any apart. */
  readonly methods?: readonly string[];
  /** The user can enroll it in the step loop. */
  readonly enrollable: boolean;
  /** Present: the user has one enrollment at most, and a new one replaces it. */
  readonly maxEnrollments?: 1;
  /** How many more the user may enroll. Present only if a chain may ask for more. Set by `withEnrollmentLimit`. */
  readonly enrollmentsLeft?: number;
  /**
   * Too weak to stand for its factor type. It counts only where a requirement names it, and only beside another
   * authenticator; it is asked for last, and never makes `mfa`.
   */
  readonly auxiliary?: true;
  /**
   * It exists for users who lost their other authenticators. It is asked for last, and meets the account-management
   * requirement (Law 7) beside another factor type.
   */
  readonly recovery?: true;
  /** Its secrets are chosen by users, under the password policy. */
  readonly underPasswordPolicy?: true;
  /** The page that asks for the identifier may ask for its secret, too. */
  readonly askedWithIdentifier?: true;
  /** Which decoys seem to have it. Absent: none. */
  readonly decoys?: DecoyDescriptor;
}

/** How an authenticator appears on decoys, the accounts that stand in for identifiers that no user has. */
export interface DecoyDescriptor {
  /** The share of decoys that seem to have it, from 0 to 1. */
  readonly share: number;
  /** The share among decoys whose identifier is a mail address, where it differs. */
  readonly shareOfAddresses?: number;
  /** The share among decoys whose identifier is a phone number, where it differs. */
  readonly shareOfNumbers?: number;
  /** The characteristics that their enrollments seem to have, where these are fewer than the best. */
  readonly characteristics?: readonly Characteristic[];
}

/** An authenticator that a user has set up. */
export interface Enrollment {
  readonly id: string;
  readonly authenticator: string;
  /** What this very enrollment can show at its best: a subset of what its authenticator can. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** The methods by which this very enrollment can be proved. Absent: all those of its authenticator. */
  readonly methods?: readonly string[];
  /** The name that the user gave it. */
  readonly label?: string;
  /** When it was made (epoch seconds). Absent: it makes no difference. */
  readonly createdAt?: Seconds;
  /** Of a password: the blocklist on which it was found when it was used. */
  readonly compromised?: PasswordBlocklist;
  /** Used up or expired: it can prove nothing more, while earlier evidence from it stands. */
  readonly consumed?: true;
  /** It expires by itself, so it does not count among what the account can show for good. */
  readonly temporary?: true;
  /** As in the descriptor of its authenticator, from which the core takes it. */
  readonly auxiliary?: true;
  /** Set by the core, from the recovery of the account. */
  readonly recovered?: RecoveredPart;
  /**
   * The enrollment policy disables it here: it counts for the account-management requirement (Law 7) only. Set by the
   * core.
   */
  readonly accountManagementOnly?: true;
}

/**
 * Which side of a recovery an enrollment is on: the secret that was set by it, or an address that proved it. Together
 * they are one factor.
 */
export type RecoveredPart = 'secret' | 'proof';

/** The last recovery of the account. */
export interface Recovery {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Ids of the enrollments beside which the recovered password is no second factor. Empty: it is one again. */
  readonly by: readonly string[];
}

/** Whether the account may sign in: only `active` may. */
export type UserStatus = 'active' | 'suspended' | 'deactivated';

/** The user as a decision sees them. */
export interface Subject {
  readonly id: string;
  readonly status: UserStatus;
  readonly identifiers: readonly string[];
  readonly groups: readonly string[];
  readonly userType?: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly enrollments: readonly Enrollment[];
  /** When the account was made (epoch seconds). Absent: there is none, and nothing is made up about it. */
  readonly createdAt?: Seconds;
  /** Absent: the account was never recovered. */
  readonly recovery?: Recovery;
  /** By key of the authenticator: how often the user skipped its enrollment. */
  readonly skipped?: Readonly<Record<string, Skips>>;
  /** By id: the version of the terms that the user accepted last. */
  readonly acceptedTerms?: Readonly<Record<string, string>>;
  /** Optional attributes that the user was asked for already. */
  readonly offeredAttributes?: readonly string[];
  /** By client id: what the user answered when a third-party app asked for access. */
  readonly consents?: Readonly<Record<string, Consent>>;
  /** The user asked for the deletion of the account: when it is due (epoch seconds). */
  readonly deletionDueAt?: Seconds;
}

/** What a user lets a third-party app have. */
export interface Consent {
  /** Scopes that were granted. */
  readonly granted: readonly string[];
  /** Scopes that the user unticked, and is not asked for again. */
  readonly rejected: readonly string[];
}

/** Why the user may skip an enrollment: it is required later, was offered once, or is offered again later. */
export type SkipReason = 'grace' | 'optional' | 'promotion';

/** How often the user skipped one enrollment, counted for each reason by itself. */
export type Skips = Readonly<Partial<Record<SkipReason, Skipped>>>;

/** The count of skips for one reason. */
export interface Skipped {
  readonly count: number;
  /** The last time (epoch seconds). */
  readonly at: Seconds;
}

/** What the relying party asked for. */
export interface RequestFacts {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Claims that the app calls essential (OpenID Connect Core section 5.5.1). Absent: none. */
  readonly essentialClaims?: readonly string[];
  /**
   * `acr` values that the app asks for, by `acr_values` or the claims parameter, best first. With an essential one:
   * those of the claims parameter alone.
   */
  readonly acrValues: readonly string[];
  /** True: one of `acrValues` must be reached (OpenID Connect Core section 5.5.1.1). */
  readonly acrEssential: boolean;
  /** Seconds (OpenID Connect Core section 3.1.2.1). */
  readonly maxAge?: Seconds;
  /** `prompt=login`. */
  readonly promptLogin: boolean;
  /** `prompt=consent`. */
  readonly promptConsent?: true;
  /** `prompt=select_account`. */
  readonly promptSelectAccount?: true;
  /** Claims that the app asks for by name (OpenID Connect Core section 5.5). Absent: none. */
  readonly claims?: readonly string[];
}

/** Everything that a decision may depend on, gathered beforehand. */
export interface Facts {
  /** Epoch seconds. */
  readonly now: Seconds;
  /** The transaction under way. Absent where no interaction has started: SSO, `prompt=none`, refresh, `explain`. */
  readonly transaction?: {
    readonly id: string;
    readonly startedAt: Seconds;
    /** Authenticators whose enrollment the user skipped in it. */
    readonly skipped?: readonly string[];
    /** The authenticator that the user asked to enroll in it. */
    readonly requestedEnrollment?: string;
    /** The user forgot the password, and proves what the recovery policy asks for. */
    readonly recovering?: true;
    /** The user answered the page of consent in it. */
    readonly consented?: true;
    /** The user said in it with which account to go on. */
    readonly accountSelected?: true;
    /** The user was told in it that the account will be deleted, and went on. */
    readonly deletionAcknowledged?: true;
  };
  readonly request: RequestFacts;
  readonly network: {
    /** Empty if no address is given, or it is not known. */
    readonly ip: string;
    /** The address is not known, so that whatever depends on it fails (decision 200). */
    readonly isUnknown?: true;
    readonly zones: readonly string[];
    /** Zones of which it could not be found out whether they hold the address. Absent: none. */
    readonly unknownZones?: readonly string[];
  };
  readonly device: {
    /**
     * Before the session began, the user signed in with this browser at the strongest level that the account can reach
     * (Law 7). A sign-in at an app that asks for less does not make it known (decision 139).
     */
    readonly known: boolean;
    readonly platform: Platform;
    readonly os: OperatingSystem;
    /** A source that the operator trusts says that the device is one of the operator's. Absent: none does. */
    readonly registered?: true;
    /** Likewise, that it is managed. A managed device is a registered one. */
    readonly managed?: true;
    /** Names of the assurances that it meets by what such a source says. Absent: none. */
    readonly assurances?: readonly string[];
    /**
     * Ids of the enrollments that the user proved at the last sign-in with this browser, in that order. They only order
     * options.
     */
    readonly lastUsed?: readonly string[];
    /** Proofs that the user gave with this browser and asked it to remember. */
    readonly remembered?: readonly RememberedProof[];
  };
  /** The user asked to be kept signed in: in this transaction, or when the session began. */
  readonly keepSignedIn?: boolean;
  /**
   * The last sign-in of the account before the session began (epoch seconds), or where none is on record, since when
   * sign-ins are recorded. Absent: the account never signed in before. `unknown`: nothing was recorded at that time.
   */
  readonly lastSignIn?: Seconds | 'unknown';
  /** `lastSignIn` is no sign-in: none is on record, and the account is older than the records. */
  readonly isLastSignInAssumed?: true;
  /**
   * What is unusual about the sign-in, compared with those before the session began. Absent: nothing is, or no policy
   * asks.
   */
  readonly risk?: Risk;
  /**
   * Kilometres from the address to the nearest place that the user usually signed in from before the session began.
   * `nowhere`: it is not known where the address is. `unknown`: it could not be found out. Absent: the user has no
   * usual place, or no policy asks.
   */
  readonly distance?: number | 'nowhere' | 'unknown';
  /** Absent: the user has not identified yet. */
  readonly subject?: Subject;
  /** Of the SSO session and of the transaction. The core ignores evidence of other users in it. */
  readonly evidence: readonly Evidence[];
}

/** What the conditions of a rule see. */
export interface RuleFacts extends Facts {
  /**
   * Names of the proofs by which the user signed in: `phone`, and `phone.sms`. Absent: more must be proved yet. Set by
   * the core.
   */
  readonly signedInWith?: readonly string[];
  /** What is certain of it while more must be proved. Absent: nothing. Set by the core. */
  readonly signingInWith?: SigningInWith;
}

/** By which proofs a user who must prove more signs in. */
export interface SigningInWith {
  /** Names of the proofs that were given: `phone`, and `phone.sms`. */
  readonly proved: readonly string[];
  /** Keys of the authenticators by which the user can give proofs, and of those that were given. */
  readonly possible: readonly string[];
}
