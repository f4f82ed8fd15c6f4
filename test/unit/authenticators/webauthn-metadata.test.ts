import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { webauthnAuthenticator } from '../../../src/authenticators/webauthn/webauthn.ts';
import type { Subject } from '../../../src/core/model/facts.ts';
import { context as base } from '../../contract/authenticators/authenticator-contract.ts';
import { attestation, flag, type Making, newKey, whereOf } from '../../support/pages/webauthn.ts';
import { certificate, type Issued } from '../../support/servers/certificates.ts';

const aaguid = 'ee882879-721c-4913-9775-3dfcce97072a';
const other = 'cb69481e-8ff7-4039-93ec-0a2729a154a8';
const subject: Subject = {
  id: 'alice',
  status: 'active',
  identifiers: ['alice@demo.test'],
  groups: [],
  profile: {},
  enrollments: [],
};
const now = Math.floor(Date.now() / 1000);
const root = certificate('Root', { ca: true, at: now });
const middle = certificate('Middle', { issuer: root, ca: true, at: now });
const leaf = certificate('Leaf', { issuer: middle, ca: false, at: now });

let dir: string;
let metadata: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-metadata-'));
  metadata = join(dir, 'metadata.json');
  await writeFile(metadata, blob());
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The payload of a BLOB with one model. */
function blob(statement: object = {}, entry: object = {}): string {
  const metadataStatement = {
    keyProtection: ['hardware', 'secure_element'],
    attestationRootCertificates: [root.der.toString('base64')],
    ...statement,
  };
  return JSON.stringify({ no: 1, entries: [{ aaguid, metadataStatement, statusReports: [], ...entry }] });
}

async function register(
  making: Making,
  settings: Readonly<Record<string, unknown>> = { metadata },
  models?: readonly string[],
) {
  const webauthn = webauthnAuthenticator();
  const context = { ...base, now, settings, ...(models && { models }) };
  const started = await webauthn.beginEnrollment(subject, context);
  const input = attestation(newKey('YWxpY2U'), whereOf(started, context.issuer), making);
  const result = await webauthn.enroll(subject, { pending: started.private, input }, context);
  return { asked: started.public.attestation, result };
}

const chained = (...chain: readonly Issued[]): Making => ({
  aaguid,
  attestation: { chain: chain.map((issued) => issued.der), key: (chain[0] as Issued).key },
});

async function isInHardware(making: Making, settings?: Readonly<Record<string, unknown>>): Promise<boolean> {
  const { result } = await register(making, settings);
  if (!('credential' in result)) throw new Error(`not enrolled: ${JSON.stringify(result)}`);
  return result.credential.characteristics.includes('hardwareProtected');
}

test('an attestation that leads to the root of its model proves hardware', async () => {
  expect((await register(chained(leaf, middle))).asked).toBe('direct');
  expect(await isInHardware(chained(leaf, middle))).toBe(true);
});

const foreign = certificate('Root', { ca: true, at: now });
const weak = certificate('Weak', { issuer: middle, ca: false, at: now });
const late = certificate('Late', { issuer: middle, ca: true, at: now, until: now - 60 });

test.each<[string, Making]>([
  ['no attestation', { aaguid }],
  ['an unknown model', { ...chained(leaf, middle), aaguid: other }],
  ['a link is missing', chained(leaf)],
  ['a root of the same name', chained(certificate('A', { issuer: foreign, ca: false, at: now }))],
  ['issued by what may issue nothing', chained(certificate('B', { issuer: weak, ca: false, at: now }), weak, middle)],
  ['issued by what has expired', chained(certificate('C', { issuer: late, ca: false, at: now }), late)],
  ['a key that syncs', { ...chained(leaf, middle), flags: flag.up | flag.uv | flag.be }],
])('%s: it may be enrolled, and is not hardware', async (_, making) => {
  expect(await isInHardware(making)).toBe(false);
});

test('an attestation signed by another key is refused', async () => {
  const { result } = await register({ ...chained(leaf, middle), signer: middle.key });
  expect(result).toMatchObject({ ok: false, reason: 'attestation' });
});

test('without metadata nothing is asked for, and nothing is hardware', async () => {
  expect((await register(chained(leaf, middle), {})).asked).toBe('none');
  expect(await isInHardware(chained(leaf, middle), {})).toBe(false);
});

test.each([
  ['keeps its keys in software', blob({ keyProtection: ['software'] })],
  ['was broken', blob({}, { statusReports: [{ status: 'FIDO_CERTIFIED' }, { status: 'REVOKED' }] })],
  ['has other roots', blob({ attestationRootCertificates: [foreign.der.toString('base64')] })],
  ['has no roots', blob({ attestationRootCertificates: [] })],
])('a model that %s is not hardware; the file is read again when it changes', async (_, text) => {
  const file = join(dir, 'changing.json');
  await writeFile(file, blob());
  await utimes(file, now - 100, now - 100);
  expect(await isInHardware(chained(leaf, middle), { metadata: file })).toBe(true);
  await writeFile(file, text);
  expect(await isInHardware(chained(leaf, middle), { metadata: file })).toBe(false);
});

test.each(['{', '[]', '{"entries":1}', '{"entries":[{}]}'])('the file %j vouches for no model', async (text) => {
  const file = join(dir, 'broken.json');
  await writeFile(file, text);
  expect(await isInHardware(chained(leaf, middle), { metadata: file })).toBe(false);
  expect(await isInHardware(chained(leaf, middle), { metadata: join(dir, 'missing.json') })).toBe(false);
});

test('only the models on the list, and only if they can prove to be one', async () => {
  const only = { metadata, aaguids: [aaguid] };
  expect((await register(chained(leaf, middle), only)).result).toMatchObject({ ok: true });
  expect((await register({ aaguid }, only)).result).toEqual({
    ok: false,
    code: 'credentials.not_allowed',
    reason: 'attestation_untrusted',
  });
  expect((await register(chained(leaf, middle), { metadata, aaguids: [other] })).result).toMatchObject({
    code: 'credentials.not_allowed',
    reason: 'aaguid',
  });
});

test('a rule names models in addition to the list of the settings, and nothing else vouches for them', async () => {
  const key = chained(leaf, middle);
  expect((await register(key, { metadata }, [other, aaguid])).result).toMatchObject({ ok: true });
  const refused = (reason: string) => ({ ok: false, code: 'credentials.not_allowed', reason });
  expect((await register(key, { metadata }, [other])).result).toEqual(refused('aaguid'));
  expect((await register(key, { metadata, aaguids: [other] }, [aaguid])).result).toEqual(refused('aaguid'));
  expect((await register({ aaguid }, { metadata }, [aaguid])).result).toEqual(refused('attestation_untrusted'));
  expect((await register({ aaguid }, {}, [aaguid])).result).toEqual(refused('attestation_untrusted'));
});
