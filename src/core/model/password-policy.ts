/** The password policy as data: what a new password must be, and how long it stays good. */
import type { PasswordBlocklist, Seconds } from './facts.ts';
import type { RuleHead } from './policy.ts';
import type { LayerTrace } from './trace.ts';

/** A rule of the password policy. */
export interface PasswordRule extends RuleHead {
  readonly then: PasswordTerms;
}

/** An ordered list of rules: the first whose conditions all hold decides. */
export interface PasswordPolicy {
  readonly name: string;
  readonly rules: readonly PasswordRule[];
}

/** What a password rule says. Lengths are in characters (code points). */
export interface PasswordTerms {
  /** For a user who has nothing else. */
  readonly minLength: number;
  /** For a user who has a second factor that is bound to a device. */
  readonly minLengthBesideSecondFactor: number;
  readonly blocklists: readonly PasswordBlocklist[];
  /** How many former passwords may not come back. The present one never may. */
  readonly history: number;
  /** Older passwords are changed at the next sign-in. Absent: they stay good. */
  readonly maxAge?: Seconds;
  readonly lockout: PasswordLockout;
}

/** How many wrong passwords an account takes before it takes no more for a while, or until it is unlocked. */
export interface PasswordLockout {
  /** Attempts within `within`. */
  readonly attempts: number;
  readonly within: Seconds;
  /** How long no attempt is taken, from the last one on. Absent: for what is left of `within`. */
  readonly wait?: Seconds;
  /** Failures in a row, after which only used browsers have attempts until a recovery or an administrator. */
  readonly consecutive: number;
}

/**
 * NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures. OWASP ASVS 5.0, 6.1.1: waits that are bounded.
 */
export const defaultLockout: PasswordLockout = { attempts: 10, within: 900, consecutive: 100 };

/** NIST SP 800-63B-4 section 3.1.1.2: 15 characters alone, 8 with a second factor, no composition, no ageing. */
export const defaultPasswordTerms: PasswordTerms = {
  minLength: 15,
  minLengthBesideSecondFactor: 8,
  blocklists: ['common', 'context', 'list', 'breached'],
  history: 0,
  lockout: defaultLockout,
};

/** The lists that a stored password is compared with when it is proved. */
export const listsOfStored = ['common', 'list', 'breached'] as const satisfies readonly PasswordBlocklist[];

/** Why a password must be replaced before the sign-in goes on. */
export type ReplacementReason = 'expired' | 'compromised';

/** A password that the password policy no longer takes. */
export interface PasswordToReplace {
  readonly authenticator: string;
  readonly reason: ReplacementReason;
  /** Name of the rule of the password policy. Absent without a policy, where the default applies. */
  readonly passwordRule?: string;
}

/** A password that must be replaced, and that the user may not replace. */
export interface KeptPassword extends Omit<PasswordToReplace, 'authenticator'> {
  /** The policy that keeps it. Absent: no user can set a password here. */
  readonly layer?: Extract<LayerTrace['layer'], 'enrollment' | 'account'>;
  /** Name of its rule. Absent: no rule of that policy holds. */
  readonly rule?: string;
}
