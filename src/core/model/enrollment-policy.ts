/** The enrollment policy as data: which authenticators users must, may and must not enroll. */
import type { Seconds } from './facts.ts';
import type { RuleHead } from './policy.ts';

/** A rule of the enrollment policy. */
export interface EnrollmentRule extends RuleHead {
  readonly then: EnrollmentTerms;
}

/**
 * What an enrollment rule says. An authenticator that it does not name may be enrolled where a sign-on policy needs it,
 * and is not offered otherwise.
 */
export interface EnrollmentTerms {
  /** All of them must be met. */
  readonly required: readonly RequiredEnrollment[];
  /** Offered once each. */
  readonly optional: readonly string[];
  readonly promoted: readonly Promotion[];
  /** Can be neither enrolled nor used, and their evidence does not count. */
  readonly disabled: readonly string[];
  /** May be used and not be enrolled. Absent: none. */
  readonly useOnly?: readonly string[];
  /** By authenticator, the models that may be enrolled. What is enrolled already is not touched. Absent: any may. */
  readonly models?: Readonly<Record<string, readonly string[]>>;
}

/** One of these authenticators must be enrolled; the user chooses which. */
export interface RequiredEnrollment {
  readonly anyOf: readonly string[];
  /** How many enrollments are required, of these authenticators together. Absent: one. */
  readonly count?: number;
  readonly grace?: Grace;
}

/** How long the user may skip a required enrollment: until a moment (epoch seconds), or this many times. */
export type Grace = { readonly until: Seconds } | { readonly skips: number };

/** An enrollment that is needed, and that the user cannot make. */
export interface MissingEnrollment {
  /** Any of them would do. */
  readonly authenticators: readonly string[];
  /** Name of the rule of the enrollment policy that requires it. Absent: other layers take it. */
  readonly enrollmentRule?: string;
}

/** An optional enrollment that is offered again after it was skipped. */
export interface Promotion {
  readonly authenticator: string;
  /** Least time between a skip and the next offer (seconds). */
  readonly cooldown: Seconds;
  /** No more offers after this many skips; absent: no limit. */
  readonly skips?: number;
}

/** An ordered list of rules: the first whose conditions all hold decides. No rule holds: deny. */
export interface EnrollmentPolicy {
  readonly name: string;
  readonly rules: readonly EnrollmentRule[];
}
