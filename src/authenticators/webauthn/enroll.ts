/** Registers a new key (Web Authentication Level 3 section 7.1). */
import { X509Certificate } from 'node:crypto';
import type { Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { browserText } from '../../user-agent.ts';
import type { AuthenticatorContext, ChallengeAnswer, Enrolled, Refused } from '../authenticator.ts';
import { foreignChallenge } from '../shared/results.ts';
import { authenticatorDataFault, binaryField, clientDataFault, parseJson, refuseResponse } from './input.ts';
import { leadsTo, modelsIn } from './metadata.ts';
import { type CeremonyPlace, ceremonyPlace } from './relying-party.ts';
import { knownTransports, type WebauthnSecret, webauthnDescriptor, webauthnProof } from './secret.ts';
import { algorithms } from './verify.ts';

/** The settings that this file uses. */
export interface WebauthnSettings {
  /** Path of the FIDO metadata. */
  readonly metadata?: string;
  /** The only models that may be registered. */
  readonly aaguids?: readonly string[];
}

/** The longest credential id (bytes; section 7.1 step 25). */
const longestId = 1023;

/** The user handle of an account (section 5.4.3), base64url. */
export function userHandleOf(userId: string): string {
  return Buffer.from(userId, 'utf8').toString('base64url');
}

export async function verifyRegistration(
  subject: Subject,
  { pending, input }: ChallengeAnswer,
  context: AuthenticatorContext,
): Promise<Enrolled | Refused> {
  const { challenge } = pending;
  if (typeof challenge !== 'string' || challenge === '') throw foreignChallenge();
  if (!input.clientData && !input.attestation) return refuseResponse('credentials.required');
  const clientData = binaryField(input, 'clientData', 4096);
  const attestation = binaryField(input, 'attestation', 12_288);
  if (!clientData || !attestation) return refuseResponse('credentials.malformed');
  const place = ceremonyPlace(context);
  const ceremony = { type: 'webauthn.create', challenge, place } as const;
  const fault = clientDataFault(clientData, ceremony);
  if (fault !== undefined) return refuseResponse('credentials.invalid', fault);
  const registered = await readRegistration({ clientData, attestation, challenge }, place);
  if ('ok' in registered) return registered;
  if (pending.userVerification === true && !registered.userVerification)
    return refuseResponse('credentials.unverified', 'user_verification');
  const settings = (context.settings ?? {}) as WebauthnSettings;
  const model = settings.metadata === undefined ? undefined : attestedModel(settings.metadata, registered, context.now);
  const lists = [settings.aaguids, context.models].filter((list) => list !== undefined);
  if (lists.some((list) => !(model && list.includes(registered.aaguid))))
    return refuseResponse('credentials.not_allowed', model ? 'aaguid' : 'attestation_untrusted');
  const { chain: _, ...rest } = registered;
  const transports = knownTransports(parseJson(input.transports));
  const secret: WebauthnSecret = {
    ...rest,
    userHandle: userHandleOf(subject.id),
    hardware: model?.hardware === true,
    ...omitUndefined({ transports: transports.length > 0 ? transports : undefined }),
  };
  const proof = webauthnProof(secret, secret.userVerification);
  const label = cleanLabel(input.label) || defaultLabel(context);
  return {
    ok: true,
    credential: {
      authenticator: webauthnDescriptor.key,
      ...omitUndefined({ label: label === '' ? undefined : label }),
      factors: proof.factors,
      characteristics: proof.characteristics,
      reservations: [secret.id],
      relyingParty: place.id,
      secret: { ...secret },
    },
    proof,
  };
}

interface Registered extends Omit<WebauthnSecret, 'userHandle' | 'hardware' | 'transports'> {
  /** Certificates of the attestation, leaf first. Empty if the key has no attestation. */
  readonly chain: readonly Uint8Array[];
}

async function readRegistration(
  given: { readonly clientData: string; readonly attestation: string; readonly challenge: string },
  place: CeremonyPlace,
): Promise<Registered | Refused> {
  const { decodeAttestationObject, parseAuthenticatorData } = await import('@simplewebauthn/server/helpers');
  try {
    const object = decodeAttestationObject(Uint8Array.from(Buffer.from(given.attestation, 'base64url')));
    const data = parseAuthenticatorData(object.get('authData'));
    const fault = authenticatorDataFault(data.rpIdHash, data.flags, place.id);
    if (fault !== undefined) return refuseResponse('credentials.invalid', fault);
    if (data.credentialID === undefined || data.credentialID.length === 0)
      return refuseResponse('credentials.invalid', 'malformed');
    if (data.credentialID.length > longestId) return refuseResponse('credentials.invalid', 'credential_id');
    const id = Buffer.from(data.credentialID).toString('base64url');
    const info = await verifyAttested(id, given, place);
    if (info === undefined) return refuseResponse('credentials.invalid', 'attestation');
    return {
      id,
      publicKey: Buffer.from(info.credential.publicKey).toString('base64url'),
      counter: info.credential.counter,
      backupEligible: data.flags.be,
      backedUp: data.flags.bs,
      userVerification: info.userVerified,
      aaguid: info.aaguid,
      chain: (object.get('attStmt').get('x5c') as readonly Uint8Array[] | undefined) ?? [],
    };
  } catch {
    return refuseResponse('credentials.invalid', 'malformed');
  }
}

/**
 * Checks the algorithm of the key and the signature of the attestation, if there is one. Does not check the certificate
 * chain.
 */
async function verifyAttested(
  id: string,
  { clientData, attestation, challenge }: Parameters<typeof readRegistration>[0],
  place: CeremonyPlace,
) {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: clientData, attestationObject: attestation },
      },
      expectedChallenge: challenge,
      expectedOrigin: place.origin,
      expectedRPID: place.id,
      supportedAlgorithmIDs: algorithms,
      requireUserVerification: false,
    });
    return registrationInfo;
  } catch {
    return undefined;
  }
}

/** The model of the key, if its attestation leads to a root of that model. */
function attestedModel(file: string, { aaguid, chain }: Registered, now: number) {
  const model = modelsIn(file).get(aaguid);
  if (model === undefined) return undefined;
  const certificates = chain.map((der) => new X509Certificate(der));
  return leadsTo(model.roots, certificates, now) ? model : undefined;
}

/** The name that the user gave: one line of at most 64 characters. */
function cleanLabel(text: string | undefined): string {
  if (typeof text !== 'string' || !text.isWellFormed()) return '';
  const line = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return Array.from(line).slice(0, 64).join('').trim();
}

/** From the second key on, a key is named after the browser that made it, with a number if that name is taken. */
function defaultLabel({ enrolled, visitor }: AuthenticatorContext): string {
  if (enrolled.length === 0) return '';
  const { browser, system } = browserText(visitor.userAgent);
  const where = [browser, system].filter((word) => word !== '').join(', ');
  const isFree = (label: string) => label !== '' && !enrolled.some((other) => other.label === label);
  if (isFree(where)) return where;
  const numbers = Array.from({ length: enrolled.length + 1 }, (_, index) =>
    `${where} #${enrolled.length + 1 + index}`.trim(),
  );
  return numbers.find(isFree) ?? '';
}
