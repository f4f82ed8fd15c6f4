/** What a decision comes to, as data, and the words that evaluation shares. */

import type { Evidence, Seconds, SkipReason } from './facts.ts';
import type { GrantedSession, Requirement } from './policy.ts';
import type { LayerTrace, Trace } from './trace.ts';

/** What is true of the evidence that a decision rests on. */
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
  readonly reason: SkipReason;
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
export type DecisionOutcome =
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
      readonly proofFirst?: true;
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

export type Decision = { readonly trace: Trace } & DecisionOutcome;

export interface Denial {
  readonly reason: DenyReason;
  readonly layer?: LayerTrace['layer'];
  readonly rule?: string;
}

/** What one layer says. Exactly one of `denial` and `goal` is there once it is decided; the request may have neither. */
export interface Layer {
  readonly trace: LayerTrace;
  readonly denial?: Denial;
  readonly requirement?: LayerRequirement;
}

/** One layer's demand. Any of the requirements will do. */
export interface LayerRequirement {
  readonly layer: LayerTrace['layer'] | 'account_management';
  readonly anyOf: readonly Requirement[];
  /** It is the bar of Law 7: what is yet to be enrolled does not count, and what the enrollment policy disables does. */
  readonly isAccountManagement?: true;
}
