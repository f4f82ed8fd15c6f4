/** Checks a browser's response from a WebAuthn ceremony, as far as this does not depend on the account. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { CredentialInput, Refused } from '../authenticator.ts';
import type { RefusalCode } from '../refusal-codes.ts';
import { isSameText } from '../shared/same-text.ts';
import type { CeremonyPlace } from './relying-party.ts';

/** Why a response is refused, for the audit log. */
export type ResponseFault =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross_origin'
  | 'rp_id'
  | 'user_presence'
  | 'user_verification'
  | 'backup_flags';

export interface Ceremony {
  readonly type: 'webauthn.create' | 'webauthn.get';
  /** base64url */
  readonly challenge: string;
  readonly place: CeremonyPlace;
}

/**
 * A field in base64url without padding, or in base64. Undefined if it is missing, has another form, or is longer than
 * `maxBytes`.
 */
export function binaryField(input: CredentialInput, name: string, maxBytes: number): string | undefined {
  const text: unknown = Object.hasOwn(input, name) ? input[name] : undefined;
  if (typeof text !== 'string' || text === '' || text.length > Math.ceil(maxBytes / 3) * 4) return undefined;
  const plain = text
    .replace(/={1,2}$/, '')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  const bytes = Buffer.from(plain, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === plain ? plain : undefined;
}

/** Web Authentication Level 3 section 7.1 steps 5 to 12, section 7.2 steps 9 to 15. `clientData`: base64url. */
export function clientDataFault(clientData: string, { type, challenge, place }: Ceremony): ResponseFault | undefined {
  const data = parseObject(Buffer.from(clientData, 'base64url').toString('utf8'));
  if (data === undefined) return 'malformed';
  if (data.type !== type) return 'type';
  if (!isSameText(data.challenge, challenge)) return 'challenge';
  if (data.origin !== place.origin) return 'origin';
  // A page of another site has framed ours, or claims to.
  if (![undefined, false].includes(data.crossOrigin as undefined) || data.topOrigin !== undefined)
    return 'cross_origin';
  return undefined;
}

/** The challenge that the response claims to answer. Undefined if it names none. */
export function challengeOf(input: CredentialInput): string | undefined {
  const text = Buffer.from(binaryField(input, 'clientData', 4096) ?? '', 'base64url').toString('utf8');
  const challenge = parseObject(text)?.challenge;
  return typeof challenge === 'string' ? challenge : undefined;
}

/** The flags of authenticator data (section 6.1). */
export interface Flags {
  readonly up: boolean;
  readonly uv: boolean;
  readonly be: boolean;
  readonly bs: boolean;
}

/** Section 7.1 steps 14 to 18, section 7.2 steps 16 to 20: relying party, presence, and contradicting flags. */
export function authenticatorDataFault(rpIdHash: Uint8Array, flags: Flags, rpId: string): ResponseFault | undefined {
  const expected = createHash('sha256').update(rpId).digest();
  if (rpIdHash.length !== expected.length || !timingSafeEqual(rpIdHash, expected)) return 'rp_id';
  if (!flags.up) return 'user_presence';
  if (flags.bs && !flags.be) return 'backup_flags';
  return undefined;
}

/** Refuses the response as a whole, without naming an input. `reason`: for the audit log. */
export function refuseResponse(code: RefusalCode, reason?: string): Refused {
  return { ok: false, code, ...omitUndefined({ reason }) };
}

/** Undefined if the text is not JSON. */
export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
