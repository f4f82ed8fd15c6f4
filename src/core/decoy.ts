/** Somebody who does not exist, to be treated like somebody who does. */
import { NO_ENROLLMENT } from './first-proof.ts';
import type { AuthenticatorTraits, Enrollment, Subject } from './model.ts';

/**
 * A subject for an identifier that nobody has: it gets the steps of a real person and can prove nothing.
 * @param id stable per identifier (a keyed hash), and never the id of an account
 * @param entropy a whole number, stable per identifier: about half of all values give a second enrollment
 * @param authenticators the enabled ones
 */
export function decoySubject(id: string, entropy: number, authenticators: readonly AuthenticatorTraits[]): Subject {
  const traits = (key: string) => authenticators.find((authenticator) => authenticator.key === key);
  const password = traits('password') ?? authenticators[0];
  const totp = Math.abs(Math.trunc(entropy)) % 2 === 1 ? traits('totp') : undefined;
  const enrollments = [
    ...(password ? [enrollment(password, NO_ENROLLMENT)] : []),
    ...(totp && totp !== password ? [enrollment(totp, `${NO_ENROLLMENT}-totp`)] : []),
  ];
  return { id, status: 'active', identifiers: [], groups: [], profile: {}, enrollments };
}

function enrollment({ key, factors, characteristics }: AuthenticatorTraits, id: string): Enrollment {
  return { id, authenticator: key, factors, characteristics };
}
