/** The result of evaluation as data, and the types that the stages of evaluation share. */

import type { MissingEnrollment } from './enrollment-policy.ts';
import type { Evidence, Seconds, SkipReason } from './facts.ts';
import type { KeptPassword, PasswordToReplace, ReplacementReason } from './password-policy.ts';
import type { GrantedSession, Requirement } from './policy.ts';
import type { TermsOfUse } from './profile-policy.ts';
import type { LayerTrace, Trace } from './trace.ts';

/** What tokens may say about the evidence that a decision rests on. */
export interface Assurance {
  /** The configured value that the evidence meets; absent when it meets none. */
  readonly acr?: string;
  /** RFC 8176; `mfa` only for two distinct factor types. Sorted, without repeats. */
  readonly amr: readonly string[];
  /** Time of the oldest evidence that the decision rests on (epoch seconds). */
  readonly authTime: Seconds;
  /** The evidence itself. */
  readonly supportingEvidence: readonly Evidence[];
}

/** Why a decision denies. */
export const denyReasons = [
  /** A rule says deny. */
  'rule',
  /** No rule of the policy holds. */
  'no_rule',
  /** A condition of the rule could not be found out. */
  'condition_failed',
  /** The account may not sign in (suspended, deactivated). */
  'account_inactive',
  /** Nothing that the user has or may enroll can meet the requirement. */
  'unsatisfiable',
  /** The enrollment policy disables what the requirement takes, or the account policy forbids to add it. */
  'enrollment_forbids',
  /** Something must be enrolled, and the user cannot prove what must be proved before that. */
  'authenticator_not_enrollable',
  /** One more enrollment would meet the requirement, but the account has as many as it may have. */
  'enrollments_full',
  /** The password must be replaced, and the user cannot prove what must be proved before that. */
  'password_not_replaceable',
  /** A recovery sets a new password, and the account has none to replace. */
  'nothing_to_recover',
  /** The essential `acr` cannot be reached: `unmet_authentication_requirements`. */
  'acr_unattainable',
  /** The app or its policy is not known. */
  'no_policy',
] as const;

export type DenyReason = (typeof denyReasons)[number];

/** One authenticator that the user may prove next. */
export interface ChallengeOption {
  readonly authenticator: string;
  /** The enrollments of it that would do. Where there are several, the user may choose. */
  readonly enrollments: readonly string[];
  /** The authenticator serves recovery (see its descriptor): having been used last does not make it the first offer. */
  readonly recovery?: true;
}

/** The user may skip the enrollment. */
export interface Skippable {
  /** `grace`: it is required later. `promotion`: it is offered again later. */
  readonly reason: SkipReason;
  /** Authenticators whose enrollment is skipped. */
  readonly authenticators: readonly string[];
  /** How often it may still be skipped, this time included. */
  readonly skipsLeft?: number;
  /** It may be skipped before this moment (epoch seconds). */
  readonly until?: Seconds;
}

/** The user may ask this browser to remember a proof. */
export interface Rememberable {
  /** How long the browser remembers it (seconds). */
  readonly seconds: Seconds;
  /** Ids of the enrollments whose proof would waive the second factor next time. */
  readonly enrollments: readonly string[];
}

/**
 * A decision without its trace: who is it, is it still this account, denied, prove this, enroll this, complete the
 * profile, let the app have access, keep the account, or allowed.
 */
