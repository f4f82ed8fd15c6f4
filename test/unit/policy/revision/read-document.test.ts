/** How policies, apps and settings look after they were read. */

import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import type { Policy } from '../../../../src/core/model/policy.ts';
import { defaultAcrLevels } from '../../../../src/policy/model/acr-defaults.ts';
import { standardAttributes } from '../../../../src/policy/model/standard-attributes.ts';
import { readApp, readPolicy, readSettings } from '../../../../src/policy/revision/read-document.ts';
import { requirementSchema } from '../../../../src/policy/schema/fields/requirement.ts';
import { riskScoring } from '../../../core/support/fixtures.ts';
import { load } from '../support/configuration-dir.ts';

async function policyOf(file: string, key: string, text: string): Promise<Policy> {
  const loaded = await load({ [file]: text });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const document = loaded.documents.get(key);
  if (document === undefined) throw new Error(`there is no ${key}`);
  return readPolicy(document);
}

test('a sign-on policy keeps the order and the places of its rules', async () => {
  const text = `
name: notes
rules:
  - name: Contractors
    when: { groups: { any: [contractors], none: [admins] }, network: { none: [office] } }
    then: deny

  - name: Working hours
    when:
      time: { days: [mon, fri], from: "22:00", to: "24:00", zone: Europe/Vienna }
      attributes: { unit: { in: [a, 2, true] }, site: { matches: "vie-*" } }
      device: { known: true, platform: [desktop], os: [linux] }
      scopes: { all: [profile] }
      users: { any: [a@b.test] }
      userType: { none: [guest] }
    then: { allow: { factors: 2, reauthenticate: always } }
  - name: Rest
    then: deny
`;
  expect(await policyOf('policies/sign-on/notes.yaml', 'sign-on/notes', text)).toEqual({
    name: 'notes',
    rules: [
      {
        name: 'Contractors',
        when: { groups: { any: ['contractors'], none: ['admins'] }, network: { none: ['office'] } },
        then: { kind: 'deny' },
        location: { file: 'policies/sign-on/notes.yaml', line: 4, column: 5 },
      },
      {
        name: 'Working hours',
        when: {
          time: { days: [1, 5], from: 22 * 60, to: 24 * 60, zone: 'Europe/Vienna' },
          attributes: { unit: { in: ['a', 2, true] }, site: { matches: 'vie-*' } },
          device: { known: true, platform: ['desktop'], os: ['linux'] },
          scopes: { all: ['profile'] },
          users: { any: ['a@b.test'] },
          userType: { none: ['guest'] },
        },
        then: { kind: 'allow', requirement: { anyOf: [{ factors: 2, demands: [], maxAge: 0 }] } },
        location: { file: 'policies/sign-on/notes.yaml', line: 8, column: 5 },
      },
      {
        name: 'Rest',
        when: {},
        then: { kind: 'deny' },
        location: { file: 'policies/sign-on/notes.yaml', line: 17, column: 5 },
      },
    ],
  });
});

test.each([
  ['{ factors: 1 }', { anyOf: [{ factors: 1, demands: [] }] }],
  ['{ factors: 2, reauthenticate: session }', { anyOf: [{ factors: 2, demands: [] }] }],
  ['{ factors: 2, reauthenticate: PT12H }', { anyOf: [{ factors: 2, demands: [], maxAge: 43_200 }] }],
  ['{ inherence: {} }', { anyOf: [{ factors: 1, demands: [{ factor: 'inherence' }] }] }],
  [
    '{ any: { exclude: [email], maxAge: PT0S } }',
    { anyOf: [{ factors: 1, demands: [{ exclude: ['email'], maxAge: 0 }] }] },
  ],
  [
    '{ factors: 3, knowledge: { authenticators: [password], maxAge: P1DT1H1M1S }, possession: { hardwareProtected: true, userVerification: true } }',
    {
      anyOf: [
        {
          factors: 3,
          demands: [
            { factor: 'knowledge', authenticators: ['password'], maxAge: 90_061 },
            { factor: 'possession', characteristics: ['userVerification', 'hardwareProtected'] },
          ],
        },
      ],
    },
  ],
  [
    '{ anyOf: [{ factors: 2 }, { possession: { deviceBound: true, userPresence: true }, reauthenticate: P2W }] }',
    {
      anyOf: [
        { factors: 2, demands: [] },
        {
          factors: 1,
          demands: [{ factor: 'possession', characteristics: ['userPresence', 'deviceBound'] }],
          maxAge: 1_209_600,
        },
      ],
    },
  ],
  [
    '{ chains: [[{ authenticators: [password, pin] }, { authenticators: [totp], phishingResistant: true, maxAge: PT5M }]] }',
    {
      chains: [
        [
          { authenticators: ['password', 'pin'] },
          { authenticators: ['totp'], characteristics: ['phishingResistant'], maxAge: 300 },
        ],
      ],
    },
  ],
])('requirement %s', (text, expected) => {
  expect(requirementSchema.parse(parse(text))).toEqual(expected);
});

