/**
 * A software authenticator and the browser around it: makes the responses of WebAuthn ceremonies with node:crypto
 * alone, right ones and, where a test says so, wrong ones (Web Authentication Level 3 sections 5.8.1, 6.1, 6.5).
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Credential, CredentialInput, IssuedChallenge } from '../../../src/authenticators/authenticator.ts';
import type { Page } from './user-agent.ts';

export interface SoftKey {
  /** base64url */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** COSE_Key */
  readonly publicKey: Buffer;
  readonly userHandle: string;
  counter: number;
}

/** What a response is made of; each can be made wrong. */
export interface Making {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  readonly crossOrigin?: unknown;
  readonly topOrigin?: string;
  readonly rpId?: string;
  /** UP 1, UV 4, BE 8, BS 16; the others follow from the response. */
  readonly flags?: number;
  readonly counter?: number;
  readonly id?: Buffer;
  readonly fmt?: string;
  readonly aaguid?: string;
  /** Certificates of a packed attestation, leaf first, and the key of the leaf. */
  readonly attestation?: { readonly chain: readonly Buffer[]; readonly key: KeyObject };
  /** Statement of another algorithm than the key has. */
  readonly alg?: number;
  /** Signs with another key. */
  readonly signer?: KeyObject;
  readonly userHandle?: string;
}

export const flag = { up: 1, uv: 4, be: 8, bs: 16 } as const;
const hasData = 64;
const noModel = '00000000-0000-0000-0000-000000000000';

/** Just enough of CBOR (RFC 8949) for attestation objects and COSE keys. */
export function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)])]);
  throw new TypeError('not in this CBOR');
}

function head(major: number, length: number): Buffer {
  const first = major << 5;
  if (length < 24) return Buffer.from([first | length]);
  if (length < 256) return Buffer.from([first | 24, length]);
  return Buffer.from([first | 25, length >> 8, length & 255]);
}

export function newKey(userHandle: string, id: Buffer = randomBytes(32)): SoftKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const cose = new Map<number, unknown>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, Buffer.from(x, 'base64url')],
    [-3, Buffer.from(y, 'base64url')],
  ]);
  return { id: id.toString('base64url'), privateKey, publicKey: cbor(cose), userHandle, counter: 0 };
}

/** The options that a page gives to the browser. */
export function optionsOf({ html }: Pick<Page, 'html'>): Record<string, unknown> {
  const text = /data-webauthn="([^"]*)"/.exec(html)?.[1] ?? '';
  return JSON.parse(text.replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&'));
}

interface Where {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
}

/** Where a challenge or an offer was made: what a browser would take from the page. */
export function whereOf(started: Pick<IssuedChallenge, 'public'>, issuer: string): Where {
  const { hostname, origin } = new URL(issuer);
  return { challenge: String(started.public.challenge), origin, rpId: hostname };
}

function clientData(type: string, where: Where, making: Making): Buffer {
  const { challenge, origin } = { ...where, ...making };
  const { crossOrigin = false, topOrigin } = making;
  return Buffer.from(JSON.stringify({ type: making.type ?? type, challenge, origin, crossOrigin, topOrigin }));
}

function authenticatorData(
  { rpId }: Where,
  making: Making,
  { counter, attested = Buffer.alloc(0) }: { readonly counter: number; readonly attested?: Buffer },
): Buffer {
  const flags = (making.flags ?? flag.up | flag.uv) | (attested.length > 0 ? hasData : 0);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(making.counter ?? counter);
  return Buffer.concat([sha256(making.rpId ?? rpId), Buffer.from([flags]), count, attested]);
}

/** Answers a challenge. Without `making.counter` the counter goes up by one. */
export function assertion(key: SoftKey, where: Where, making: Making = {}): CredentialInput {
  if (making.counter === undefined) key.counter += 1;
  const client = clientData('webauthn.get', where, making);
  const data = authenticatorData(where, making, key);
  const signature = sign('sha256', Buffer.concat([data, sha256(client)]), making.signer ?? key.privateKey);
  return {
    clientData: client.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signatureData: signature.toString('base64url'),
    credentialId: (making.id ?? Buffer.from(key.id, 'base64url')).toString('base64url'),
    userHandle: making.userHandle ?? key.userHandle,
  };
}

/** Answers an offer. */
export function attestation(key: SoftKey, where: Where, making: Making = {}): CredentialInput {
  const client = clientData('webauthn.create', where, making);
  const id = making.id ?? Buffer.from(key.id, 'base64url');
  const length = Buffer.from([id.length >> 8, id.length & 255]);
  const aaguid = Buffer.from((making.aaguid ?? noModel).replaceAll('-', ''), 'hex');
  const publicKey = making.alg === undefined ? key.publicKey : withAlgorithm(key.publicKey, making.alg);
  const data = authenticatorData(where, making, {
    counter: key.counter,
    attested: Buffer.concat([aaguid, length, id, publicKey]),
  });
  const statement = new Map<string, unknown>();
  if (making.attestation) {
    const { chain, key: leaf } = making.attestation;
    statement.set('alg', -7);
    statement.set('sig', sign('sha256', Buffer.concat([data, sha256(client)]), making.signer ?? leaf));
    statement.set('x5c', chain);
  }
  const fmt = making.fmt ?? (making.attestation ? 'packed' : 'none');
  const object = cbor(
    new Map<string, unknown>([
      ['fmt', fmt],
      ['attStmt', statement],
      ['authData', data],
    ]),
  );
  return {
    clientData: client.toString('base64url'),
    attestation: object.toString('base64url'),
    transports: '["internal","hybrid"]',
  };
}

/** In our keys the algorithm is the byte after the label 3. */
function withAlgorithm(publicKey: Buffer, alg: number): Buffer {
  const at = publicKey.indexOf(Buffer.from([0x01, 0x02, 0x03, 0x26])) + 3;
  return Buffer.concat([publicKey.subarray(0, at), cbor(alg), publicKey.subarray(at + 1)]);
}

/** The enrollment of a key, as registering it leaves it. */
export function credentialOf(
  key: SoftKey,
  given: {
    readonly id: string;
    readonly userVerification?: boolean;
    readonly backupEligible?: boolean;
    readonly hardware?: boolean;
  },
): Credential {
  const { id, userVerification = true, backupEligible = false, hardware = false } = given;
  return {
    id,
    authenticator: 'webauthn',
    createdAt: 1,
    factors: userVerification ? ['possession', 'inherence'] : ['possession'],
    characteristics: [
      'userPresence',
      ...(userVerification ? (['userVerification'] as const) : []),
      ...(backupEligible ? [] : (['deviceBound'] as const)),
      ...(hardware ? (['hardwareProtected'] as const) : []),
      'phishingResistant',
    ],
    reservations: [key.id],
    secret: {
      id: key.id,
      publicKey: key.publicKey.toString('base64url'),
      userHandle: key.userHandle,
      counter: key.counter,
      backupEligible,
      backedUp: false,
      userVerification,
      hardware,
      aaguid: noModel,
    },
  };
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
