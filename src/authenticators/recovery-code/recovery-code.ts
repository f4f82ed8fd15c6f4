/**
 * Something you have: ten or more codes on paper, each for one use (look-up secrets, NIST SP 800-63B-4 section 3.1.2;
 * saved recovery codes, section 4.2.1.1). They are shown once, during enrollment, and stored as salted Argon2id hashes,
 * so that no key rotation voids them.
 */
import { z } from 'zod';
import { closed } from '../../policy/schema/fields/fields.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  ChallengeAnswer,
  Credential,
  CredentialInput,
  Enrolled,
  IssuedChallenge,
  Refused,
  Verified,
} from '../authenticator.ts';
import type { HashingQueue } from '../shared/hashing-queue.ts';
import {
  decoySalt,
  digestKeyText,
  drawKeyText,
  drawSalt,
  groupedKeyText,
  isSalt,
  readKeyText,
} from '../shared/key-text.ts';
import { challengeLifetime, enabledSetting, guessingLimits } from '../shared/limits.ts';
import { credentialOf, foreignChallenge, proofOf, refuse } from '../shared/results.ts';
import { isSameText } from '../shared/same-text.ts';

const descriptor = {
  key: 'recovery_code',
  factors: ['possession'],
  characteristics: ['userPresence'],
  enrollable: true,
  maxEnrollments: 1,
  recovery: true,
  decoys: { share: 1 / 4 },
} as const;

/** For code that voids all of them. */
export const recoveryCodeKey: string = descriptor.key;

/** RFC 8176 has no value for look-up secrets; `otp` is the closest, since each code is a one-time password. */
const proof = proofOf(descriptor, ['otp']);

/**
 * Letters and digits per code. 80 bits: more than the 64 that section 4.2.1.1 requires, and short enough to type from
 * paper.
 */
const codeLength = 16;

/** Codes per set: the default, and the range of the setting. */
const defaultCount = 10;
const minCount = 10;
const maxCount = 20;

const configuration = {
  settings: closed({
    enabled: enabledSetting(false),
    count: z
      .int()
      .min(minCount)
      .max(maxCount)
      .default(defaultCount)
      .describe('Codes in a new set: 10 (the default) to 20.'),
  })
    .prefault({})
    .describe('Codes to keep on paper, each for one use.'),
} as const;

/** One salt for the whole set, so that an answer needs one hash and not ten. */
interface RecoverySecret {
  readonly salt: string;
  /** Digests of the unused codes. */
  readonly digests: readonly string[];
}

export function recoveryCodeAuthenticator(queue: HashingQueue): Authenticator {
  return {
    descriptor,
    configuration,
    attemptLimits: guessingLimits({ limit: 5, window: 300 }),
    challenge: async (credential, context) => ({
      inputs: ['paper_code'],
      public: context.mayShowDetails ? { remaining: readRecoverySecret(credential)?.digests.length ?? 0 } : {},
      private: {},
      expires: context.now + challengeLifetime,
    }),
    verify: (credential, { input }) => verifyRecoveryCode(queue, credential, input),
    beginEnrollment: async (_subject, context) => drawCodes(context),
    enroll: (_subject, answer) => enrollCodes(queue, answer),
    remainingUses: (credential) => readRecoverySecret(credential)?.digests.length ?? 0,
  };
}

async function verifyRecoveryCode(
  queue: HashingQueue,
  credential: Credential | undefined,
  input: CredentialInput,
): Promise<Verified | Refused> {
  const text: unknown = input.passcode;
  if (typeof text !== 'string' || text.trim() === '') return refuse('credentials.required');
  const code = readKeyText(text, codeLength, codeLength);
  // This refusal depends only on the input, so it reveals nothing about the account.
  if (code === undefined) return refuse('credentials.malformed');
  const secret = readRecoverySecret(credential);
  const digest = await digestKeyText(queue, code, secret?.salt ?? decoySalt);
  const left = secret?.digests.filter((stored) => !isSameText(stored, digest));
  if (!credential || !secret || !left || left.length === secret.digests.length) return refuse('credentials.invalid');
  return {
    ok: true,
    credential: credential.id,
    proof,
    secret: { salt: secret.salt, digests: left },
    mustSave: true,
    ...(left.length === 0 ? { consumed: true } : {}),
    notify: { template: 'recovery-used', params: { remaining: left.length } },
  };
}

function drawCodes(context: AuthenticatorContext): IssuedChallenge {
  const count = Number(context.settings?.count ?? defaultCount);
  const codes = Array.from({ length: Math.min(maxCount, Math.max(minCount, count)) }, () => drawKeyText(codeLength));
  return {
    inputs: ['saved'],
    public: { codes: codes.map(groupedKeyText), made: context.now, replaces: context.enrolled.length > 0 },
    private: { codes },
    expires: context.now + challengeLifetime,
  };
}

async function enrollCodes(queue: HashingQueue, { pending, input }: ChallengeAnswer): Promise<Enrolled | Refused> {
  const { codes } = pending;
  if (!Array.isArray(codes) || codes.length < minCount || codes.length > maxCount) throw foreignChallenge();
  if (input.saved !== 'yes') return refuse('recovery_codes.unsaved', 'credentials.saved');
  const salt = drawSalt();
  const digests: string[] = [];
  for (const code of codes) digests.push(await digestKeyText(queue, String(code), salt));
  return { ok: true, credential: credentialOf(descriptor, { salt, digests }), proof };
}

function readRecoverySecret(credential: Credential | undefined): RecoverySecret | undefined {
  if (credential?.authenticator !== descriptor.key) return undefined;
  const { salt, digests } = credential.secret;
  const isWhole = isSalt(salt) && Array.isArray(digests) && digests.every((digest) => typeof digest === 'string');
  return isWhole ? { salt, digests } : undefined;
}
