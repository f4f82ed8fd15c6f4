/** Something had, and often something that somebody is: passkeys and security keys (Web Authentication Level 3; NIST SP 800-63B-4 section 3.1.7). */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Subject } from '../../core/model/facts.ts';
import { closed, listOf } from '../../policy/schema/fields.ts';
import type { Authenticator, AuthenticatorEnv, Credential, CredentialInput, Started } from '../authenticator.ts';
import { userHandleOf, verifyRegistration, type WebauthnSettings } from './webauthn-enroll.ts';
import { binaryField, challengeOf, relyingParty } from './webauthn-input.ts';
import { type Key, keysOf, type Transport, webauthnDescriptor } from './webauthn-secret.ts';
import { algorithms, verifyAssertion } from './webauthn-verify.ts';

/** Seconds that a challenge or an offer counts. */
const lifetime = 600;

/** Seconds after which the page that asks who somebody is holds another challenge. */
const identifyPeriod = lifetime / 2;
/** Seconds that a sign-in may take at most: an older challenge is none of ours. */
const longestSignIn = 3600;

/** Bytes of a challenge. */
const challengeBytes = 32;

const aaguid = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
    error: 'must be an AAGUID, such as ee882879-721c-4913-9775-3dfcce97072a',
  });

const configuration = {
  settings: closed({
    enabled: z.boolean().default(false).describe('Can be enrolled, used, and counts.'),
    metadata: z
      .string()
      .regex(/^\/./, { error: 'must be an absolute path' })
      .optional()
      .describe(
        'Absolute path of a JSON file on each node: the payload of the BLOB of the FIDO Metadata Service. With it attestation is asked for, and keys of models that it knows can be `hardwareProtected`.',
      ),
    aaguids: listOf(aaguid)
      .optional()
      .describe('Models that may be enrolled, by AAGUID, and no others. Needs `metadata`, which vouches for them.'),
  })
    .refine(({ metadata, aaguids }) => aaguids === undefined || metadata !== undefined, {
      error: '`aaguids` needs `metadata`: without it nobody vouches for a model',
    })
    .prefault({})
    .describe('Passkeys and security keys (Web Authentication).'),
} as const;

export function webauthnAuthenticator(): Authenticator {
  return {
    descriptor: webauthnDescriptor,
    configuration,
    sharedChallenge: true,
    // A signature cannot be guessed, so failures never lock keys for good: NIST SP 800-63B-4 section 3.2.2 limits guesses at secrets. The
    // short window keeps strangers from having signatures checked without end.
    attemptLimits: [{ limit: 10, window: 300 }],
    challenge: async (credential, env) => challengeKeys(credential, env),
    verify: verifyAssertion,
    beginEnrollment: async (subject, env) => offerKey(subject, env),
    enroll: verifyRegistration,
    identifyByCredential: { challenge: discoverChallenge, asked: askedToIdentify, subject: namedSubject },
  };
}

interface Descriptor {
  readonly id: string;
  readonly transports?: readonly Transport[];
}

/** One challenge for all keys that make progress. Whoever has none gets some that nobody has, always the same ones. */
function challengeKeys(credential: Credential | undefined, env: AuthenticatorEnv): Started {
  const keys = keysOf(env.enrolled.length > 0 ? env.enrolled : credential ? [credential] : []);
  const asked = keys.filter((key) => env.asked?.includes(key.credential.id) ?? true);
  const allowed = asked.length > 0 ? asked.map(descriptor) : nobodysKeys(env);
  const challenge = randomBytes(challengeBytes).toString('base64url');
  const userVerification = env.userVerification === true;
  return {
    inputs: ['public_key'],
    public: requestOptions(challenge, env, allowed),
    private: { challenge, userVerification, allowed: allowed.map(({ id }) => id) },
    expires: env.now + lifetime,
  };
}

function requestOptions(challenge: string, env: AuthenticatorEnv, allowCredentials: readonly Descriptor[]) {
  return {
    challenge,
    rpId: relyingParty(env.issuer).id,
    allowCredentials,
    userVerification: env.userVerification === true ? 'required' : 'preferred',
    timeout: lifetime * 1000,
  };
}

function descriptor({ secret: { id, transports } }: Key): Descriptor {
  return { id, ...(transports ? { transports } : {}) };
}

