/** Something known: a password (NIST SP 800-63B-4 section 3.1.1). It is set by an administrator, not enrolled in the step loop. */
import { z } from 'zod';
import { closed } from '../../policy/schema/fields.ts';
import type { Authenticator, Credential, CredentialInput, Refused, Verified } from '../authenticator.ts';
import type { HashingQueue } from '../shared/hashing-queue.ts';
import { checkPassword, hashPassword, isWeakHash, passwordBytes } from './password-hash.ts';

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
    enabled: z.boolean().default(true).describe('Can be enrolled, used, and counts.'),
    minLength: z.int().min(8).max(64).default(15).describe('Shortest new password, in characters.'),
  })
    .prefault({})
    .describe('Password.'),
} as const;

const proof = { factors: descriptor.factors, characteristics: descriptor.characteristics, amr: ['pwd'] } as const;

/** Seconds that a started challenge counts; it holds nothing, so this only bounds the form. */
const challengeLifetime = 600;

/** The credential that holds a hash from `hashPassword` or `readHash`. */
export function passwordCredential(hash: string): Omit<Credential, 'id' | 'createdAt'> {
  return {
    authenticator: descriptor.key,
    factors: descriptor.factors,
    characteristics: descriptor.characteristics,
    secret: { hash },
  };
}

export function passwordAuthenticator(queue: HashingQueue): Authenticator {
  return {
    descriptor,
    configuration,
    // NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, then only an administrator opens it again.
    attemptLimits: [
      { limit: 10, window: 900 },
      { limit: 100, window: 0 },
    ],
    challenge: async (_credential, env) => ({
      inputs: ['secret'],
      public: {},
      private: {},
      expires: env.now + challengeLifetime,
    }),
    verify: (credential, _pending, input) => verifyPassword(queue, credential, input),
    beginEnrollment: notEnrollable,
    enroll: notEnrollable,
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
  return { ok: true, credential: credential.id, proof, ...(secret === undefined ? {} : { secret }), mustSave: false };
}

/** A better hash of a password that was just proved; when the queue has no room it can wait until the next sign-in. */
async function rehash(queue: HashingQueue, bytes: Buffer): Promise<{ readonly hash: string } | undefined> {
  try {
    return { hash: await hashPassword(queue, bytes.toString('utf8')) };
  } catch {
    return undefined;
  }
}

function refuse(code: string): Refused {
  return { ok: false, code, field: 'credentials.passcode' };
}

function notEnrollable(): never {
  throw new TypeError('a password is not enrolled in the step loop: ask traits.enrollable first');
}
