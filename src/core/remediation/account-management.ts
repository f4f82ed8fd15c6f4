/** What somebody must prove before anything is enrolled. */
import type { Goal } from '../model/decision.ts';
import type { AuthenticatorTraits, Enrollment, Factor } from '../model/facts.ts';
import type { Alternative } from '../model/policy.ts';

/** How old a proof may be that lets somebody enroll an authenticator (seconds). */
export const ENROLLMENT_BAR_MAX_AGE = 300;

/**
 * Law 7: the strongest level that the account can reach. It counts only what is enrolled already, and nothing auxiliary; who has nothing
 * never clears it. Whoever lost that level reaches it by an authenticator that exists for recovery, beside another factor type (NIST SP
 * 800-63B-4 section 4.2.2.2). `all`, `authenticators`: whatever is enabled, also where the enrollment policy disables it.
 */
export function enrollmentBar(all: readonly Enrollment[], authenticators: readonly AuthenticatorTraits[]): Goal {
  const recovery = recoveryKeys(authenticators);
  const anyOf = [strongest(all), ...(recovery.length > 0 ? [recovered(recovery)] : [])];
  return { layer: 'enrollment_bar', anyOf: [{ anyOf }], isBar: true };
}

/** The authenticators that exist for recovery. */
export function recoveryKeys(authenticators: readonly AuthenticatorTraits[]): readonly string[] {
  return authenticators.filter(({ recovery }) => recovery).map(({ key }) => key);
}

function strongest(all: readonly Enrollment[]): Alternative {
  const enrollments = all.filter(({ auxiliary }) => !auxiliary);
  const factors = new Set<Factor>(enrollments.flatMap((enrollment) => enrollment.factors));
  const resistant = enrollments.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  return {
    factors: Math.max(1, factors.size) as 1 | 2 | 3,
    demands: resistant ? [{ characteristics: ['phishingResistant'] }] : [],
    maxAge: ENROLLMENT_BAR_MAX_AGE,
  };
}

function recovered(authenticators: readonly string[]): Alternative {
  return { factors: 2, demands: [{ authenticators }], maxAge: ENROLLMENT_BAR_MAX_AGE };
}
