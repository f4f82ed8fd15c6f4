/**
 * What a decision depends on, as plain, readonly data: evidence, enrollments, the user, the request.
 * Times are whole seconds since the epoch; durations are whole seconds.
 */

/** Seconds since the epoch, or a duration in seconds; which of the two, the name of the field says. */
export type Seconds = number;

/** NIST SP 800-63B-4 section 2: something you know, have, are. */
export type Factor = 'knowledge' | 'possession' | 'inherence';

/** What a verification showed beyond its factor types. */
export type Characteristic =
  | 'userPresence'
  | 'userVerification'
  | 'deviceBound'
  | 'hardwareProtected'
  | 'phishingResistant';

/** A fact that was proved. Append-only, never a verdict: `acr`, `amr` and `auth_time` are derived from these each time. */
export interface Evidence {
  /** Key of the authenticator, e.g. `password`. */
  readonly authenticator: string;
  /** Which of the person's enrollments of that authenticator. */
  readonly enrollment: string;
  /** Account that proved it. Evidence never counts for anybody else. */
  readonly subject: string;
  /** Factor types that this one verification covered (WebAuthn with user verification covers two). */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** RFC 8176 values, without `mfa`, which is derived. */
  readonly amr: readonly string[];
  /** When it was proved (epoch seconds). */
  readonly at: Seconds;
  /** The transaction in which it was proved: one authentication event. */
  readonly transaction: string;
  readonly origin: 'sign_in' | 'recovery' | 'enrollment';
}

export type Platform = 'desktop' | 'mobile' | 'other';

export type OperatingSystem = 'windows' | 'macos' | 'linux' | 'chromeos' | 'ios' | 'android' | 'other';

/** A proof that this browser need not show again for a while. It counts for no `acr` and no `amr`. */
export interface RememberedProof {
  readonly authenticator: string;
  readonly enrollment: string;
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** When it was proved (epoch seconds). */
  readonly at: Seconds;
  /** Until then the person was told that it would be remembered (epoch seconds). */
  readonly until: Seconds;
}

/** What an authenticator can do at its best; a verification may show less (a key without user verification). */
export interface AuthenticatorDescriptor {
  readonly key: string;
  /** The largest set of factor types that one verification can cover. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** The person can enroll it in the step loop. */
  readonly enrollable: boolean;
  /**
   * Too weak to stand for its factor type: it counts only where a requirement names it, only beside something else that was proved, is
   * asked for last, and never makes `mfa`.
   */
  readonly auxiliary?: true;
  /** It is there for the day when others are lost: it is asked for last, and reaches the bar of Law 7 beside another factor type. */
  readonly recovery?: true;
  /** Its secret may be asked for on the page that asks who somebody is. */
  readonly askedWithIdentifier?: true;
  /** Who of those who do not exist seems to have it. Absent: nobody. */
  readonly decoys?: DecoyDescriptor;
}

/** What an authenticator is like with people who do not exist. */
export interface DecoyDescriptor {
  /** The share of them who seem to have it, from 0 to 1. */
  readonly share: number;
  /** The share among those whose identifier is a mail address, where that is another one. */
  readonly shareOfAddresses?: number;
  /** What theirs seems able to show, where that is less than the best. */
  readonly characteristics?: readonly Characteristic[];
}

/** What is known about one of the person's enrollments. */
export interface Enrollment {
  readonly id: string;
  readonly authenticator: string;
  /** What this very enrollment can show at its best; a subset of the traits. */
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** The name that the person gave it. */
  readonly label?: string;
  /** It is used up or over: evidence from it stands, and it can prove nothing more. */
  readonly consumed?: true;
  /** It is over by itself some day: what the account can show for good, it does not show. */
  readonly temporary?: true;
  /** As in the traits of its authenticator, from which the core takes it. */
  readonly auxiliary?: true;
  /** The enrollment policy disables it here: it counts for the bar of Law 7, and for nothing else. The core finds out. */
  readonly accountManagementOnly?: true;
}

export type UserStatus = 'active' | 'suspended' | 'deactivated';

export interface Subject {
  readonly id: string;
  readonly status: UserStatus;
  readonly identifiers: readonly string[];
  readonly groups: readonly string[];
  readonly userType?: string;
  readonly profile: Readonly<Record<string, unknown>>;
  readonly enrollments: readonly Enrollment[];
  /** By authenticator: how often the person skipped enrolling it. */
  readonly skipped?: Readonly<Record<string, Skips>>;
}

/** Why the user may skip an enrollment: it is required later, was offered once, or is offered again later. */
export type SkipReason = 'grace' | 'optional' | 'promotion';

/** By why it could be skipped: what was once offered uses up no grace, and a promotion no offer. */
export type Skips = Readonly<Partial<Record<SkipReason, Skipped>>>;

export interface Skipped {
  readonly count: number;
  /** The last time (epoch seconds). */
  readonly at: Seconds;
}

/** What the relying party asked for. */
export interface RequestFacts {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** In the order of preference. */
  readonly acrValues: readonly string[];
  /** True: one of `acrValues` must be reached (OpenID Connect Core section 5.5.1.1). */
  readonly acrEssential: boolean;
  /** Seconds (OpenID Connect Core section 3.1.2.1). */
  readonly maxAge?: Seconds;
  /** `prompt=login`. */
  readonly promptLogin: boolean;
}

/** Everything that a decision may depend on, gathered beforehand. */
export interface Facts {
  /** Epoch seconds. */
  readonly now: Seconds;
  /** The transaction under way; absent when no interaction has started (SSO, `prompt=none`, refresh, explain). */
  readonly transaction?: {
    readonly id: string;
    readonly startedAt: Seconds;
    /** Authenticators that the person skipped to enroll in it. */
    readonly skipped?: readonly string[];
    /** The authenticator that the person asked to enroll in it. */
    readonly requestedEnrollment?: string;
  };
  readonly request: RequestFacts;
  readonly network: { readonly ip: string; readonly zones: readonly string[] };
  readonly device: {
    readonly known: boolean;
    readonly platform: Platform;
    readonly os: OperatingSystem;
    /** Enrollments that this person proved at the last sign-in with this browser, in that order. They only order what is offered. */
    readonly lastUsed?: readonly string[];
    /** What this person proved with this browser and asked to have remembered. */
    readonly remembered?: readonly RememberedProof[];
  };
  /** The person asked to be kept signed in: in this transaction, or when the session began. */
  readonly keepSignedIn?: boolean;
  /** Absent: nobody has identified yet. */
  readonly subject?: Subject;
  /** SSO session and transaction together. Other people's evidence in it is ignored. */
  readonly evidence: readonly Evidence[];
}
