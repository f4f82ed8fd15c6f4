/** The enrollment policy as data: what must, may and must not be enrolled. */
import type { Seconds } from './facts.ts';
import type { RuleHead } from './policy.ts';

export interface EnrollmentRule extends RuleHead {
  readonly then: EnrollmentTerms;
}

/** An authenticator that is named nowhere may be enrolled where a sign-on policy needs it, and is not offered by itself. */
export interface EnrollmentTerms {
  /** Each of them must be met. */
  readonly required: readonly RequiredEnrollment[];
  /** Offered once each. */
  readonly optional: readonly string[];
  readonly promoted: readonly Promotion[];
  /** Can be neither enrolled nor used, and their evidence does not count. */
  readonly disabled: readonly string[];
}

/** One of these authenticators must be enrolled; which one is the person's choice. */
export interface RequiredEnrollment {
  readonly anyOf: readonly string[];
  readonly grace?: Grace;
}

/** How long the person may go on without: before a moment (epoch seconds), or so many times. */
export type Grace = { readonly until: Seconds } | { readonly skips: number };

/** Optional, and offered again. */
export interface Promotion {
  readonly authenticator: string;
  /** Least time between being skipped and being offered again (seconds). */
  readonly cooldown: Seconds;
  /** Offered no more after it was skipped so often; absent: again and again. */
  readonly skips?: number;
}

/** An ordered list; the first rule whose conditions all hold decides. No rule holds: deny. */
export interface EnrollmentPolicy {
  readonly name: string;
  readonly rules: readonly EnrollmentRule[];
}
