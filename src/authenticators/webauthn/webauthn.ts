/**
 * Something you have, and often also something you are: passkeys and security keys (Web Authentication Level 3; NIST SP
 * 800-63B-4 section 3.1.7). See decision 12.
 */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { oneHour } from '../../core/model/durations.ts';
import type { Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { AuthenticatorSettings, ModelFile } from '../../policy/model/authenticator-kind.ts';
import { closed, listOf } from '../../policy/schema/fields/fields.ts';
import type {
  Authenticator,
  AuthenticatorContext,
  Credential,
  CredentialInput,
  CredentialSignal,
  IssuedChallenge,
} from '../authenticator.ts';
import { challengeLifetime, enabledSetting } from '../shared/limits.ts';
import { decoyId } from './decoy-id.ts';
import { userHandleOf, verifyRegistration, type WebauthnSettings } from './enroll.ts';
import { binaryField, challengeOf } from './input.ts';
import { readMetadata } from './metadata.ts';
import { ceremonyPlace, relyingPartyIn, relyingPartySettings } from './relying-party.ts';
import { type Key, type Transport, webauthnDescriptor, webauthnKeys } from './secret.ts';
import { algorithms, verifyAssertion } from './verify.ts';

/** How often the challenge on the identifier page changes (seconds). */
const identifyPeriod = challengeLifetime / 2;

/** How long a sign-in may take (seconds). Older challenges are searched that far back, to recognise expired ones. */
const maxSignInDuration = oneHour;

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
    enabled: enabledSetting(false),
    ...relyingPartySettings,
    metadata: z
      .string()
      .regex(/^\/./, { error: 'must be an absolute path' })
      .optional()
      .describe(
        'Absolute path of a JSON file on each node: the payload of the BLOB of the FIDO Metadata Service. With it, attestation is requested, and keys of models that it knows can be `hardwareProtected`.',
      ),
    aaguids: listOf(aaguid)
      .optional()
      .describe('Models that may be enrolled, by AAGUID, and no others. Needs `metadata`, which vouches for them.'),
  })
    .refine(({ metadata, aaguids }) => aaguids === undefined || metadata !== undefined, {
      error: '`aaguids` needs `metadata`: nothing else vouches for a model',
    })
    .prefault({})
    .describe('Passkeys and security keys (Web Authentication).'),
  relyingParty: relyingPartyIn,
  modelFault: (settings: AuthenticatorSettings, model: string): string | undefined => {
    if (!aaguid.safeParse(model).success) return 'must be an AAGUID, such as ee882879-721c-4913-9775-3dfcce97072a';
    return settings.metadata === undefined
      ? 'needs `authenticators.webauthn.metadata`: nothing else vouches for a model'
      : undefined;
  },
  modelFile: ({ metadata, aaguids = [] }: AuthenticatorSettings & WebauthnSettings): ModelFile | undefined => {
    if (metadata === undefined) return undefined;
    const read = readMetadata(metadata);
    return {
      setting: 'metadata',
      named: aaguids.map((model, at) => ({ path: ['aaguids', at], model })),
      knows: (model) => 'models' in read && read.models.has(model),
      ...('fault' in read && { fault: read.fault }),
    };
  },
} as const;

export function webauthnAuthenticator(): Authenticator {
  return {
    descriptor: webauthnDescriptor,
    configuration,
    sharedChallenge: true,
    // A signature cannot be guessed, so failures never lock keys permanently: NIST SP 800-63B-4 section 3.2.2 limits
    // guesses at secrets. The short window limits how many signatures strangers can have verified.
    attemptLimits: [{ limit: 10, window: 300 }],
    challenge: async (credential, context) => assertionChallenge(credential, context),
    verify: verifyAssertion,
    signal: acceptedCredentials,
    beginEnrollment: async (subject, context) => registrationChallenge(subject, context),
    enroll: verifyRegistration,
    identifyByCredential: { challenge: usernamelessChallenge, pending: usernamelessPending, subject: subjectInHandle },
  };
}

/** PublicKeyCredentialDescriptor without `type` (section 5.8.3), which the page adds. */
interface KeyDescriptor {
  readonly id: string;
  readonly transports?: readonly Transport[];
}

/** One challenge for all keys that make progress. A user without keys gets decoy keys, always the same. */
function assertionChallenge(credential: Credential | undefined, context: AuthenticatorContext): IssuedChallenge {
  const keys = webauthnKeys(context.enrolled.length > 0 ? context.enrolled : credential ? [credential] : []);
  const makingProgress = keys.filter((key) => context.allowedCredentials?.includes(key.credential.id) ?? true);
  const allowed = makingProgress.length > 0 ? makingProgress.map(descriptor) : decoyKeys(context);
  const challenge = randomBytes(challengeBytes).toString('base64url');
  const userVerification = context.userVerification === true;
  return {
    inputs: ['public_key'],
    public: requestOptions(challenge, context, allowed),
    private: { challenge, userVerification, allowed: allowed.map(({ id }) => id) },
    expires: context.now + challengeLifetime,
  };
}

