/** The descriptor of the password authenticator, and its credentials. */
import type { NewCredential } from '../authenticator.ts';
import { credentialOf, proofOf } from '../shared/results.ts';

export const descriptor = {
  key: 'password',
  factors: ['knowledge'],
  characteristics: ['userPresence'],
  enrollable: true,
  maxEnrollments: 1,
  underPasswordPolicy: true,
  askedWithIdentifier: true,
  decoys: { share: 1 },
} as const;

/** RFC 8176. */
export const proof = proofOf(descriptor, ['pwd']);

/** The credential with a hash from `hashPassword` or `readHash`. `former`: hashes of earlier passwords. */
export function passwordCredential(hash: string, former: readonly string[] = []): NewCredential {
  return credentialOf(descriptor, { hash, ...(former.length > 0 ? { former } : {}) });
}
