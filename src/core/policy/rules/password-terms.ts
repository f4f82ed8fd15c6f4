/** Applies the password policy: its terms for this user. */
import type { Enrollment, Facts } from '../../model/facts.ts';
import { defaultPasswordTerms, type PasswordLockout, type PasswordTerms } from '../../model/password-policy.ts';
import type { PolicySet } from './compile.ts';
import { findRule } from './rules.ts';

/** What the password policy says for this user. */
export interface PasswordRuling {
  readonly terms: PasswordTerms;
  /** Name of the deciding rule. Absent if there is no policy and the default applies. */
  readonly rule?: string;
}

/** The default applies without a policy and before the user has identified. Undefined if no rule holds. */
export function passwordRuling({ password }: Pick<PolicySet, 'password'>, facts: Facts): PasswordRuling | undefined {
  if (password === undefined) return { terms: defaultPasswordTerms };
  const { undecided, rule } = findRule(password, facts);
  if (rule !== undefined) return { terms: rule.then, rule: rule.name };
  return undecided ? { terms: defaultPasswordTerms } : undefined;
}

/**
 * The requirements for a new password of this user. Undefined if no rule holds: then no password can be set (Law 4).
 */
export function termsForNewPassword(policies: Pick<PolicySet, 'password'>, facts: Facts) {
  const ruling = passwordRuling(policies, facts);
  if (ruling === undefined) return undefined;
  const { blocklists, history } = ruling.terms;
  return { minLength: shortestPassword(ruling.terms, facts.subject?.enrollments ?? []), blocklists, history };
}

/** The distinct lockouts of all rules, in order. If there is only one, it applies to all users. */
export function passwordLockouts(
  policy: PolicySet['password'],
): readonly [PasswordLockout, ...(readonly PasswordLockout[])] {
  const all = policy?.rules.map(({ rule }) => rule.then.lockout) ?? [];
  const [first = defaultPasswordTerms.lockout, ...others] = new Map(
    all.map((lockout) => [JSON.stringify(lockout), lockout]),
  ).values();
  return [first, ...others];
}

/** The minimum length of a new password for this user (characters). */
export function shortestPassword(terms: PasswordTerms, enrollments: readonly Enrollment[]): number {
  return enrollments.some(isSecondFactor) ? terms.minLengthBesideSecondFactor : terms.minLength;
}

/**
 * A physical authenticator in addition to the password (NIST SP 800-63B-4 section 2.2.1). Mailboxes, phone numbers and
 * codes on paper do not count.
 */
function isSecondFactor({ factors, characteristics, consumed, temporary }: Enrollment): boolean {
  const isPhysical = characteristics.includes('deviceBound') || characteristics.includes('phishingResistant');
  return !consumed && !temporary && factors.includes('possession') && isPhysical;
}
