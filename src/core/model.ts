/**
 * The words of the engine as types. Everything here is plain, readonly data: the core reads it, decides, and returns data.
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

/** One thing that a requirement asks for. Every given field must hold for one and the same evidence. */
export interface Demand {
  /** The factor type that must have been covered; absent: any. */
  readonly factor?: Factor;
  /** Allow list of authenticator keys. */
  readonly authenticators?: readonly string[];
  /** Deny list of authenticator keys. */
  readonly exclude?: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  /** Oldest age that still counts (seconds). 0: it must be proved in this transaction. */
  readonly maxAge?: Seconds;
}

/** One way to satisfy a requirement: every demand holds, and together `factors` distinct factor types are covered. */
export interface Alternative {
  readonly factors: 1 | 2 | 3;
  readonly demands: readonly Demand[];
  /** Applies to all evidence of this alternative (seconds). 0: everything must be proved in this transaction. */
  readonly maxAge?: Seconds;
}

/** One link of a chain: any of these authenticators. */
export interface ChainStep {
  readonly authenticators: readonly string[];
  readonly characteristics?: readonly Characteristic[];
  readonly maxAge?: Seconds;
}

/** OR of alternatives, or OR of ordered chains (a chain may use two authenticators of one factor type on purpose). */
export type Requirement =
  | { readonly anyOf: readonly Alternative[] }
  | { readonly chains: readonly (readonly ChainStep[])[] };

/** Membership lists: every given one must hold. */
export interface AnyAllNone {
  readonly any?: readonly string[];
  readonly all?: readonly string[];
  readonly none?: readonly string[];
}

/** When a rule applies. All given conditions must hold; none given: always. */
export interface Conditions {
  /** User ids or canonical identifiers. */
  readonly users?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  readonly groups?: AnyAllNone;
  readonly userType?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  /** Names of network zones. */
  readonly network?: AnyAllNone;
  readonly device?: {
    readonly known?: boolean;
    readonly platform?: readonly Platform[];
    readonly os?: readonly OperatingSystem[];
  };
  /** Client ids. */
  readonly apps?: { readonly any?: readonly string[]; readonly none?: readonly string[] };
  /** OAuth scopes of the request. */
  readonly scopes?: AnyAllNone;
  readonly time?: {
    /** 0 = Sunday ... 6 = Saturday, in `zone`. */
    readonly days?: readonly number[];
    /** Minutes since midnight in `zone`; `from` after `to` means over midnight. `to` itself is outside. */
    readonly from?: number;
    readonly to?: number;
    /** IANA name of the time zone. */
    readonly zone: string;
  };
  /** By profile attribute; all given attributes must hold. */
  readonly attributes?: Readonly<Record<string, AttributeTest>>;
}

export interface AttributeTest {
  readonly equals?: AttributeValue;
  readonly in?: readonly AttributeValue[];
  /** `*` matches any run of characters, everything else itself. Not a regular expression: no input can make it slow. */
  readonly matches?: string;
}

export type AttributeValue = string | number | boolean;
export type Platform = 'desktop' | 'mobile' | 'other';
export type OperatingSystem = 'windows' | 'macos' | 'linux' | 'chromeos' | 'ios' | 'android' | 'other';

/** Where a rule stands in the admin's files; carried through to traces, never used to decide. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** What the rules of every policy have in common. */
export interface RuleHead {
  readonly name: string;
  readonly when: Conditions;
  readonly origin?: Origin;
}

export interface Rule extends RuleHead {
  readonly then:
    | { readonly kind: 'deny' }
    | {
        readonly kind: 'allow';
        readonly requirement: Requirement;
        /** Session policy only: how long the SSO session may live. */
        readonly session?: SessionTerms;
        /** Sign-on policy only: so long (seconds) a browser that proved the second factor may be spared it. */
        readonly remember?: Seconds;
      };
}

/** Lifetime of an SSO session (seconds). */
export interface SessionLimits {
  /** Since the last use. */
  readonly idle: Seconds;
  /** Since it began. */
  readonly absolute: Seconds;
}

/** What a session rule grants. */
export interface SessionTerms extends SessionLimits {
  /** Instead, for people who ask to be kept signed in: the session then outlives the browser. Absent: nobody is asked. */
  readonly keep?: SessionLimits;
}

/** What a session has been granted. */
export interface GrantedSession extends SessionLimits {
  /** The person asked to be kept signed in, and the policy allows it. */
  readonly kept?: true;
}

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