/** Bytes of the id and transports of keys as people have them: managers of passwords and platforms, Windows Hello, security keys. */
const commonShapes: readonly { readonly bytes: number; readonly transports?: readonly Transport[] }[] = [
  { bytes: 16, transports: ['hybrid', 'internal'] },
  { bytes: 20, transports: ['hybrid', 'internal'] },
  { bytes: 32, transports: ['hybrid', 'internal'] },
  { bytes: 32, transports: ['internal'] },
  { bytes: 48, transports: ['nfc', 'usb'] },
  { bytes: 64, transports: ['usb'] },
  { bytes: 64, transports: ['nfc', 'usb'] },
  { bytes: 32 },
];

/** One key, or two for every third: always the same for the same identifier. */
function nobodysKeys(env: AuthenticatorEnv): readonly Descriptor[] {
  const subject = env.subject ?? env.transaction;
  const drawn = (...parts: readonly string[]) => env.lastingMac('webauthn decoy', subject, ...parts);
  const [draw = 0, ...draws] = Buffer.from(drawn(), 'base64url');
  return draws.slice(0, draw % 3 === 0 ? 2 : 1).map((shape, at) => {
    const { bytes = 32, transports } = commonShapes[shape % commonShapes.length] ?? {};
    const id = ['0', '1'].map((half) => drawn(String(at), half)).map((text) => Buffer.from(text, 'base64url'));
    return { id: Buffer.concat(id).subarray(0, bytes).toString('base64url'), ...(transports ? { transports } : {}) };
  });
}

/** Section 5.4. Whoever has a key already that would do is not given a second entry on it. */
function offerKey(subject: Subject, env: AuthenticatorEnv): Started {
  const challenge = randomBytes(challengeBytes).toString('base64url');
  const required = env.userVerification === true;
  const settings = (env.settings ?? {}) as WebauthnSettings;
  const name = subject.identifiers[0] ?? subject.id;
  const { displayName } = subject.profile;
  return {
    inputs: ['public_key', 'key_name'],
    public: {
      challenge,
      rp: { id: relyingParty(env.issuer).id, name: env.brand },
      user: {
        id: userHandleOf(subject.id),
        name,
        displayName: typeof displayName === 'string' && displayName !== '' ? displayName : name,
      },
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: keysOf(env.enrolled)
        .filter(({ secret }) => !required || secret.userVerification)
        .map(descriptor),
      authenticatorSelection: { residentKey: 'preferred', userVerification: required ? 'required' : 'preferred' },
      attestation: settings.metadata === undefined ? 'none' : 'direct',
      timeout: lifetime * 1000,
    },
    private: { challenge, userVerification: required },
    expires: env.now + lifetime,
  };
}

/** Section 7.2 for somebody who has not said who they are: any of their keys will do. */
function discoverChallenge(version: number, env: AuthenticatorEnv): Started {
  const period = periodOf(env);
  const challenge = identifyChallenge(version, period, env);
  return {
    inputs: ['public_key'],
    public: requestOptions(challenge, env, []),
    private: { challenge, userVerification: env.userVerification === true },
    expires: (period + 2) * identifyPeriod,
  };
}

/** That of this period or of the one before, whichever the answer is about: so it counts for `lifetime` at most, and half of it at least. */
function askedToIdentify(
  version: number,
  input: CredentialInput,
  env: AuthenticatorEnv,
): Started['private'] | undefined {
  const given = challengeOf(input);
  const now = periodOf(env);
  const isOf = (period: number): boolean => given === identifyChallenge(version, period, env);
  for (let age = 2; age <= longestSignIn / identifyPeriod; age += 1) if (isOf(now - age)) return undefined;
  const challenge = identifyChallenge(version, isOf(now - 1) ? now - 1 : now, env);
  return { challenge, userVerification: env.userVerification === true };
}

function identifyChallenge(version: number, period: number, env: AuthenticatorEnv): string {
  return env.mac('webauthn identify', env.transaction, String(version), String(period));
}

function periodOf({ now }: AuthenticatorEnv): number {
  return Math.floor(now / identifyPeriod);
}

/** The account that the user handle names. */
function namedSubject(input: CredentialInput): string | undefined {
  const handle = binaryField(input, 'userHandle', 64);
  const id = handle === undefined ? '' : Buffer.from(handle, 'base64url').toString('utf8');
  return /^[\w-]{1,64}$/.test(id) ? id : undefined;
}