function requestOptions(challenge: string, context: AuthenticatorContext, allowCredentials: readonly KeyDescriptor[]) {
  return {
    challenge,
    rpId: ceremonyPlace(context).id,
    allowCredentials,
    userVerification: context.userVerification === true ? 'required' : 'preferred',
    timeout: challengeLifetime * 1000,
  };
}

function descriptor({ secret: { id, transports } }: Key): KeyDescriptor {
  return omitUndefined({ id, transports });
}

/** Id length and transports of common keys: password managers and platforms, Windows Hello, security keys. */
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

/** One key, or two for every third identifier. Always the same for the same identifier. */
function decoyKeys(context: AuthenticatorContext): readonly KeyDescriptor[] {
  const subject = context.subjectId ?? context.transactionId;
  const drawn = (...parts: readonly string[]) => context.decoyMac('webauthn decoy', subject, ...parts);
  const [draw = 0, ...draws] = Buffer.from(drawn(), 'base64url');
  return draws.slice(0, draw % 3 === 0 ? 2 : 1).map((shape, index) => {
    const { bytes = 32, transports } = commonShapes[shape % commonShapes.length] ?? {};
    return omitUndefined({ id: decoyId(drawn(String(index)), bytes, context), transports });
  });
}

/** Section 5.4. The user's suitable keys are excluded, so that no key is enrolled twice. */
function registrationChallenge(subject: Subject, context: AuthenticatorContext): IssuedChallenge {
  const challenge = randomBytes(challengeBytes).toString('base64url');
  const required = context.userVerification === true;
  const settings = (context.settings ?? {}) as WebauthnSettings;
  return {
    inputs: ['public_key', 'key_name'],
    public: {
      challenge,
      rp: { id: ceremonyPlace(context).id, name: context.brand },
      user: userEntity(subject),
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: webauthnKeys(context.enrolled)
        .filter(({ secret }) => !required || secret.userVerification)
        .map(descriptor),
      authenticatorSelection: { residentKey: 'preferred', userVerification: required ? 'required' : 'preferred' },
      attestation: settings.metadata === undefined ? 'none' : 'direct',
      timeout: challengeLifetime * 1000,
    },
    private: { challenge, userVerification: required },
    expires: context.now + challengeLifetime,
  };
}

/** PublicKeyCredentialUserEntityJSON (section 5.4.3). */
function userEntity({ id, identifiers, profile: { displayName } }: Pick<Subject, 'id' | 'identifiers' | 'profile'>) {
  const name = identifiers[0] ?? id;
  const shown = typeof displayName === 'string' && displayName !== '' ? displayName : name;
  return { id: userHandleOf(id), name, displayName: shown };
}

/** Sections 5.1.10.3 and 5.1.10.4. A key of another relying party is not in the list. */
function acceptedCredentials(
  user: Parameters<typeof userEntity>[0],
  context: Pick<AuthenticatorContext, 'issuer' | 'settings' | 'enrolled'>,
): CredentialSignal {
  const { id: userId, ...names } = userEntity(user);
  const rpId = ceremonyPlace(context).id;
  const keys = webauthnKeys(context.enrolled).filter(({ credential }) => (credential.relyingParty ?? rpId) === rpId);
  return { rpId, userId, allAcceptedCredentialIds: keys.map(({ secret }) => secret.id), ...names };
}

/** Section 7.2 for a user who has not entered an identifier: any of the user's keys is accepted. */
function usernamelessChallenge(version: number, context: AuthenticatorContext): IssuedChallenge {
  const period = periodOf(context);
  const challenge = identifyChallenge(version, period, context);
  return {
    inputs: ['public_key'],
    public: requestOptions(challenge, context, []),
    private: { challenge, userVerification: context.userVerification === true },
    expires: (period + 2) * identifyPeriod,
  };
}

/**
 * The challenge of this period or the previous one: each counts for at most `challengeLifetime`, and for at least half
 * of it.
 */
function usernamelessPending(
  version: number,
  input: CredentialInput,
  context: AuthenticatorContext,
): IssuedChallenge['private'] | undefined {
  const given = challengeOf(input);
  const now = periodOf(context);
  const isOf = (period: number): boolean => given === identifyChallenge(version, period, context);
  for (let age = 2; age <= maxSignInDuration / identifyPeriod; age += 1) if (isOf(now - age)) return undefined;
  const challenge = identifyChallenge(version, isOf(now - 1) ? now - 1 : now, context);
  return { challenge, userVerification: context.userVerification === true };
}

function identifyChallenge(version: number, period: number, context: AuthenticatorContext): string {
  return context.mac('webauthn identify', context.transactionId, String(version), String(period));
}

function periodOf({ now }: AuthenticatorContext): number {
  return Math.floor(now / identifyPeriod);
}

/** The account id in the user handle. */
function subjectInHandle(input: CredentialInput): string | undefined {
  const handle = binaryField(input, 'userHandle', 64);
  const id = handle === undefined ? '' : Buffer.from(handle, 'base64url').toString('utf8');
  return /^[\w-]{1,64}$/.test(id) ? id : undefined;
}
