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

const email: Enrollment = {
  id: `${NO_ENROLLMENT}-email`,
  authenticator: 'email',
  factors: ['possession'],
  characteristics: ['userPresence'],
};

const phone: Enrollment = {
  id: `${NO_ENROLLMENT}-phone`,
  authenticator: 'phone',
  factors: ['possession'],
  characteristics: ['userPresence'],
};

const recoveryCodes: Enrollment = {
  id: `${NO_ENROLLMENT}-recovery-code`,
  authenticator: 'recovery_code',
  factors: ['possession'],
  characteristics: ['userPresence'],
};

const passkey: Enrollment = {
  id: `${NO_ENROLLMENT}-webauthn`,
  authenticator: 'webauthn',
  factors: ['possession', 'inherence'],
  characteristics: ['userPresence', 'userVerification', 'phishingResistant'],
};

/**
 * A subject for an identifier that nobody has: it gets the steps of a real person and can prove nothing. Enrollments of authenticators
 * that are not enabled are left aside like everybody's. Their ids must not reach the page: they are not like those of real people.
 * @param id stable per identifier (a keyed hash), and never the id of an account
 * @param entropy a whole number, stable per identifier: half of all values give an authenticator app; three in four an email address to
 * an identifier that is one, and one in four to any other; one in four a passkey; half of them a phone; one in four recovery codes
 */
export function decoySubject(id: string, entropy: number, isAddress?: boolean): Subject {
  const number = Math.abs(Math.trunc(entropy));
  const hasTotp = number % 2 === 1;
  const hasEmail = isAddress !== undefined && (Math.floor(number / 2) % 4 === 0) !== isAddress;
  const hasPasskey = Math.floor(number / 8) % 4 === 3;
  const hasPhone = Math.floor(number / 32) % 2 === 1;
  const hasRecoveryCodes = Math.floor(number / 64) % 4 === 3;
  const enrollments = [
    password,
    ...(hasTotp ? [totp] : []),
    ...(hasEmail ? [email] : []),
    ...(hasPhone ? [phone] : []),
    ...(hasPasskey ? [passkey] : []),
    ...(hasRecoveryCodes ? [recoveryCodes] : []),
  ];
  return { id, status: 'active', identifiers: [], groups: [], profile: {}, enrollments };
}
