/** Something you know: a password (NIST SP 800-63B-4 section 3.1.1). Users set and change it in the step loop. */
import type { PasswordBlocklist } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { listsOfStored } from '../../core/model/password-policy.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  ChallengeAnswer,
  Credential,
  Refused,
  Verified,
} from '../authenticator.ts';
import type { HashingQueue } from '../shared/hashing-queue.ts';
import { challengeLifetime, guessingLimits } from '../shared/limits.ts';
import { refuse } from '../shared/results.ts';
import { descriptor, proof } from './credential.ts';
import { beginPassword, blocklistOf, enrollPassword } from './enroll.ts';
import { checkPassword, hashPassword, isWeakHash, passwordBytes } from './hash.ts';
import { configuration, readPasswordSettings } from './settings.ts';

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
    verify: (credential, answer, context) => verifyPassword(queue, credential, { answer, context }),
    beginEnrollment: async (_subject, context) => beginPassword(context),
    enroll: (subject, answer, context) => enrollPassword(queue, { subject, answer, context }),
  };
}

async function verifyPassword(
  queue: HashingQueue,
  credential: Credential | undefined,
  { answer, context }: { readonly answer: ChallengeAnswer; readonly context: AuthenticatorContext },
): Promise<Verified | Refused> {
  const text: unknown = answer.input.passcode;
  const bytes = typeof text === 'string' ? passwordBytes(text) : undefined;
  // This refusal depends only on the input, so it reveals nothing about the account.
  if (bytes === undefined)
    return refuse(text === undefined || text === '' ? 'credentials.required' : 'credentials.invalid');
  const stored = credential?.authenticator === descriptor.key ? credential.secret.hash : undefined;
  if (!(await checkPassword(queue, stored, bytes)) || credential === undefined) return refuse('credentials.invalid');
  const rehashed =
    typeof stored === 'string' && isWeakHash(stored, queue.cost) ? await rehash(queue, bytes) : undefined;
  const secret = rehashed && { ...credential.secret, ...rehashed };
  const compromised = await compromisedBy(bytes.toString('utf8'), context);
  return { ok: true, credential: credential.id, proof, ...omitUndefined({ secret, compromised }), mustSave: false };
}

/**
 * The password may have been added to a list since it was set. If the list cannot be read, the earlier result stands.
 */
async function compromisedBy(
  text: string,
  { settings, warn }: AuthenticatorContext,
): Promise<PasswordBlocklist | undefined> {
  const terms = { blocklists: listsOfStored };
  const compared = { terms, settings: readPasswordSettings(settings), words: [], warn };
  try {
    return await blocklistOf(text, compared);
  } catch (error) {
    warn(`a password was not compared with the lists: ${String(error)}`);
    return undefined;
  }
}

/** A stronger hash of a password that was just proved. If the queue is full, this can wait until the next sign-in. */
async function rehash(queue: HashingQueue, bytes: Buffer): Promise<{ readonly hash: string } | undefined> {
  try {
    return { hash: await hashPassword(queue, bytes.toString('utf8')) };
  } catch {
    return undefined;
  }
}
