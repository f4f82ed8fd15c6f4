/** Verifies an assertion (Web Authentication Level 3 section 7.2). */
import type { AuthenticatorEnv, Credential, CredentialInput, Refused, Started, Verified } from '../authenticator.ts';
import { authenticatorDataFault, binaryField, clientDataFault, relyingParty } from './webauthn-input.ts';
import { type Key, keysOf, proofOf, type WebauthnSecret } from './webauthn-secret.ts';

/** What the server keeps of a challenge. */
export interface PendingAssertion {
  /** base64url */
  readonly challenge: string;
  readonly userVerification: boolean;
  /** Credential ids that may answer; absent: the answer says who it is, and any key of that person will do. */
  readonly allowed?: readonly string[];
}

/** COSE algorithms of the keys that are taken: ES256, EdDSA, RS256. */
export const algorithms = [-7, -8, -257];

/** A P-256 key whose private half was thrown away: what is checked when there is nothing to check. */
const nobodysKey =
  'pQECAyYgASFYIHVhH12GsAQNVcTydwzbcKQi1pIbpI6z4Xitq2d6atuxIlggDHNNmFXECyeX2X9EULDn-zJd0dFcOCoXfVX788N12Os';

interface Assertion {
  readonly clientData: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly credentialId?: string;
  readonly userHandle?: string;
}

/**
 * Which key answered and what it showed. Everything that does not depend on the account is checked first; whoever has not the key learns
 * nothing from the answer. State changes only after all checks have passed.
 */
export async function verifyAssertion(
  credential: Credential | undefined,
  pending: Started['private'],
  input: CredentialInput,
  env: AuthenticatorEnv,
): Promise<Verified | Refused> {
  const { challenge, userVerification, allowed } = readPending(pending);
  const assertion = readAssertion(input);
  if ('ok' in assertion) return assertion;
  const { parseAuthenticatorData } = await import('@simplewebauthn/server/helpers');
  const ceremony = { type: 'webauthn.get', challenge, issuer: env.issuer } as const;
  const data = attempt(() => parseAuthenticatorData(bytes(assertion.authenticatorData)));
  if (data === undefined) return invalid('malformed');
  const fault =
    clientDataFault(assertion.clientData, ceremony) ?? authenticatorDataFault(data.rpIdHash, data.flags, env.issuer);
  if (fault !== undefined) return invalid(fault);
  const keys = keysOf(env.enrolled.length > 0 ? env.enrolled : credential ? [credential] : []);
  const mayAnswer = keys.filter(
    ({ secret: { id } }) =>
      (allowed?.includes(id) ?? true) && (assertion.credentialId === undefined || assertion.credentialId === id),
  );
  const key = await signer(mayAnswer, assertion, ceremony);
  if (key === undefined) return invalid(mayAnswer.length > 0 ? 'signature' : 'unknown_credential');
  const isUsernameless = allowed === undefined;
  const { secret } = key;
  if ((assertion.userHandle ?? (isUsernameless ? '' : secret.userHandle)) !== secret.userHandle)
    return invalid('user_handle');
  if (data.flags.be !== secret.backupEligible) return invalid('backup_eligibility');
  // From here on the holder of the key is told what is wrong.
  const isVerified = data.flags.uv && secret.userVerification;
  if (userVerification && !isVerified) return refuse('credentials.unverified', 'user_verification');
  if ((data.counter > 0 || secret.counter > 0) && data.counter <= secret.counter) return refuse('credentials.cloned');
  return {
    ok: true,
    credential: key.credential.id,
    proof: proofOf(secret, isVerified),
    secret: { ...secret, counter: data.counter, backedUp: data.flags.bs },
    // Without a counter nothing of the secret decides over the next use, and two uses at a time may both count.
    mustSave: data.counter > 0,
  };
}

function readPending({ challenge, userVerification, allowed }: Started['private']): PendingAssertion {
  if (typeof challenge !== 'string' || challenge === '')
    throw new TypeError('the challenge to answer is not one of this authenticator');
  return {
    challenge,
    userVerification: userVerification === true,
    ...(Array.isArray(allowed) ? { allowed: allowed as readonly string[] } : {}),
  };
}

function readAssertion(input: CredentialInput): Assertion | Refused {
  const isEmpty = (name: string) => input[name] === undefined || input[name] === '';
  if (['clientData', 'authenticatorData', 'signatureData'].every(isEmpty)) return refuse('credentials.required');
  const clientData = binaryField(input, 'clientData', 4096);
  const authenticatorData = binaryField(input, 'authenticatorData', 4096);
  const signature = binaryField(input, 'signatureData', 1024);
  const credentialId = isEmpty('credentialId') ? undefined : (binaryField(input, 'credentialId', 1023) ?? '');
  const userHandle = isEmpty('userHandle') ? undefined : (binaryField(input, 'userHandle', 64) ?? '');
  if (!clientData || !authenticatorData || !signature || credentialId === '' || userHandle === '')
    return refuse('credentials.malformed');
  return {
    clientData,
    authenticatorData,
    signature,
    ...(credentialId ? { credentialId } : {}),
    ...(userHandle ? { userHandle } : {}),
  };
}

/** The key that made the signature. Without any key the work is done all the same. */
async function signer(
  keys: readonly Key[],
  assertion: Assertion,
  ceremony: { readonly challenge: string; readonly issuer: string },
): Promise<Key | undefined> {
  if (keys.length === 0) await isSignedBy({ id: 'AA', publicKey: nobodysKey }, assertion, ceremony);
  for (const key of keys) if (await isSignedBy(key.secret, assertion, ceremony)) return key;
  return undefined;
}

async function isSignedBy(
  { id, publicKey }: Pick<WebauthnSecret, 'id' | 'publicKey'>,
  { clientData, authenticatorData, signature }: Assertion,
  { challenge, issuer }: { readonly challenge: string; readonly issuer: string },
): Promise<boolean> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { id: expectedRPID, origin: expectedOrigin } = relyingParty(issuer);
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
      expectedOrigin,
      expectedRPID,
      // The counter is looked at only after the signature: nobody else may make a key look cloned.
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

function invalid(reason: string): Refused {
  return refuse('credentials.invalid', reason);
}

function refuse(code: string, reason?: string): Refused {
  return { ok: false, code, ...(reason === undefined ? {} : { reason }) };
}
