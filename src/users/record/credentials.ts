/** Changes to a user's list of credentials, as data. The caller saves the result by compare-and-swap. */

import { randomBytes } from 'node:crypto';
import type { Credential, NewCredential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';

/** Gives a new credential its id (128 random bits, base64url). */
export function issueCredential(credential: NewCredential, now: Seconds): Credential {
  return { ...credential, id: randomBytes(16).toString('base64url'), createdAt: now };
}

/** Adds a credential to the others. */
function withCredential(
  credentials: readonly Credential[],
  credential: NewCredential,
  now: Seconds,
): readonly Credential[] {
  return [...credentials, issueCredential(credential, now)];
}

/** Replaces all other credentials of the same authenticator. */
export function withOnlyCredential(
  credentials: readonly Credential[],
  credential: NewCredential,
  now: Seconds,
): readonly Credential[] {
  const others = credentials.filter(({ authenticator }) => authenticator !== credential.authenticator);
  return withCredential(others, credential, now);
}