const password = { factor: 'knowledge', authenticators: ['password'] };
const session = { idle: 7_200, absolute: 86_400 };

test.each([
  ['{ primary: any, secondFactor: never', '', [[{}, [{ factors: 1, demands: [] }]]]],
  ['{ primary: password, secondFactor: never', '', [[{}, [{ factors: 1, demands: [password] }]]]],
  ['{ primary: password, secondFactor: always', '', [[{}, [{ factors: 2, demands: [password] }]]]],
  ['{ primary: any, secondFactor: { every: P7D }', '', [[{}, [{ factors: 2, demands: [], maxAge: 604_800 }]]]],
  [
    '{ primary: password, secondFactor: { every: P7D }',
    '',
    [
      [
        {},
        [
          { factors: 2, demands: [password, { factor: 'possession', maxAge: 604_800 }] },
          { factors: 2, demands: [password, { factor: 'inherence', maxAge: 604_800 }] },
        ],
      ],
    ],
  ],
  [
    '{ primary: any, secondFactor: newDevice',
    '',
    [
      [{ device: { known: false } }, [{ factors: 2, demands: [] }]],
      [{}, [{ factors: 1, demands: [] }]],
    ],
  ],
  [
    '{ primary: any, secondFactor: newDevice',
    'device: { os: [ios] }',
    [
      [{ device: { os: ['ios'], known: false } }, [{ factors: 2, demands: [] }]],
      [{ device: { os: ['ios'] } }, [{ factors: 1, demands: [] }]],
    ],
  ],
  [
    '{ primary: any, secondFactor: newDevice',
    'device: { known: true }',
    [[{ device: { known: true } }, [{ factors: 1, demands: [] }]]],
  ],
  [
    '{ primary: any, secondFactor: newDevice',
    'device: { known: false }',
    [[{ device: { known: false } }, [{ factors: 2, demands: [] }]]],
  ],
])('session policy: %s } when %s', async (allow, when, expected) => {
  const rule = `  - name: A\n${when === '' ? '' : `    when: { ${when} }\n`}    then: { allow: ${allow}, idle: PT2H, absolute: P1D } }\n`;
  const rest = when === '' ? '' : '  - name: Rest\n    then: deny\n';
  const { rules } = await policyOf('policies/session.yaml', 'session', `rules:\n${rule}${rest}`);
  expect(rules.slice(0, expected.length)).toEqual(
    expected.map(([conditions, anyOf]) => ({
      name: expect.stringMatching(/^A/),
      when: conditions,
      then: { kind: 'allow', requirement: { anyOf }, session },
      location: { file: 'policies/session.yaml', line: 2, column: 5 },
    })),
  );
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
});

test('how long a session may be kept, and what a browser may waive', async () => {
  const allow = 'primary: any, secondFactor: never, idle: PT2H, absolute: P1D';
  const keep = 'keepSignedIn: { idle: P14D, absolute: P30D }';
  const file = 'policies/session.yaml';
  const kept = await policyOf(file, 'session', `rules:\n  - name: A\n    then: { allow: { ${allow}, ${keep} } }\n`);
  expect(kept.rules[0]?.then).toMatchObject({
    session: { idle: 7_200, absolute: 86_400, keep: { idle: 1_209_600, absolute: 2_592_000 } },
  });
  const rule = '  - name: A\n    then: { allow: { factors: 2 }, remember: { device: P30D } }\n';
  const waivedByRule = await policyOf('policies/sign-on/notes.yaml', 'sign-on/notes', `name: notes\nrules:\n${rule}`);
  expect(waivedByRule.rules[0]?.then).toEqual({
    kind: 'allow',
    requirement: { anyOf: [{ factors: 2, demands: [] }] },
    remember: 2_592_000,
  });
});

test('settings are complete: everything has a default', async () => {
  const loaded = await load({ 'stepgate.yaml': 'brand: { name: A }\n' });
  const document = loaded.ok ? loaded.documents.get('settings') : undefined;
  if (document === undefined) throw new Error('there are no settings');
  const { scopes, ...settings } = readSettings(document, authenticatorKinds);
  expect(settings).toEqual({
    brand: { name: 'A' },
    scopeTexts: {},
    risk: riskScoring,
    identify: {},
    signing: { algorithms: ['RS256', 'ES256'] },
    proofOfWork: { free: 20, wrongPasswords: 100, difficulty: 15 },
    trustedProxies: 0,
    zones: {},
    authenticators: {
      password: { enabled: true, words: [] },
      totp: { enabled: true },
      webauthn: { enabled: false },
      recovery_code: { enabled: false, count: 10 },
      access_code: { enabled: false, minLength: 8, maxLifetime: 864_000, maxUses: 10 },
      email: { enabled: false, methods: ['code', 'link'], limits: { address: 10, network: 100 } },
      security_question: { enabled: false, minLength: 4 },
      phone: {
        enabled: false,
        methods: ['sms'],
        countries: [],
        limits: { number: 10, prefix: 30, network: 50, country: 1000 },
      },
    },
    account: { username: 'admin', download: false, deletion: { allowed: false, after: 1_209_600 } },
    attributes: { attributes: standardAttributes, closed: false },
    acrValues: defaultAcrLevels,
    tokens: {
      accessToken: 900,
      idToken: 3_600,
      authorizationCode: 60,
      refreshToken: { idle: 1_209_600, absolute: 7_776_000 },
      interaction: 900,
    },
    resources: [],
  });
  expect(Object.keys(scopes)).toEqual(['openid', 'profile', 'email', 'phone', 'address', 'groups', 'offline_access']);
});

