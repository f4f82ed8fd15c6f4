/** How many enrollments of one authenticator an account has room for. */
import type { Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';

/**
 * Of each authenticator. More than people have a use for, and few enough that whoever gets into an account once cannot
 * leave so much behind that its owner overlooks it, nor make every decision about the account and every load of it
 * slow.
 */
export const maxEnrollmentsPerAuthenticator = 10;

/** What is used up takes no room, so whoever has nothing left can always enroll again. */
export function isFull(authenticator: string, { enrollments }: Pick<Subject, 'enrollments'>): boolean {
  if (enrollments.length < maxEnrollmentsPerAuthenticator) return false;
  return (
    enrollments.filter((one) => one.authenticator === authenticator && !one.consumed).length >=
    maxEnrollmentsPerAuthenticator
  );
}

/**
 * The policies as they are for this person: nobody can enroll more than there is room for. What is enrolled stays
 * usable.
 */
export function withEnrollmentLimit(policies: PolicySet, subject: Subject): PolicySet {
  if (!policies.authenticators.some(({ key, enrollable }) => enrollable && isFull(key, subject))) return policies;
  const authenticators = policies.authenticators.map((descriptor) =>
    isFull(descriptor.key, subject) ? { ...descriptor, enrollable: false } : descriptor,
  );
  return { ...policies, authenticators };
}
