/** Passwords that the policy no longer takes: a user who signs in with one replaces it first. */
import type { Enrollment, Facts, Subject } from '../model/facts.ts';
import type { ReplacementReason } from '../model/password-policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { passwordRuling } from '../policy/rules/password-terms.ts';

/** A password that must be replaced. */
export interface PasswordToReplace {
  readonly authenticator: string;
  readonly reason: ReplacementReason;
}

/**
 * The password to replace among the enrollments with these ids: those that the sign-in uses. Users who prove no
 * password are not asked for a new one.
 */
export function passwordToReplace(
  policies: PolicySet,
  facts: Facts,
  { subject, used }: { readonly subject: Subject; readonly used: readonly string[] },
): PasswordToReplace | undefined {
  const chosen = policies.authenticators.filter(({ underPasswordPolicy }) => underPasswordPolicy).map(({ key }) => key);
  for (const enrollment of subject.enrollments) {
    if (!used.includes(enrollment.id) || !chosen.includes(enrollment.authenticator)) continue;
    const reason = replacementReason(enrollment, policies, facts);
    if (reason !== undefined) return { authenticator: enrollment.authenticator, reason };
  }
  return undefined;
}

function replacementReason(
  { compromised, createdAt }: Enrollment,
  policies: PolicySet,
  facts: Facts,
): ReplacementReason | undefined {
  const terms = passwordRuling(policies, facts)?.terms;
  if (terms === undefined) return undefined;
  if (compromised !== undefined && terms.blocklists.includes(compromised)) return 'compromised';
  const { maxAge } = terms;
  return maxAge !== undefined && createdAt !== undefined && createdAt + maxAge <= facts.now ? 'expired' : undefined;
}
