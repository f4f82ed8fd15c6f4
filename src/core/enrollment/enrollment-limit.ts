/** How many enrollments of one authenticator an account may have. */
import type { AuthenticatorDescriptor, Subject } from '../model/facts.ts';
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
  const counted = enrollments.filter((one) => one.authenticator === authenticator && !one.consumed);
  return counted.length >= maxEnrollmentsPerAuthenticator;
}

/**
 * The policies for this user: authenticators at their limit cannot be enrolled. Existing enrollments stay usable. The
 * same object where none is at its limit.
 */
export function withEnrollmentLimit(policies: PolicySet, subject: Subject): PolicySet {
  const isAtLimit = ({ key, enrollable }: AuthenticatorDescriptor) => enrollable && isFull(key, subject);
  if (!policies.authenticators.some(isAtLimit)) return policies;
  const authenticators = policies.authenticators.map((one) => (isAtLimit(one) ? { ...one, enrollable: false } : one));
  return { ...policies, authenticators };
}
