/**
 * The stored part of a passkey or security key. Nothing in it is secret: the private key never leaves the
 * authenticator.
 */
import type { Characteristic, Factor } from '../../core/model/facts.ts';
import type { Credential, Proof } from '../authenticator.ts';

export const webauthnDescriptor = {
  key: 'webauthn',
  factors: ['possession', 'inherence'],
  characteristics: ['userPresence', 'userVerification', 'deviceBound', 'hardwareProtected', 'phishingResistant'],
  enrollable: true,
  // Most passkeys are copied between a user's devices, and have no attestation.
  decoys: { share: 1 / 4, characteristics: ['userPresence', 'userVerification', 'phishingResistant'] },
} as const;

/** As `AuthenticatorTransport` of Web Authentication Level 3 section 5.8.4. */
const transportNames = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const;
export type Transport = (typeof transportNames)[number];

export interface WebauthnSecret {
  /** The credential id (base64url). */
  readonly id: string;
  /** COSE_Key (base64url). */
  readonly publicKey: string;
  /** The user handle at creation (base64url). */
  readonly userHandle: string;
  /** Signature counter at the last use. */
  readonly counter: number;
  /** The BE flag: it may be copied to other devices. Never changes. */
  readonly backupEligible: boolean;
  /** The BS flag at the last use. */
  readonly backedUp: boolean;
  /** It verified the user at registration. Only then does the UV flag count (`uvInitialized`, section 4). */
  readonly userVerification: boolean;
  /** Its attestation proved that the key cannot leave the hardware. */
  readonly hardware: boolean;
  readonly aaguid: string;
  /** Absent if it named none. */
  readonly transports?: readonly Transport[];
}

/** A key and its credential. */
export interface Key {
  readonly credential: Credential;
  readonly secret: WebauthnSecret;
}

/** The keys among these credentials. Damaged ones are left out. */
export function webauthnKeys(credentials: readonly Credential[]): readonly Key[] {
  return credentials.flatMap((credential) => {
    const secret =
      credential.authenticator === webauthnDescriptor.key ? readWebauthnSecret(credential.secret) : undefined;
    return secret ? [{ credential, secret }] : [];
  });
}

export function knownTransports(names: unknown): readonly Transport[] {
  return Array.isArray(names) ? transportNames.filter((name) => names.includes(name)) : [];
}

const shapes: Readonly<Record<keyof WebauthnSecret, (value: unknown) => boolean>> = {
  id: isBase64url,
  publicKey: (value) => isBase64url(value) && value.length > 40,
  userHandle: isBase64url,
  counter: (value) => Number.isInteger(value) && (value as number) >= 0,
  backupEligible: (value) => typeof value === 'boolean',
  backedUp: (value) => typeof value === 'boolean',
  userVerification: (value) => typeof value === 'boolean',
  hardware: (value) => typeof value === 'boolean',
  aaguid: (value) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  transports: (value) => value === undefined || knownTransports(value).length > 0,
};

function readWebauthnSecret(secret: Credential['secret']): WebauthnSecret | undefined {
  return isWhole(secret) ? secret : undefined;
}

function isWhole(secret: Partial<Record<keyof WebauthnSecret, unknown>>): secret is WebauthnSecret {
  return Object.entries(shapes).every(([name, fits]) => fits(secret[name as keyof WebauthnSecret]));
}

function isBase64url(value: unknown): value is string {
  return typeof value === 'string' && value.length > 1 && /^[\w-]+$/.test(value);
}

/**
 * What a key proves with or without user verification. A key does not say how it verified the user: `inherence` may
 * have been a PIN. `amr` by RFC 8176: `swk` for a key that may be copied, `hwk` for one that stays on its device.
 */
export function webauthnProof(
  { backupEligible, hardware }: Pick<WebauthnSecret, 'backupEligible' | 'hardware'>,
  userVerified: boolean,
): Proof {
  const factors: readonly Factor[] = userVerified ? ['possession', 'inherence'] : ['possession'];
  const characteristics: readonly Characteristic[] = [
    'userPresence',
    ...(userVerified ? (['userVerification'] as const) : []),
    ...(backupEligible ? [] : (['deviceBound'] as const)),
    ...(hardware && !backupEligible ? (['hardwareProtected'] as const) : []),
    'phishingResistant',
  ];
  return { factors, characteristics, amr: [backupEligible ? 'swk' : 'hwk', 'pop', 'user'] };
}
