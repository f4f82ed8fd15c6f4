/** Verifies an assertion (Web Authentication Level 3 section 7.2). */
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type {
  AuthenticatorContext,
  ChallengeAnswer,
  Credential,
  CredentialInput,
  IssuedChallenge,
  Refused,
  Verified,
} from '../authenticator.ts';
import { foreignChallenge } from '../shared/results.ts';
import { isDecoyId } from './decoy-id.ts';
import { authenticatorDataFault, binaryField, clientDataFault, refuseResponse } from './input.ts';
import { type CeremonyPlace, ceremonyPlace } from './relying-party.ts';
import { type Key, type WebauthnSecret, webauthnKeys, webauthnProof } from './secret.ts';

/** The server's part of a challenge. */
export interface PendingAssertion {
  /** base64url */
  readonly challenge: string;
  readonly userVerification: boolean;
  /**
   * Credential ids that may answer. Absent if the answer identifies the user, so that any of the user's keys is
   * accepted.
   */
  readonly allowed?: readonly string[];
}

/** COSE algorithms of the keys that can be enrolled: ES256, EdDSA, RS256. */
export const algorithms = [-7, -8, -257];

/** A P-256 key whose private half was discarded. It is used to verify decoys, so that they take the same time. */
const decoyKey =
  'pQECAyYgASFYIHVhH12GsAQNVcTydwzbcKQi1pIbpI6z4Xitq2d6atuxIlggDHNNmFXECyeX2X9EULDn-zJd0dFcOCoXfVX788N12Os';

interface Assertion {
  readonly clientData: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly credentialId?: string;
  readonly userHandle?: string;
}

/**
 * Determines which key answered and what it proved. Everything that does not depend on the account is checked first;
 * without the key, the answer reveals nothing. State changes only after all checks have passed.
 */
export async function verifyAssertion(
  credential: Credential | undefined,
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Promise<Verified | Refused> {
  const { challenge, userVerification, allowed } = readPending(pending);
  const assertion = readAssertion(input);
  if ('ok' in assertion) return assertion;
  const { parseAuthenticatorData } = await import('@simplewebauthn/server/helpers');
  const ceremony = { type: 'webauthn.get', challenge, place: ceremonyPlace(context) } as const;
  const data = attempt(() => parseAuthenticatorData(bytes(assertion.authenticatorData)));
  if (data === undefined) return invalid('malformed');
  const fault =
    clientDataFault(assertion.clientData, ceremony) ??
    authenticatorDataFault(data.rpIdHash, data.flags, ceremony.place.id);
  if (fault !== undefined) return invalid(fault);
  const keys = webauthnKeys(context.enrolled.length > 0 ? context.enrolled : credential ? [credential] : []);
  const mayAnswer = keys.filter(
    ({ secret: { id } }) =>
      (allowed?.includes(id) ?? true) && (assertion.credentialId === undefined || assertion.credentialId === id),
  );
  const key = await signer(mayAnswer, assertion, ceremony);
  const isUsernameless = allowed === undefined;
  if (key === undefined && mayAnswer.length === 0)
    return { ...invalid('unknown_credential'), ...(isUsernameless ? unknownCredential(assertion, context) : {}) };
  if (key === undefined) return invalid('signature');
  const { secret } = key;
  if ((assertion.userHandle ?? (isUsernameless ? '' : secret.userHandle)) !== secret.userHandle)
    return invalid('user_handle');
  if (data.flags.be !== secret.backupEligible) return invalid('backup_eligibility');
  // The user has proved possession of the key, so from here on the answer may say what is wrong.
  const isVerified = data.flags.uv && secret.userVerification;
  if (userVerification && !isVerified) return refuseResponse('credentials.unverified', 'user_verification');
  if ((data.counter > 0 || secret.counter > 0) && data.counter <= secret.counter)
    return refuseResponse('credentials.cloned');
  return {
    ok: true,
    credential: key.credential.id,
    proof: webauthnProof(secret, isVerified),
    secret: { ...secret, counter: data.counter, backedUp: data.flags.bs },
    // Without a counter, the next use does not depend on the stored secret, and two simultaneous uses may both count.
    mustSave: data.counter > 0,
  };
}

function readPending({ challenge, userVerification, allowed }: IssuedChallenge['private']): PendingAssertion {
  if (typeof challenge !== 'string' || challenge === '') throw foreignChallenge();
  return {
    challenge,
    userVerification: userVerification === true,
    ...omitUndefined({ allowed: Array.isArray(allowed) ? (allowed as readonly string[]) : undefined }),
  };
}

function readAssertion(input: CredentialInput): Assertion | Refused {
  const isEmpty = (name: string) => input[name] === undefined || input[name] === '';
  if (['clientData', 'authenticatorData', 'signatureData'].every(isEmpty))
    return refuseResponse('credentials.required');
  const clientData = binaryField(input, 'clientData', 4096);
  const authenticatorData = binaryField(input, 'authenticatorData', 4096);
  const signature = binaryField(input, 'signatureData', 1024);
  const credentialId = isEmpty('credentialId') ? undefined : (binaryField(input, 'credentialId', 1023) ?? '');
  const userHandle = isEmpty('userHandle') ? undefined : (binaryField(input, 'userHandle', 64) ?? '');
  if (!clientData || !authenticatorData || !signature || credentialId === '' || userHandle === '')
    return refuseResponse('credentials.malformed');
  return omitUndefined({ clientData, authenticatorData, signature, credentialId, userHandle });
}

interface SignedCeremony {
  readonly challenge: string;
  readonly place: CeremonyPlace;
}

/** The key that made the signature. If there is no key, the work is the same. */
async function signer(keys: readonly Key[], assertion: Assertion, ceremony: SignedCeremony): Promise<Key | undefined> {
  if (keys.length === 0) await isSignedBy({ id: 'AA', publicKey: decoyKey }, assertion, ceremony);
  for (const key of keys) if (await isSignedBy(key.secret, assertion, ceremony)) return key;
  return undefined;
}

async function isSignedBy(
  { id, publicKey }: Pick<WebauthnSecret, 'id' | 'publicKey'>,
  { clientData, authenticatorData, signature }: Assertion,
  { challenge, place }: SignedCeremony,
): Promise<boolean> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: clientData, authenticatorData, signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.id,
      // The counter is compared only after the signature is verified, so that no other party can make a key look
      // cloned.
      credential: { id, publicKey: bytes(publicKey), counter: 0 },
      requireUserVerification: false,
    });
    return verified;
  } catch {
    return false;
  }
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64url, 'base64url'));
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/**
 * Only if the browser chose among all its keys. An id from a page belongs to a key or a decoy, and calling it unknown
 * would reveal which.
 */
function unknownCredential(
  { credentialId }: Assertion,
  context: AuthenticatorContext,
): Pick<Refused, 'unknownCredential'> {
  if (credentialId === undefined || isDecoyId(credentialId, context)) return {};
  return { unknownCredential: { value: credentialId, signal: { rpId: ceremonyPlace(context).id, credentialId } } };
}

function invalid(reason: string): Refused {
  return refuseResponse('credentials.invalid', reason);
}
