/** The configuration that is shipped: its JSON Schemas, and what its policies decide. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Adapter } from 'oidc-provider';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import { oneHour } from '../../../../src/core/model/durations.ts';
import type { Evidence, Subject } from '../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import type { Documents } from '../../../../src/policy/model/documents.ts';
import { readApp, readPolicy, readSettings } from '../../../../src/policy/revision/read-document.ts';
import { jsonSchemas } from '../../../../src/policy/schema/json-schemas.ts';
import { compileZones } from '../../../../src/policy/schema/settings/zones.ts';

const dir = join(import.meta.dirname, '../../../../config');

async function demo(variables: Record<string, string> = {}): Promise<Documents> {
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return loaded.documents;
}

function document(documents: Documents, key: string) {
  const found = documents.get(key);
  if (found === undefined) throw new Error(`there is no ${key}`);
  return found;
}

test.each([...jsonSchemas(authenticatorKinds)])(
  'config/schema/%s is up to date (stepgate config schema)',
  async (file, text) => {
    expect(await readFile(join(dir, 'schema', file), 'utf8')).toBe(text);
  },
);

test('config/schema has no other file', async () => {
  const files = await readdir(join(dir, 'schema'));
  expect(files.toSorted()).toEqual([...jsonSchemas(authenticatorKinds).keys()].toSorted());
});

test('every key of every schema is described', () => {
  const undescribed = [...jsonSchemas(authenticatorKinds)].flatMap(([file, text]) =>
    withoutDescription(JSON.parse(text), file),
  );
  expect(undescribed).toEqual([]);
});

function withoutDescription(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {} } = schema as { properties?: Record<string, { description?: string }> };
  const own = Object.entries(properties).filter(([, { description }]) => description === undefined);
  const inner = Object.entries(schema).flatMap(([key, value]) => withoutDescription(value, `${path}/${key}`));
  return [...own.map(([key]) => `${path}/${key}`), ...inner];
}

/** Clients of the configuration are not looked up in the store. */
const unused = async () => undefined;
const unusedAdapter = (): Adapter => ({
  upsert: unused,
  find: unused,
  findByUserCode: unused,
  findByUid: unused,
  consume: unused,
  destroy: unused,
  revokeByGrantId: unused,
});

test.each(['notes', 'payroll', 'shop', 'parcels'])(
  'oidc-provider takes the demo app %s, on loopback with any port',
  async (clientId) => {
    const { client } = readApp(document(await demo({ DEMO_RP_PORT: '4711' }), `app/${clientId}`));
    const metadata = JSON.parse(JSON.stringify({ ...client, client_id: clientId }));
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const provider = new Provider('http://localhost:3000', {
      clients: [metadata],
      adapter: unusedAdapter,
      jwks: { keys: [await exportJWK(privateKey)] },
      features: { deviceFlow: { enabled: true }, devInteractions: { enabled: false } },
    });
    const found = await provider.Client.find(clientId);
    expect(found?.redirectUriAllowed('http://127.0.0.1:51234/cb')).toBe(true);
    expect(found?.redirectUriAllowed(`http://localhost:4711/${clientId}/callback`)).toBe(true);
    expect(found?.redirectUriAllowed('http://127.0.0.1:51234/other')).toBe(false);
    expect(found?.redirectUriAllowed('https://evil.test/cb')).toBe(false);
  },
);

const now = 1_800_000_000;
const alice: Subject = {
  id: 'alice',
  status: 'active',
  identifiers: ['alice@demo.test'],
  groups: [],
  profile: {},
  enrollments: authenticatorKinds.map(({ key, factors, characteristics }) => ({
    id: key,
    authenticator: key,
    factors,
    characteristics,
  })),
};

function proof(authenticator: string, age: number): Evidence {
  const descriptor = authenticatorKinds.find(({ key }) => key === authenticator);
  if (descriptor === undefined) throw new Error(`there is no ${authenticator}`);
  const { factors, characteristics } = descriptor;
  return {
    authenticator,
    enrollment: authenticator,
    subject: 'alice',
    factors,
    characteristics,
    amr: [authenticator],
    at: now - age,
    transaction: 't0',
    origin: 'sign_in',
  };
}

const passwordAnd = (authenticator: string, age: number) => [proof('password', 2 * oneHour), proof(authenticator, age)];

test.each<[string, string, string, readonly string[], readonly Evidence[], string]>([
  ['one factor is enough for notes', 'notes', '203.0.113.5', [], [proof('password', 60)], 'allow'],
  ['payroll wants a second one', 'payroll', '203.0.113.5', [], [proof('password', 60)], 'challenge'],
  ['two distinct ones open payroll', 'payroll', '203.0.113.5', [], [proof('password', 60), proof('totp', 60)], 'allow'],
  [
    'the password counts for twelve hours',
    'payroll',
    '203.0.113.5',
    [],
    [proof('password', 13 * oneHour), proof('totp', 60)],
    'challenge',
  ],
  ['and longer than the second factor', 'payroll', '203.0.113.5', [], passwordAnd('totp', oneHour), 'allow'],
  ['which counts for one hour', 'payroll', '203.0.113.5', [], passwordAnd('totp', oneHour + 1), 'challenge'],
  ['a mailbox is no second factor for payroll', 'payroll', '203.0.113.5', [], passwordAnd('email', 60), 'challenge'],
  ['a passkey opens payroll alone', 'payroll', '203.0.113.5', [], [proof('webauthn', 8 * oneHour)], 'allow'],
  ['for eight hours', 'payroll', '203.0.113.5', [], [proof('webauthn', 8 * oneHour + 1)], 'challenge'],
  ['a mailbox opens the shop', 'shop', '203.0.113.5', [], [proof('email', 60)], 'allow'],
  ['so does a passkey', 'shop', '203.0.113.5', [], [proof('webauthn', 60)], 'allow'],
  ['a password does not', 'shop', '203.0.113.5', [], passwordAnd('totp', 60), 'challenge'],
  ['the shop opens notes', 'notes', '203.0.113.5', [], [proof('email', 60)], 'allow'],
  ['in the office one is enough', 'payroll', '192.0.2.77', [], [proof('password', 60)], 'allow'],
  ['in the office over IPv6 too', 'payroll', '2001:db8:1::7', [], [proof('password', 60)], 'allow'],
  [
    'contractors are denied',
    'payroll',
    '203.0.113.5',
    ['contractors'],
    [proof('password', 60), proof('totp', 60)],
    'deny',
  ],
  ['contractors are denied in the office', 'payroll', '192.0.2.77', ['contractors'], [proof('password', 60)], 'deny'],
])('demo policies: %s', async (_, clientId, ip, groups, evidence, expected) => {
  const documents = await demo();
  const settings = readSettings(document(documents, 'settings'), authenticatorKinds);
  const policies: PolicySet = {
    session: compilePolicy(readPolicy(document(documents, 'session'))),
    app: compilePolicy(readPolicy(document(documents, `sign-on/${clientId}`))),
    acrLevels: settings.acrValues,
    authenticators: authenticatorKinds,
  };
  const facts = neutralFacts({
    now,
    request: neutralRequest(clientId, ['openid']),
    network: { ip, ...compileZones(settings.zones)(ip) },
    device: { known: false, platform: 'desktop', os: 'linux' },
    subject: { ...alice, groups },
    evidence,
  });
  expect(evaluate(policies, facts).kind).toBe(expected);
});
