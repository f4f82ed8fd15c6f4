/** Somebody who does not exist, to be treated like somebody who does. */
import { NO_ENROLLMENT } from './first-proof.ts';
import type { Enrollment, Subject } from './model.ts';

const password: Enrollment = {
  id: NO_ENROLLMENT,
  authenticator: 'password',
  factors: ['knowledge'],
  characteristics: ['userPresence'],
};

const totp: Enrollment = {
  id: `${NO_ENROLLMENT}-totp`,
  authenticator: 'totp',
  factors: ['possession'],
  characteristics: ['userPresence', 'deviceBound'],
};

/**
 * A subject for an identifier that nobody has: it gets the steps of a real person and can prove nothing. Enrollments of authenticators
 * that are not enabled are left aside like everybody's. Their ids must not reach the page: they are not like those of real people.
 * @param id stable per identifier (a keyed hash), and never the id of an account
 * @param entropy a whole number, stable per identifier: half of all values give a second enrollment
 */
export function decoySubject(id: string, entropy: number): Subject {
  const hasTotp = Math.abs(Math.trunc(entropy)) % 2 === 1;
  const enrollments = hasTotp ? [password, totp] : [password];
  return { id, status: 'active', identifiers: [], groups: [], profile: {}, enrollments };
}
