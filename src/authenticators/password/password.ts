/**
 * Something known: a password (NIST SP 800-63B-4 section 3.1.1). Users who have none get one by recovery, by an import
 * or from an administrator; it is not enrolled in the step loop.
 */
import { z } from 'zod';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { closed } from '../../policy/schema/fields.ts';
import type { Authenticator, Credential, CredentialInput, NewCredential, Refused, Verified } from '../authenticator.ts';
import type { HashingQueue } from '../shared/hashing-queue.ts';
import { challengeLifetime, enabledSetting, guessingLimits } from '../shared/limits.ts';
import { credentialOf, notEnrollable, proofOf, refuse } from '../shared/results.ts';
import { checkPassword, hashPassword, isWeakHash, passwordBytes } from './hash.ts';

const descriptor = {
  key: 'password',
  factors: ['knowledge'],
  characteristics: ['userPresence'],
  enrollable: false,
  askedWithIdentifier: true,
  decoys: { share: 1 },
} as const;

const configuration = {
  settings: closed({
    enabled: enabledSetting(true),
    minLength: z.int().min(8).max(64).default(15).describe('Shortest new password, in characters.'),
  })
    .prefault({})
    .describe('Password.'),
} as const;

const proof = proofOf(descriptor, ['pwd']);

/** The credential that holds a hash from `hashPassword` or `readHash`. */
export function passwordCredential(hash: string): NewCredential {
  return credentialOf(descriptor, { hash });
}

export function passwordAuthenticator(queue: HashingQueue): Authenticator {
  return {
    descriptor,
    configuration,
    attemptLimits: guessingLimits({ limit: 10, window: 900 }),
    challenge: async (_credential, { now }) => ({
      inputs: ['secret'],
      public: {},
      private: {},
      expires: now + challengeLifetime,
    }),
    verify: (credential, { input }) => verifyPassword(queue, credential, input),
    ...notEnrollable(descriptor.key),
  };
}

async function verifyPassword(
  queue: HashingQueue,
  credential: Credential | undefined,
  input: CredentialInput,
): Promise<Verified | Refused> {
  const text: unknown = input.passcode;
  const bytes = typeof text === 'string' ? passwordBytes(text) : undefined;
  // This refusal depends on the input alone, so it tells nothing about the account.
  if (bytes === undefined)
    return refuse(text === undefined || text === '' ? 'credentials.required' : 'credentials.invalid');
  const stored = credential?.authenticator === descriptor.key ? credential.secret.hash : undefined;
  if (!(await checkPassword(queue, stored, bytes)) || credential === undefined) return refuse('credentials.invalid');
  const secret = typeof stored === 'string' && isWeakHash(stored, queue.cost) ? await rehash(queue, bytes) : undefined;
  return { ok: true, credential: credential.id, proof, ...omitUndefined({ secret }), mustSave: false };
}

/** A stronger hash of a password that was just proved. When the queue is full, it can wait until the next sign-in. */
async function rehash(queue: HashingQueue, bytes: Buffer): Promise<{ readonly hash: string } | undefined> {
  try {
    return { hash: await hashPassword(queue, bytes.toString('utf8')) };
  } catch {
    return undefined;
  }
}