test('settings override the defaults', async () => {
  const loaded = await load(
    {
      'stepgate.yaml': [
        'brand: { name: A, accent: "#00ff00" }',
        `issuer: https://\${HOST}/`,
        'trustedProxies: 2',
        'zones: { office: { cidrs: [192.0.2.1] } }',
        'authenticators: { totp: { enabled: false }, webauthn: { enabled: true } }',
        'acrValues: [{ value: gold, requirement: { factors: 2 } }]',
        'tokens: { accessToken: PT5M, refreshToken: { idle: P1D } }',
        'resources: [{ indicator: "https://api.test", scopes: [read], accessToken: { algorithm: ES256 } }]',
        'scopes: { address: [address] }',
      ].join('\n'),
      'apps/b.yaml':
        'clientId: b\nname: B\nsignOnPolicy: notes\nminimumAcr: gold\nclient: { redirect_uris: [https://b.test/], scope: openid address }\n',
    },
    { HOST: 'id.test' },
  );
  const document = loaded.ok ? loaded.documents.get('settings') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readSettings(document, authenticatorKinds)).toMatchObject({
    issuer: 'https://id.test',
    brand: { name: 'A', accent: '#00ff00' },
    trustedProxies: 2,
    authenticators: {
      password: { enabled: true, words: [] },
      totp: { enabled: false },
      webauthn: { enabled: true },
    },
    acrValues: [{ value: 'gold', requirement: { anyOf: [{ factors: 2, demands: [] }] } }],
    tokens: { accessToken: 300, refreshToken: { idle: 86_400, absolute: 7_776_000 } },
    resources: [
      { indicator: 'https://api.test', scopes: ['read'], accessToken: { lifetime: 900, algorithm: 'ES256' } },
    ],
    scopes: { openid: ['sub'], address: ['address'] },
  });
});

test.each([
  ['', 'none'],
  ['  token_endpoint_auth_method: none\n', 'none'],
  ['  jwks: { keys: [{ kty: EC, crv: P-256, x: a, y: b }] }\n', 'private_key_jwt'],
  [`clientSecretHash: sha256:${'A'.repeat(43)}\n`, 'client_secret_basic'],
  [
    `  token_endpoint_auth_method: client_secret_post\nclientSecretHash: sha256:${'A'.repeat(43)}\n`,
    'client_secret_post',
  ],
])('an app is complete, with %j too', async (more, method) => {
  const text = `clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient:\n  redirect_uris: [https://notes.test/cb]\n${more}`;
  const loaded = await load({ 'apps/notes.yaml': text });
  const document = loaded.ok ? loaded.documents.get('app/notes') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readApp(document)).toMatchObject({
    clientId: 'notes',
    name: 'Notes',
    firstParty: true,
    labels: [],
    signOnPolicies: ['notes'],
    client: {
      application_type: 'web',
      redirect_uris: ['https://notes.test/cb'],
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      subject_type: 'public',
      token_endpoint_auth_method: method,
    },
  });
});

test('an app for the device flow alone needs no redirect URI', async () => {
  const grants = 'grant_types: ["urn:ietf:params:oauth:grant-type:device_code"]';
  const loaded = await load({ 'apps/tv.yaml': `clientId: tv\nname: TV\nsignOnPolicy: notes\nclient: { ${grants} }\n` });
  const document = loaded.ok ? loaded.documents.get('app/tv') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readApp(document).client).toMatchObject({ redirect_uris: [], response_types: [] });
});

test('a document that another version wrote is refused', () => {
  const document = {
    kind: 'settings',
    name: 'settings',
    file: 'stepgate.yaml',
    ruleLines: [],
    content: { old: 1 },
  } as const;
  expect(() => readSettings(document, authenticatorKinds)).toThrow('stepgate.yaml in the store is not understood');
});

test('one document is read once', async () => {
  const loaded = await load({});
  const document = loaded.ok ? [...loaded.documents.values()].find(({ kind }) => kind === 'app') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  expect(readApp({ ...document })).toBe(readApp(document));
  expect(readApp({ ...document, content: structuredClone(document.content) })).not.toBe(readApp(document));
});
