/** Passwords that the policy no longer takes: a user who signs in with one replaces it first. */
import type { Enrollment, Facts, Subject } from '../model/facts.ts';
import type { OutdatedReason } from '../model/password-policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { passwordRuling } from '../policy/rules/password-terms.ts';

/** A password that must be replaced. */
export interface OutdatedPassword {
  readonly authenticator: string;
  readonly reason: OutdatedReason;
}

/**
 * The outdated password among the enrollments with these ids: those that the decision rests on. Users who sign in
 * without their password are not asked for a new one.
 */
export function outdatedPassword(
  policies: PolicySet,
  facts: Facts,
  { subject, used }: { readonly subject: Subject; readonly used: readonly string[] },
): OutdatedPassword | undefined {
  const chosen = policies.authenticators.filter(({ underPasswordPolicy }) => underPasswordPolicy).map(({ key }) => key);
  for (const enrollment of subject.enrollments) {
    if (!used.includes(enrollment.id) || !chosen.includes(enrollment.authenticator)) continue;
    const reason = outdatedReason(enrollment, policies, facts);
    if (reason !== undefined) return { authenticator: enrollment.authenticator, reason };
  }
  return undefined;
}

function outdatedReason(
  { compromised, createdAt }: Enrollment,
  policies: PolicySet,
  facts: Facts,
): OutdatedReason | undefined {
  const terms = passwordRuling(policies, facts)?.terms;
  if (terms === undefined) return undefined;
  if (compromised !== undefined && terms.blocklists.includes(compromised)) return 'compromised';
  const { maxAge } = terms;
  return maxAge !== undefined && createdAt !== undefined && createdAt + maxAge <= facts.now ? 'expired' : undefined;
}
