/** What a standard asks for, as data. */
import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import type { PasswordTerms } from '../../../core/model/password-policy.ts';

/** Enabled authenticators, by what standards call them. Keys. */
export interface AuthenticatorRoles {
  /** Memorised secrets. */
  readonly passwords: readonly string[];
  /** Codes that are sent by mail. */
  readonly mail: readonly string[];
  /** Codes that are sent over the telephone network. */
  readonly phone: readonly string[];
  /** Questions whose answer others may know. */
  readonly questions: readonly string[];
  /** Codes that an administrator hands out. */
  readonly handedOut: readonly string[];
  readonly phishingResistant: readonly string[];
  readonly all: readonly string[];
}

/** One requirement of a standard. */
export interface Criterion {
  /** e.g. `NIST SP 800-63B-4, 2.2.1`. */
  readonly section: string;
  /** A clause that says what it asks for. */
  readonly text: string;
  /** The standard recommends it. Absent: it requires it. */
  readonly isRecommended?: true;
  /** The policy whose rule is to blame. */
  readonly blames: 'session' | 'app';
  /** Undefined: the enabled authenticators leave nothing to ask. */
  readonly guarantee: (roles: AuthenticatorRoles) => Guarantee | undefined;
  /** An app at which this holds of every sign-in is exempt. */
  readonly exempts?: Guarantee;
}

/** What a standard asks of each rule of the password policy. */
export interface PasswordCriterion {
  readonly section: string;
  readonly text: string;
  readonly isMet: (terms: PasswordTerms) => boolean;
  /** It asks for the lockout, which a user for whom a rule fails has of any rule (decision 48). */
  readonly isAboutLockout?: true;
}

export interface Standard {
  readonly title: string;
  readonly criteria: readonly Criterion[];
  readonly passwords?: readonly PasswordCriterion[];
  /** Present: no browser may do without a factor because it remembers a proof. */
  readonly memory?: Pick<Criterion, 'section' | 'text'>;
  /** Authenticators that must not be enabled at all. */
  readonly banned?: {
    readonly section: string;
    readonly text: string;
    readonly keys: (roles: AuthenticatorRoles) => readonly string[];
  };
  /** What no policy can show. */
  readonly notShown: readonly string[];
}
