/** What is believed of a device: nothing that a stranger could have sent. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { signalHeaders } from '../../../../src/policy/model/device-signals.ts';
import { type Brought, compileDeviceSignals } from '../../../../src/policy/revision/device-signals.ts';
import { settingsSchemaFor } from '../../../../src/policy/schema/schemas.ts';
import { certificate, type Issued } from '../../../support/servers/certificates.ts';

const now = 1_800_000_000;
const issuer = 'https://id.example.org';
const proxy = '10.0.0.7';
const stranger = '203.0.113.7';

const authority = certificate('authority', { ca: true, at: now });
const otherAuthority = certificate('authority', { ca: true, at: now });
const device = certificate('laptop', { ca: false, at: now, issuer: authority });
const old = certificate('laptop', { ca: false, at: now, issuer: authority, until: now - 1 });
const foreign = certificate('laptop', { ca: false, at: now, issuer: otherAuthority });
const pem = ({ der }: Issued) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
const inHeader = ({ der }: Issued) => `:${der.toString('base64')}:`;

const agentKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const edKey = generateKeyPairSync('ed25519');
const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid });

const written = {
  proxy: { proxies: ['10.0.0.0/24'] },
  certificate: { proxies: ['10.0.0.0/24'], authorities: [pem(authority)], says: ['registered', 'managed'] },
  agent: { keys: [jwk(agentKey.publicKey, 'one'), jwk(edKey.publicKey, 'two')] },
  assurances: {
    encrypted: { signals: ['diskEncryption', 'screenLock'] },
    current: { osVersion: { ios: '17.4', windows: '10.0.22631' } },
  },
};
const parsed = (deviceSignals: object) =>
  settingsSchemaFor(authenticatorKinds).safeParse({ brand: { name: 'A' }, deviceSignals });
const settings = parsed(written).data?.deviceSignals;
const read = compileDeviceSignals(settings, issuer);

function from(peer: string, headers: Brought['headers']) {
  return read({ peer, headers }, now);
}

const viaProxy = (text: string, peer = proxy) => from(peer, { 'x-device-signals': text });

describe('of a proxy', () => {
  test.each<[string, object]>([
    ['registered', { registered: true }],
    ['managed', { registered: true, managed: true }],
    ['managed=true', {}],
    ['', {}],
    ['diskEncryption, screenLock', { assurances: ['encrypted'] }],
    ['diskEncryption', {}],
    ['diskEncryption=no, screenLock', {}],
    ['os=ios, osVersion=17.4', { assurances: ['current'] }],
    ['os=ios, osVersion=17.10.1', { assurances: ['current'] }],
    ['os=ios, osVersion=17.3.9', {}],
    ['os=ios, osVersion=17', {}],
    ['os=ios, osVersion=18', { assurances: ['current'] }],
    ['os=windows, osVersion=10.0.22631.1', { assurances: ['current'] }],
    ['os=android, osVersion=99', {}],
    ['os=toString, osVersion=99', {}],
    ['osVersion=99', {}],
    ['os=ios, osVersion=17.4-beta', {}],
    ['managed; registered', {}],
    ['managed,, registered', {}],
    ['managed, <script>', {}],
    ['managed, managed=no', {}],
    ['managed, managed', {}],
  ])('%s', (text, expected) => {
    expect(viaProxy(text)).toEqual(expected);
    expect(viaProxy(text, '::ffff:10.0.0.9')).toEqual(expected);
  });

  test.each([stranger, '10.0.1.7', '127.0.0.1', '::1', '', 'unknown'])('says nothing from %s', (peer) => {
    expect(viaProxy('managed, diskEncryption, screenLock', peer)).toEqual({});
  });
});

describe('of a certificate', () => {
  const shown = (issued: Issued, peer = proxy) => from(peer, { 'client-cert': inHeader(issued) });

  test('counts if an authority issued it', () => {
    expect(shown(device)).toEqual({ registered: true, managed: true });
    expect(from(proxy, { 'client-cert': encodeURIComponent(pem(device)) })).toEqual({
      registered: true,
      managed: true,
    });
  });

  test.each<[string, Issued, string]>([
    ['another authority of the same name', foreign, proxy],
    ['a time that is over', old, proxy],
    ['no proxy', device, stranger],
  ])('does not count from %s', (_, issued, peer) => {
    expect(shown(issued, peer)).toEqual({});
  });

  test('the authority itself, and anything but a certificate, does not count', () => {
    expect(shown(authority)).toEqual({});
    expect(shown(certificate('below', { ca: true, at: now, issuer: authority }))).toEqual({});
    expect(from(proxy, { 'client-cert': ':AAAA:' })).toEqual({});
    expect(from(proxy, { 'client-cert': 'managed' })).toEqual({});
  });
});

interface Statement {
  readonly header?: object;
  readonly payload?: object;
  readonly key?: KeyObject;
}

const claims = { aud: issuer, iat: now - 30, exp: now + 300, signals: { managed: true, os: 'ios', osVersion: '17.4' } };

function statement({ header = {}, payload = {}, key = agentKey.privateKey }: Statement = {}): string {
  const parts = [
    { alg: 'ES256', kid: 'one', ...header },
    { ...claims, ...payload },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const type = key.asymmetricKeyType;
  const signature = sign(type === 'ed25519' ? null : 'sha256', Buffer.from(parts.join('.')), {
    key,
    dsaEncoding: 'ieee-p1363',
  });
  return [...parts, signature.toString('base64url')].join('.');
}

describe('of an agent', () => {
  const stated = (jws: string) => from(stranger, { 'x-device-agent': jws });
  const good = { registered: true, managed: true, assurances: ['current'] };

  test('counts from any address, by its signature', () => {
    expect(stated(statement())).toEqual(good);
    expect(stated(statement({ header: { alg: 'EdDSA', kid: 'two' }, key: edKey.privateKey }))).toEqual(good);
  });

  const [head, , signature] = statement().split('.');
  const altered = Buffer.from(JSON.stringify({ ...claims, exp: now + 301 })).toString('base64url');
  const hmac = () => {
    const parts = [{ alg: 'HS256', kid: 'one' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const secret = agentKey.publicKey.export({ type: 'spki', format: 'pem' });
    return [...parts, createHmac('sha256', secret).update(parts.join('.')).digest('base64url')].join('.');
  };
  const unsigned = `${Buffer.from('{"alg":"none","kid":"one"}').toString('base64url')}.${altered}.`;

  test.each<[string, string]>([
    ['a key of a stranger', statement({ key: otherKey.privateKey })],
    ['a key that is not there', statement({ header: { kid: 'three' } })],
    ['another key of the operator', statement({ header: { kid: 'two' } })],
    ['a payload that was changed', `${head}.${altered}.${signature}`],
    ['no signature', unsigned],
    ['the public key as a secret', hmac()],
    ['another algorithm', statement({ header: { alg: 'RS256' } })],
    ['a header that must be understood', statement({ header: { crit: ['exp'] } })],
    ['another audience', statement({ payload: { aud: 'https://other.example.org' } })],
    ['no audience', statement({ payload: { aud: undefined } })],
    ['a statement that is over', statement({ payload: { exp: now } })],
    ['one that lives too long', statement({ payload: { exp: now + 571 } })],
    ['one without an end', statement({ payload: { exp: undefined } })],
    ['one from the future', statement({ payload: { iat: now + 61, exp: now + 300 } })],
    ['what is no statement', 'managed'],
    ['signals that are none', statement({ payload: { signals: 'managed' } })],
    ['a signal that is false', statement({ payload: { signals: { managed: 'false', registered: false } } })],
    ['more parts', `${statement()}.x`],
  ])('does not count with %s', (_, jws) => {
    expect(stated(jws)).toEqual({});
  });

  test('does not count on a node that does not know its issuer', () => {
    const without = compileDeviceSignals(settings, undefined);
    expect(without({ peer: stranger, headers: { 'x-device-agent': statement() } }, now)).toEqual({});
  });
});

test('two sources do not make up one device', () => {
  const both = {
    'x-device-signals': 'diskEncryption',
    'x-device-agent': statement({ payload: { signals: { screenLock: true } } }),
  };
  expect(from(proxy, both)).toEqual({});
});

test('between names two sources count together, and what one must say is one assurance (docs/policies.md)', () => {
  const assurances = {
    healthy: { signals: ['diskEncryption'] },
    'healthy-managed': { signals: ['managed', 'diskEncryption'] },
    'healthy-registered': { signals: ['registered', 'diskEncryption'] },
  };
  const reader = compileDeviceSignals(parsed({ ...written, assurances }).data?.deviceSignals, issuer);
  const apart = {
    'x-device-signals': 'diskEncryption',
    'x-device-agent': statement({ payload: { signals: { managed: true } } }),
  };
  expect(reader({ peer: proxy, headers: apart }, now)).toEqual({
    registered: true,
    managed: true,
    assurances: ['healthy'],
  });
  const said = { 'x-device-signals': 'managed, diskEncryption' };
  expect(reader({ peer: proxy, headers: said }, now).assurances).toEqual([
    'healthy',
    'healthy-managed',
    'healthy-registered',
  ]);
});

test('without settings, or without anything sent, nothing is believed', () => {
  const sent = { peer: proxy, headers: { 'x-device-signals': 'managed' } };
  expect(compileDeviceSignals(undefined, issuer)(sent, now)).toEqual({});
  expect(read(undefined, now)).toEqual({});
  expect(signalHeaders(undefined)).toEqual([]);
  expect(signalHeaders(settings)).toEqual(['x-device-signals', 'client-cert', 'x-device-agent']);
});

test.each<[object, RegExp]>([
  [{ assurances: {} }, /has no source/],
  [{ proxy: {} }, /proxies/],
  [{ proxy: { proxies: ['10.0.0.0/99'] } }, /prefix/],
  [{ certificate: { proxies: ['10.0.0.0/8'], authorities: [pem(device)] } }, /certificate of an authority/],
  [{ agent: { keys: [jwk(agentKey.privateKey, 'one')] } }, /private key/],
  [{ ...written, assurances: { managed: { signals: ['a'] } } }, /signal of its own/],
  [{ ...written, assurances: { new: { osVersion: { ios: '17 beta' } } } }, /version such as/],
  [{ ...written, assurances: { new: {} } }, /says nothing/],
])('settings %#', (given, fault) => {
  expect(JSON.stringify(parsed(given).error?.issues)).toMatch(fault);
});
