/** A profile policy as data: who may register, and what an app needs to know of its users. */
import type { LocalizedText } from './attribute.ts';
import type { RuleHead } from './policy.ts';

/** A rule of a profile policy. */
export interface ProfileRule extends RuleHead {
  readonly then: ProfileTerms;
}

/** What a profile rule says. */
export interface ProfileTerms {
  /** Absent: no user can register. */
  readonly registration?: RegistrationTerms;
  /** Attributes that a sign-in does not complete without. */
  readonly required: readonly string[];
  /** Attributes that are asked for once, and may be skipped. */
  readonly optional: readonly string[];
  /** What the user must have accepted, in these versions. */
  readonly terms: readonly TermsOfUse[];
}

/** What a new user is asked for besides the address, and what the account begins with. */
export interface RegistrationTerms {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** A password is set with the registration. */
  readonly password: boolean;
  readonly groups: readonly string[];
}

/** Terms that a user accepts. A new version must be accepted again. */
export interface TermsOfUse {
  readonly id: string;
  readonly version: string;
  readonly label?: LocalizedText;
  /** Where they can be read. */
  readonly url?: string;
}

/** An ordered list of rules: the first whose conditions all hold decides. No rule holds: deny. */
export interface ProfilePolicy {
  readonly name: string;
  readonly rules: readonly ProfileRule[];
}
