/** Passwords that the policy no longer takes: a user who signs in with one replaces it first. */
import type { Enrollment, Facts, Subject } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PasswordToReplace } from '../model/password-policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { passwordRuling } from '../policy/rules/password-terms.ts';

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
    const toReplace = replacement(enrollment, policies, facts);
    if (toReplace !== undefined) return { authenticator: enrollment.authenticator, ...toReplace };
  }
  return undefined;
}

function replacement(
  { compromised, createdAt }: Enrollment,
  policies: PolicySet,
  facts: Facts,
): Omit<PasswordToReplace, 'authenticator'> | undefined {
  const ruling = passwordRuling(policies, facts);
  if (ruling === undefined) return undefined;
  const { maxAge, blocklists } = ruling.terms;
  const because = (reason: PasswordToReplace['reason']) => omitUndefined({ reason, passwordRule: ruling.rule });
  if (compromised !== undefined && blocklists.includes(compromised)) return because('compromised');
  const isExpired = maxAge !== undefined && createdAt !== undefined && createdAt + maxAge <= facts.now;
  return isExpired ? because('expired') : undefined;
}
