/** What somebody must prove before anything is enrolled. */
import type { Alternative, Enrollment, Factor } from './model.ts';
import type { Goal } from './requirement.ts';

/** How old a proof may be that lets somebody enroll an authenticator (seconds). */
export const ENROLLMENT_BAR_MAX_AGE = 300;

/**
 * Law 7: the strongest level that the account can reach. It counts only what is enrolled already, and nothing auxiliary; who has nothing
 * never clears it.
 */
export function enrollmentBar(all: readonly Enrollment[]): Goal {
  const enrollments = all.filter(({ auxiliary }) => !auxiliary);
  const factors = new Set<Factor>(enrollments.flatMap((enrollment) => enrollment.factors));
  const resistant = enrollments.some(({ characteristics }) => characteristics.includes('phishingResistant'));
  const alternative: Alternative = {
    factors: Math.max(1, factors.size) as 1 | 2 | 3,
    demands: resistant ? [{ characteristics: ['phishingResistant'] }] : [],
    maxAge: ENROLLMENT_BAR_MAX_AGE,
  };
  return { layer: 'enrollment_bar', anyOf: [{ anyOf: [alternative] }], enrolledOnly: true };
}
