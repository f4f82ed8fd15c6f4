/**
 * Something had: ten codes or more on paper, each for one use (look-up secrets, NIST SP 800-63B-4 section 3.1.2; saved recovery codes, section
 * 4.2.1.1). They are shown once, while they are enrolled, and kept as salted Argon2id hashes: no rotation of keys voids them.
 */
import { z } from 'zod';
import { closed } from '../../policy/schema/fields.ts';
import type {
  Authenticator,
  AuthenticatorEnv,
  Credential,
  CredentialInput,
  Enrolled,
  Refused,
  Started,
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
  sameDigest,
} from '../shared/key-text.ts';

const descriptor = {
  key: 'recovery_code',
  factors: ['possession'],
  characteristics: ['userPresence'],
  enrollable: true,
  recovery: true,
  decoys: { share: 1 / 4 },
} as const;

/** RFC 8176 has no value for look-up secrets; `otp` is the nearest: each code is a one-time password. */
const proof = { factors: descriptor.factors, characteristics: descriptor.characteristics, amr: ['otp'] } as const;

/** 80 bits each: more than the 64 that section 4.2.1.1 asks for, and still to be typed from paper. */
const signs = 16;

/** Codes of a set, unless the settings say otherwise; and fewest and most that they may say. */
const defaultCount = 10;
const fewest = 10;
const most = 20;

const configuration = {
  settings: closed({
    enabled: z.boolean().default(false).describe('Can be enrolled, used, and counts.'),
    count: z.int().min(fewest).max(most).default(defaultCount).describe('Codes in a new set: 10 (the default) to 20.'),
  })
    .prefault({})
    .describe('Codes to keep on paper, each for one use.'),
} as const;

/** Seconds that a challenge counts, and that the new codes may be looked at. */
const lifetime = 600;

/** One salt for the whole set, so that an answer costs one hash and not ten. */
interface RecoverySecret {
  readonly salt: string;
  /** Of the codes that are left. */
  readonly digests: readonly string[];
}

export function recoveryCodeAuthenticator(queue: HashingQueue): Authenticator {
  return {
    descriptor,
    configuration,
    // NIST SP 800-63B-4 section 3.2.2: at most 100 failures in a row, then only an administrator opens it again.
    attemptLimits: [
      { limit: 5, window: 300 },
      { limit: 100, window: 0 },
    ],
    maxEnrollments: 1,
    challenge: async (credential, env) => ({
      inputs: ['paper_code'],
      public: env.proved ? { remaining: readSecret(credential)?.digests.length ?? 0 } : {},
      private: {},
      expires: env.now + lifetime,
    }),
    verify: (credential, _pending, input) => verifyCode(queue, credential, input),
    beginEnrollment: async (_subject, env) => offerCodes(env),
    enroll: (_subject, pending, input) => enrollCodes(queue, pending, input),
    remaining: (credential) => readSecret(credential)?.digests.length ?? 0,
  };
}

async function verifyCode(
  queue: HashingQueue,
  credential: Credential | undefined,
  input: CredentialInput,
): Promise<Verified | Refused> {
  const text: unknown = input.passcode;
  if (typeof text !== 'string' || text.trim() === '') return refuse('credentials.required');
  const code = readKeyText(text, signs, signs);
  // This refusal depends on the input alone, so it tells nothing about the account.
  if (code === undefined) return refuse('credentials.malformed');
  const secret = readSecret(credential);
  const digest = await digestKeyText(queue, code, secret?.salt ?? decoySalt);
  const left = secret?.digests.filter((one) => !sameDigest(one, digest));
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

function offerCodes(env: AuthenticatorEnv): Started {
  const count = Number(env.settings?.count ?? defaultCount);
  const codes = Array.from({ length: Math.min(most, Math.max(fewest, count)) }, () => drawKeyText(signs));
  return {
    inputs: ['saved'],
    public: { codes: codes.map(groupedKeyText), made: env.now, replaces: env.enrolled.length > 0 },
    private: { codes },
    expires: env.now + lifetime,
  };
}

async function enrollCodes(
  queue: HashingQueue,
  pending: Started['private'],
  input: CredentialInput,
): Promise<Enrolled | Refused> {
  const { codes } = pending;
  if (!Array.isArray(codes) || codes.length < fewest || codes.length > most)
    throw new TypeError('the offer to confirm is not one of this authenticator');
  if (input.saved !== 'yes') return refuse('recovery_codes.unsaved', 'credentials.saved');
  const salt = drawSalt();
  const digests: string[] = [];
  for (const code of codes) digests.push(await digestKeyText(queue, String(code), salt));
  const { factors, characteristics } = descriptor;
  return {
    ok: true,
    credential: { authenticator: descriptor.key, factors, characteristics, secret: { salt, digests } },
    proof,
  };
}

function readSecret(credential: Credential | undefined): RecoverySecret | undefined {
  if (credential?.authenticator !== descriptor.key) return undefined;
  const { salt, digests } = credential.secret;
  const isWhole = isSalt(salt) && Array.isArray(digests) && digests.every((one) => typeof one === 'string');
  return isWhole ? { salt, digests } : undefined;
}

function refuse(code: string, field = 'credentials.passcode'): Refused {
  return { ok: false, code, field };
}
