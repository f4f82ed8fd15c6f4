/** How many enrollments of one authenticator an account may have. */
import type { Enrollment, Subject } from '../model/facts.ts';
import { longestChain } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

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
  return enrollmentsLeft(authenticator, enrollments) === 0;
}

/** Whether an account may have only one enrollment of it. */
export function isSingle(name: string, { authenticators }: PolicySet): boolean {
  return authenticators.some(({ key, maxEnrollments }) => key === name && maxEnrollments === 1);
}

/** How many more enrollments of one authenticator the account may have. */
function enrollmentsLeft(authenticator: string, enrollments: readonly Enrollment[]): number {
  const present = enrollments.filter(
    (enrollment) => enrollment.authenticator === authenticator && !enrollment.consumed,
  ).length;
  return Math.max(0, maxEnrollmentsPerAuthenticator - present);
}

/**
 * The policies for this user: authenticators at their limit cannot be enrolled, and near it not as often as a chain may
 * ask. Existing enrollments stay usable.
 */
export function withEnrollmentLimit(policies: PolicySet, { enrollments }: Subject): PolicySet {
  if (enrollments.length <= maxEnrollmentsPerAuthenticator - longestChain) return policies;
  const limited = policies.authenticators.map((descriptor) => {
    const left = enrollmentsLeft(descriptor.key, enrollments);
    if (!descriptor.enrollable || left >= longestChain) return descriptor;
    return { ...descriptor, enrollable: left > 0, enrollmentsLeft: left };
  });
  const isLimited = limited.some((descriptor, index) => descriptor !== policies.authenticators[index]);
  return isLimited ? { ...policies, authenticators: limited } : policies;
}
