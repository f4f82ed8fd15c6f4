/**
 * Something you have: a temporary access code that an administrator gives to a user who is new or has lost all other
 * authenticators. It is issued on the command line, never enrolled in the step loop, and expires by itself. As a proof
 * of possession it is only as good as the channel by which the administrator passes it on.
 */

import { z } from 'zod';
import { oneDay, oneMinute } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { closed, duration } from '../../policy/schema/fields/fields.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  Credential,
  CredentialInput,
  NewCredential,
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
import { challengeLifetime, guessingLimits } from '../shared/limits.ts';
import { credentialOf, notEnrollable, proofOf, refuse } from '../shared/results.ts';
import { isSameText } from '../shared/same-text.ts';

const descriptor = {
  key: 'access_code',
  factors: ['possession'],
  characteristics: ['userPresence'],
  enrollable: false,
  maxEnrollments: 1,
  recovery: true,
} as const;

/** RFC 8176 has no value for codes from an administrator; `otp` is the closest. */
const proof = proofOf(descriptor, ['otp']);

/** The lengths of the shortest and the longest code (letters and digits). */
const shortest = 8;
const longest = 64;

const bounds = {
  minLength: z
    .int()
    .min(shortest)
    .max(longest)
    .default(shortest)
    .describe('Shortest code that an administrator may issue, in letters and digits: 8 (the default) to 64.'),
  maxLifetime: duration({ min: 10 * oneMinute, max: 10 * oneDay })
    .prefault('P10D')
    .describe('Longest life of a code: PT10M to P10D (the default).'),
  maxUses: z.int().min(1).max(10).default(10).describe('The most uses that a code may have: 1 to 10 (the default).'),
};

const anyBounds = z.object(bounds);

const configuration = {
  settings: closed({ enabled: z.boolean().default(false).describe('Users can sign in with it.'), ...bounds })
    .prefault({})
    .describe('Temporary access codes, which an administrator issues (the command `users tac`).'),
} as const;

interface AccessSecret {
  readonly salt: string;
  readonly digest: string;
  /** How many uses remain. */
  readonly uses: number;
}

export interface AccessCodeTerms {
  /** Letters and digits with 5 bits each: 8 to 64. */
  readonly length: number;
  /** The number of uses. */
  readonly uses: number;
  /** Epoch seconds. */
  readonly expiresAt: Seconds;
}

/**
 * The limits for issuing codes, from the settings of all authenticators; the widest ones if there is no setting.
 * Undefined if access codes are not enabled.
 */
export function accessCodeBounds(settings: Readonly<Record<string, unknown>>): z.output<typeof anyBounds> | undefined {
  // Already checked and complete. Durations are in seconds.
  const own = settings[descriptor.key] as (z.output<typeof anyBounds> & { readonly enabled?: boolean }) | undefined;
  if (own?.enabled === false) return undefined;
  const { minLength, maxLifetime, maxUses } = own ?? anyBounds.parse({});
  return { minLength, maxLifetime, maxUses };
}

export interface IssuedAccessCode {
  /** In groups. To be shown once. */
  readonly code: string;
  readonly credential: NewCredential;
}

/**
 * Issues a new code. Rejects with `RangeError` for impossible terms, and with `StepgateError('busy')` if the queue is
 * full.
 */
export async function issueAccessCode(queue: HashingQueue, terms: AccessCodeTerms): Promise<IssuedAccessCode> {
  const { length, uses, expiresAt } = terms;
  if (!Number.isInteger(length) || length < shortest || length > longest)
    throw new RangeError(`an access code has ${shortest} to ${longest} letters and digits`);
  if (!Number.isInteger(uses) || uses < 1) throw new RangeError('an access code counts at least once');
  const text = drawKeyText(length);
  const salt = drawSalt();
  const secret = { salt, digest: await digestKeyText(queue, text, salt), uses };
  return { code: groupedKeyText(text), credential: { ...credentialOf(descriptor, secret), expiresAt } };
}

export function accessCodeAuthenticator(queue: HashingQueue): Authenticator {
  return {
    descriptor,
    configuration,
    attemptLimits: guessingLimits({ limit: 5, window: 300 }),
    challenge: async (_credential, context) => ({
      inputs: ['paper_code'],
      public: {},
      private: {},
      expires: context.now + challengeLifetime,
    }),
    verify: (credential, { input }, context) => verifyAccessCode({ queue, credential }, input, context),
    ...notEnrollable(descriptor.key),
  };
}

async function verifyAccessCode(
  { queue, credential }: { readonly queue: HashingQueue; readonly credential: Credential | undefined },
  input: CredentialInput,
  context: AuthenticatorContext,
): Promise<Verified | Refused> {
  const text: unknown = input.passcode;
  if (typeof text !== 'string' || text.trim() === '') return refuse('credentials.required');
  const code = readKeyText(text, shortest, longest);
  // This refusal depends only on the input, so it reveals nothing about the account.
  if (code === undefined) return refuse('credentials.malformed');
  const secret = readAccessSecret(credential);
  const matches = isSameText(secret?.digest, await digestKeyText(queue, code, secret?.salt ?? decoySalt));
  const counts = credential?.expiresAt !== undefined && context.now < credential.expiresAt;
  if (!matches || !counts || !secret) return refuse('credentials.invalid');
  const uses = secret.uses - 1;
  return {
    ok: true,
    credential: credential.id,
    proof,
    secret: { ...secret, uses },
    mustSave: true,
    ...(uses === 0 ? { consumed: true } : {}),
  };
}

function readAccessSecret(credential: Credential | undefined): AccessSecret | undefined {
  if (credential?.authenticator !== descriptor.key) return undefined;
  const { salt, digest, uses } = credential.secret;
  const isWhole = isSalt(salt) && typeof digest === 'string' && Number.isInteger(uses) && Number(uses) > 0;
  return isWhole ? { salt, digest, uses: Number(uses) } : undefined;
}
