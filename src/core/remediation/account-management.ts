/**
 * The account-management requirement: what a user must prove before enrolling or changing any authenticator (Law 7).
 * See decision 20.
 */
import { independentParts } from '../evidence/recovered-password.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { AuthenticatorDescriptor, Enrollment, Factor } from '../model/facts.ts';
import type { Alternative } from '../model/policy.ts';

/** The maximum age of a proof for this requirement (seconds). */
export const accountManagementMaxAge = 300;

/**
 * Law 7: the strongest level that the account can reach. Only existing enrollments count, and auxiliary ones do not, so
 * an account with no other enrollment never meets the requirement. A user who can no longer reach that level may use a
 * recovery authenticator together with another factor type (NIST SP 800-63B-4 section 4.2.2.2). `all` and
 * `authenticators` include those that the enrollment policy disables.
 */
export function accountManagementRequirement(
  all: readonly Enrollment[],
  authenticators: readonly AuthenticatorDescriptor[],
): LayerRequirement {
  const recovery = recoveryKeys(authenticators);
  const anyOf = [strongest(all), ...(recovery.length > 0 ? [recovered(recovery)] : [])];
  return { layer: 'account_management', anyOf: [{ anyOf }], isAccountManagement: true };
}

/** Keys of the authenticators whose purpose is recovery. */
export function recoveryKeys(authenticators: readonly AuthenticatorDescriptor[]): readonly string[] {
  return authenticators.filter(({ recovery }) => recovery).map(({ key }) => key);
}

function strongest(all: readonly Enrollment[]): Alternative {
  const enrollments = all.filter(({ auxiliary }) => !auxiliary);
  const counts = independentParts(enrollments).map(
    (part) => new Set<Factor>(part.flatMap(({ factors }) => factors)).size,
  );
  const resistant = enrollments.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  return {
    factors: Math.max(1, ...counts) as 1 | 2 | 3,
    demands: resistant ? [{ characteristics: ['phishingResistant'] }] : [],
    maxAge: accountManagementMaxAge,
  };
}

function recovered(authenticators: readonly string[]): Alternative {
  return { factors: 2, demands: [{ authenticators }], maxAge: accountManagementMaxAge };
}