export type DecisionOutcome =
  | { readonly kind: 'identify' }
  | ({ readonly kind: 'deny' } & Denial)
  /** Each option makes progress. Never empty. Best first. */
  | {
      readonly kind: 'challenge';
      readonly options: readonly ChallengeOption[];
      /** For audit and `explain`, never for the user: the denial, withheld until the user has proved something. */
      readonly withheld?: Denial;
      /** It serves the account-management requirement (Law 7) for one of these enrollments. Never the first proof. */
      readonly toEnroll?: readonly string[];
      /** It is asked for because of this password: before a new one, or in its place. */
      readonly passwordToReplace?: PasswordToReplace;
      /** The enrollment may be skipped, and the challenge with it. */
      readonly skippable?: Skippable;
      readonly rememberable?: Rememberable;
    }
  /** Each choice, once enrolled, makes progress. Never empty. */
  | {
      readonly kind: 'enroll';
      readonly choices: readonly string[];
      readonly skippable?: Skippable;
      /** It takes the place of a password that the policy no longer takes. */
      readonly replacementReason?: ReplacementReason;
      readonly passwordToReplace?: PasswordToReplace;
      /**
       * The user may only choose: the account-management requirement (Law 7) comes before the enrollment. Absent: it is
       * met.
       */
      readonly proofFirst?: true;
    }
  /** The profile lacks something that the app needs, or may have. Only once the sign-on is met. */
  | ({ readonly kind: 'profile' } & ProfileRequest)
  /** A third-party app asks for access. Only once the sign-on is met. */
  | { readonly kind: 'consent'; readonly scopes: readonly AskedScope[] }
  /** `prompt=select_account`: the user says whether to go on with this account. */
  | { readonly kind: 'select_account' }
  /** The account waits for its deletion: the user may keep it. Only once the sign-on is met. `dueAt`: epoch seconds. */
  | { readonly kind: 'keep_account'; readonly dueAt: Seconds }
  | {
      readonly kind: 'allow';
      readonly assurance: Assurance;
      readonly rule: string;
      /** Of the scopes that were asked for, those that tokens may carry. Absent: all. */
      readonly scopes?: readonly string[];
      readonly session?: GrantedSession;
      /** Authenticators that were not asked for because this browser remembers their proof. */
      readonly waived?: readonly string[];
      /** Proofs of this transaction that the browser may remember. */
      readonly rememberable?: Rememberable;
      readonly keptPassword?: KeptPassword;
      /** Names of the proofs of this session by which the user signed in. Absent: no rule asks. */
      readonly signedInWith?: readonly string[];
    };

/** What a profile policy asks the user for. At least one of the lists is not empty. */
export interface ProfileRequest {
  /** Attributes that must have a value; known ones are among them. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Terms that the user must accept. */
  readonly terms: readonly TermsOfUse[];
  /** Nothing of it is required. */
  readonly canSkip?: true;
}

/** One scope that the user is asked about. */
export interface AskedScope {
  readonly scope: string;
  /** The app cannot do without it: the user grants it, or ends the sign-in. */
  readonly required: boolean;
  /** The user rejected it before. */
  readonly rejected: boolean;
}

/** What comes next in a sign-in, and why. */
export type Decision = { readonly trace: Trace } & DecisionOutcome;

/** Why sign-in is denied, and the layer and rule that deny it, where one does. */
export interface Denial {
  readonly reason: DenyReason;
  readonly layer?: LayerTrace['layer'];
  readonly rule?: string;
  /** With `password_not_replaceable`. The layer and the rule are those that ask for more before it is replaced. */
  readonly passwordToReplace?: PasswordToReplace;
  /** What the layer and the rule keep the user from enrolling. */
  readonly missingEnrollment?: MissingEnrollment;
  /** Of a recovery: from another network or browser, or at another time, the user may be able to prove enough. */
  readonly isPassing?: true;
}

/**
 * One of the authorities that must all agree to a sign-in (session policy, sign-on policy, minimum `acr`, request,
 * enrollment policy, profile policy), with its ruling: a denial or a requirement. Neither: it is undecided, or asks for
 * nothing.
 */
export interface Layer {
  readonly trace: LayerTrace;
  readonly denial?: Denial;
  readonly requirement?: LayerRequirement;
}

/** What one layer requires: any one of these requirements. */
export interface LayerRequirement {
  readonly layer: LayerTrace['layer'] | 'account_management';
  readonly anyOf: readonly Requirement[];
  /**
   * It is the account-management requirement (Law 7). Only for it, enrollments yet to be made do not count, and those
   * that the enrollment policy disables do.
   */
  readonly isAccountManagement?: true;
}
