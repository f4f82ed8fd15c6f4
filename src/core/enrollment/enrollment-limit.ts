/** How many enrollments of one authenticator an account may have. */
import type { Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';

/**
 * More than users have a use for. Yet few enough that an intruder cannot hide an enrollment among many, nor make every
 * decision about the account, and every load of it, slow.
 */
export const maxEnrollmentsPerAuthenticator = 10;

/**
 * Whether the limit is reached. Consumed enrollments do not count, so a user who has nothing left can always enroll
 * again.
 */
export function isFull(authenticator: string, { enrollments }: Pick<Subject, 'enrollments'>): boolean {
  if (enrollments.length < maxEnrollmentsPerAuthenticator) return false;
  return (
    enrollments.filter((one) => one.authenticator === authenticator && !one.consumed).length >=
    maxEnrollmentsPerAuthenticator
  );
}

/** The policies for this user: authenticators at their limit cannot be enrolled. Existing enrollments stay usable. */
export function withEnrollmentLimit(policies: PolicySet, subject: Subject): PolicySet {
  if (!policies.authenticators.some(({ key, enrollable }) => enrollable && isFull(key, subject))) return policies;
  const authenticators = policies.authenticators.map((descriptor) =>
    isFull(descriptor.key, subject) ? { ...descriptor, enrollable: false } : descriptor,
  );
  return { ...policies, authenticators };
}
