/** `deviceSignals` in `stepgate.yaml`: who may say what of a device. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import type { DeviceSignalSettings } from '../../model/device-signals.ts';
import { closed, closedNotEmpty, key, listOf, whenSound } from '../fields/fields.ts';
import { cidr } from './network.ts';

const header = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, { error: 'must be the name of a header' })
  .toLowerCase();

const proxies = listOf(cidr).describe(
  'The proxies that may set it, by their addresses. From any other peer it is ignored.',
);

const authority = z
  .string()
  .refine((pem) => isAuthority(pem), { error: 'must be the certificate of an authority, as PEM' })
  .describe('Certificate of an authority (PEM).');

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

const publicKey = z
  .looseObject({
    kty: z.enum(['EC', 'OKP', 'RSA']).describe('Type of the key.'),
    kid: z.string().min(1).describe('Names the key in statements.'),
  })
  .refine((jwk) => !['d', 'p', 'q', 'k'].some((member) => member in jwk), {
    error: 'holds a private key: only public ones belong here',
  })
  .describe('Public key (JWK) with a `kid`: P-256 for ES256, Ed25519 for EdDSA, RSA for RS256.');

const assurance = closedNotEmpty({
  osVersion: z
    .partialRecord(
      z.enum(['windows', 'macos', 'linux', 'chromeos', 'ios', 'android']),
      z.string().regex(/^\d{1,9}(\.\d{1,9}){0,4}$/, { error: 'must be a version such as "17.4", in quotes' }),
    )
    .refine((versions) => Object.keys(versions).length > 0, { error: 'names no system' })
    .optional()
    .describe('By operating system: its least version. Other systems do not meet the assurance.'),
  signals: listOf(key).optional().describe('All of these must be stated, such as diskEncryption.'),
}).describe('What a device must show. One source must state all of it.');

const reserved = ['registered', 'managed'];

export const deviceSignals = closed({
  proxy: closed({
    header: header.default('x-device-signals').describe('Holds them, such as `managed, os=ios, osVersion=17.4`.'),
    proxies,
  })
    .optional()
    .describe('A proxy in front checks the device and says what it found. It must overwrite the header.'),
  certificate: closed({
    header: header.default('client-cert').describe('As in RFC 9440, or PEM that is percent-encoded.'),
    proxies,
    authorities: listOf(authority).describe('One of them has issued the certificate of the device.'),
    says: listOf(key)
      .default(['registered'])
      .describe('What such a certificate says of the device. Default: registered.'),
  })
    .optional()
    .describe('The device shows a certificate to a proxy in front, which hands it over in a header.'),
  agent: closed({
    header: header.default('x-device-agent').describe('Holds a JWS, from any address.'),
    keys: z.array(publicKey).min(1).describe('What the agents sign with.'),
  })
    .optional()
    .describe('An agent on the device adds a signed statement that lives ten minutes at most.'),
  assurances: z
    .record(
      key.refine((name) => !reserved.includes(name), { error: 'is a signal of its own' }),
      assurance,
    )
    .default({})
    .describe('By name, for `device: { assurance: ... }`.'),
})
  .refine(({ proxy, certificate, agent }) => proxy !== undefined || certificate !== undefined || agent !== undefined, {
    error: 'has no source: give `proxy`, `certificate` or `agent`',
    when: whenSound,
  })
  .describe(
    'Which statements about devices are trusted, and from whom. What a browser says about itself is not trusted.',
  )
  .transform((input): DeviceSignalSettings => input as ExactOptional<typeof input>);
