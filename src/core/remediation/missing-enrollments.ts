/** What a user lacks of what the enrollment policy requires. */
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Capabilities } from './capabilities.ts';

/** Whether the user has less than is required. */
export function isLacking(required: RequiredEnrollment, capabilities: Capabilities): boolean {
  return enrollmentsMissing(required, capabilities) > 0;
}

/** How many of the required enrollments the user lacks. Not positive: none. */
export function enrollmentsMissing({ anyOf, count = 1 }: RequiredEnrollment, { enrollments }: Capabilities): number {
  return count - enrollments.filter(({ authenticator }) => anyOf.includes(authenticator)).length;
}