/** An ordered list; the first rule whose conditions all hold decides. No rule holds: deny. */
export interface Policy {
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** One configured `acr` value and what it stands for. */
export interface AcrValue {
  readonly value: string;
  readonly requirement: Requirement;
}

/** What an authenticator can do at its best; a verification may show less (a key without user verification). */
export interface AuthenticatorTraits {
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
  readonly besideIdentifier?: true;
  /** Who of those who do not exist seems to have it. Absent: nobody. */
  readonly decoys?: DecoyTraits;
}

/** What an authenticator is like with people who do not exist. */
export interface DecoyTraits {
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
  readonly spent?: true;
  /** It is over by itself some day: what the account can show for good, it does not show. */
  readonly temporary?: true;
  /** As in the traits of its authenticator, from which the core takes it. */
  readonly auxiliary?: true;
  /** The enrollment policy disables it here: it counts for the bar of Law 7, and for nothing else. The core finds out. */
  readonly barOnly?: true;
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

/** By why it could be skipped: what was once offered uses up no grace, and a promotion no offer. */
export type Skips = Readonly<Partial<Record<Skippable['reason'], Skipped>>>;

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
    readonly wanted?: string;
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

export type Tri = 'hit' | 'miss' | 'unknown';

export interface ConditionTrace {
  /** e.g. `groups`, `network`, `attributes.department`. */
  readonly condition: string;
  readonly result: Tri;
}

export interface RuleTrace {
  readonly rule: string;
  readonly result: Tri;
  readonly conditions: readonly ConditionTrace[];
  readonly origin?: Origin;
}

export interface LayerTrace {
  readonly layer: 'session' | 'app' | 'request' | 'enrollment';
  readonly policy: string;
  /** In order, up to the rule that decided. */
  readonly rules: readonly RuleTrace[];
  /** The rule that decided; absent when none did. */
  readonly decidedBy?: string;
  readonly outcome: 'allow' | 'deny' | 'undecided' | 'not_requested';
  readonly requirement?: Requirement;
  /** The `acr` values of which one must be reached: the request's, or the app's minimum. */
  readonly acrValues?: readonly string[];
  /** Request layer: the age (seconds) that all evidence must keep to; 0: this transaction only. */
  readonly maxAge?: Seconds;
  /** Authenticators whose proof this browser remembers, where that may stand for the second factor. */
  readonly remembered?: readonly string[];
  /** The evidence at hand meets the layer. */
  readonly satisfied?: boolean;
}

/** Why a decision came out as it did. Part of every decision; `explain` and the audit log print it. */
export interface Trace {
  readonly layers: readonly LayerTrace[];
}

/** What is true of the evidence that a decision rests on. */
export interface Assurance {
  /** The configured value that the evidence meets; absent when it meets none. */
  readonly acr?: string;
  /** RFC 8176; `mfa` only for two distinct factor types. Sorted, without repeats. */
  readonly amr: readonly string[];
  /** Time of the oldest evidence that the decision rests on (epoch seconds). */
  readonly authTime: Seconds;
  /** The evidence itself. */
  readonly witness: readonly Evidence[];
}

export type DenyReason =
  /** A rule says deny. */
  | 'rule'
  /** No rule of the policy holds. */
  | 'no_rule'
  /** The account may not sign in (suspended, deactivated). */
  | 'account_inactive'
  /** Nothing that this person has or may enroll can meet the requirement. */
  | 'unsatisfiable'
  /** It could be met, but the enrollment policy disables what it takes. */
  | 'enrollment_forbids'
  /** Another enrollment would do, but the account has as many as it can have. */
  | 'enrollments_full'
  /** The essential `acr` cannot be reached: `unmet_authentication_requirements`. */
  | 'acr_unattainable'
  /** The app or its policy is not known. */
  | 'no_policy';

/** One authenticator that would make progress. */
export interface ChallengeOption {
  readonly authenticator: string;
  /** The person's enrollments of it that would do; more than one lets the person choose. */
  readonly enrollments: readonly string[];
  /** As in the traits of the authenticator: it is not offered first because it was used last. */
  readonly recovery?: true;
}

/** The person may go on without enrolling. */
export interface Skippable {
  /** `grace`: it is required later. `promotion`: it is offered again later. */
  readonly reason: 'grace' | 'optional' | 'promotion';
  /** What is skipped. */
  readonly authenticators: readonly string[];
  /** How often it may still be skipped, this time included. */
  readonly skipsLeft?: number;
  /** It may be skipped before this moment (epoch seconds). */
  readonly until?: Seconds;
}

/** The person may ask that this browser remembers a proof. */
export interface Rememberable {
  /** So long it is remembered (seconds). */
  readonly seconds: Seconds;
  /** Those whose proof would spare them the second factor next time. */
  readonly enrollments: readonly string[];
}

/** What a decision comes to. */
export type Outcome =
  | { readonly kind: 'identify' }
  | { readonly kind: 'deny'; readonly reason: DenyReason; readonly layer?: LayerTrace['layer']; readonly rule?: string }
  /** Each option makes progress. Never empty. Best first. */
  | {
      readonly kind: 'challenge';
      readonly options: readonly ChallengeOption[];
      /** For audit and `explain`, never for the person: the deny that is kept back until they have proved something. */
      readonly withheld?: { readonly reason: DenyReason; readonly layer?: LayerTrace['layer']; readonly rule?: string };
      /** It is for the bar of Law 7, before one of these is enrolled, which may be skipped with it. Never before something is proved. */
      readonly toEnroll?: readonly string[];
      readonly skippable?: Skippable;
      readonly remember?: Rememberable;
    }
  /** Each choice, once enrolled, makes progress. Never empty. */
  | {
      readonly kind: 'enroll';
      readonly choices: readonly string[];
      readonly skippable?: Skippable;
      /** Only to choose from: the bar of Law 7 comes before the enrollment that the person asks for. Absent: it is cleared. */
      readonly barred?: true;
    }
  | {
      readonly kind: 'allow';
      readonly assurance: Assurance;
      readonly rule: string;
      readonly session?: GrantedSession;
      /** Authenticators that were not asked for because this browser remembers their proof. */
      readonly waived?: readonly string[];
      /** What was proved in this transaction and may be remembered. */
      readonly remember?: Rememberable;
    };

export type Decision = { readonly trace: Trace } & Outcome;
