/** What is allowed but risky: each with a code, its line, what to do, and a comment that accepts it. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { analysis } from '../../../../src/policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingsText } from '../../../../src/policy/model/analysis-finding.ts';
import { noteFound } from '../../../support/values/found-codes.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

/** One transparent point. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const now = Date.parse('2026-11-26T12:00:00Z') / 1000;

type Files = Readonly<Record<string, string | Uint8Array>>;

async function check(files: Files, inbox = false) {
  return withConfiguration({ ...validFiles, ...files }, async (dir) => {
    const renames = [
      { kind: 'session', in: ['rules', '*', 'then', 'allow'], from: 'first', to: 'primary', since: '9.9.0' },
    ] as const;
    const options = { authenticators: authenticatorKinds, variables: {}, inbox, renames };
    const loaded = await loadConfiguration(dir, options);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const analysed = await analysis(loaded, { authenticators: authenticatorKinds, now });
    noteFound(analysed.findings);
    return analysed;
  });
}

const mail = 'mail: { from: no-reply@example.org, smtp: { host: smtp.example.org } }';
const email = `authenticators:\n  email: { enabled: true }\n${mail}`;
const settings = (more: string) => ({ 'stepgate.yaml': `brand: { name: Test }\n${more}\n` });
const app = (more: string) => ({
  'apps/notes.yaml': `clientId: notes\nname: Notes\nsignOnPolicy: notes\n${more}\nclient: { redirect_uris: [https://notes.test/cb] }\n`,
});
const signOn = (rule: string) => ({
  'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - name: One\n    ${rule}\n  - name: All\n    then: { allow: { factors: 1 } }\n`,
});
const registration = {
  'policies/profile/default.yaml': 'name: default\nrules:\n  - name: All\n    then: { register: allow }\n',
};
const service =
  'challengeService: { script: https://c.test/api.js, verify: https://c.test/siteverify, siteKey: k, secretEnv: C_SECRET }';
const session = (validFiles['policies/session.yaml'] ?? '').replace('primary', 'first');

/** Code, and the text from the caret on. */
const each: readonly (readonly [code: string, at: string, files: Files])[] = [
  ['message-unsent', 'email: { enabled: true }', settings('authenticators:\n  email: { enabled: true }')],
  [
    'discouraged-authenticator',
    'security_question: { enabled: true }',
    settings('authenticators:\n  security_question: { enabled: true }'),
  ],
  [
    'restricted-authenticator',
    '{ factors: 2 } }',
    { ...settings(email), ...signOn('when: { scopes: { any: [profile] } }\n    then: { allow: { factors: 2 } }') },
  ],
  [
    'unreachable-acr',
    '{ possession: { hardwareProtected: true } } }',
    settings('acrValues:\n  - { value: hard, requirement: { possession: { hardwareProtected: true } } }'),
  ],
  ['uncommon-algorithms', '[ES256] }', settings('signing: { algorithms: [ES256] }')],
  ['secret-missing', 'C_SECRET }', settings(service)],
  ['network_file_missing', '/nowhere/city.mmdb }', settings('networkData: { country: /nowhere/city.mmdb }')],
  [
    'metadata_file_missing',
    '/nowhere/mds.json } }',
    settings('authenticators: { webauthn: { enabled: true, metadata: /nowhere/mds.json } }'),
  ],
  ['pkce-optional', 'optional', app(`clientSecretHash: sha256:${'A'.repeat(43)}\npkce: optional`)],
  [
    'registration-unproved',
    'allow }',
    { ...settings(`authenticators: { email: { enabled: false } }\n${mail}`), ...registration },
  ],
  ['country-code', '[email, phone] }', settings('identify: { by: [email, phone] }')],
  [
    'newcomer-identifier',
    '[username] }',
    { ...settings(email), ...registration, ...app('identify: { by: [username] }') },
  ],
  [
    'unknown-group',
    'editrs] } }',
    {
      ...settings('groups: { editors: { description: They write. } }'),
      ...signOn('when: { groups: { any: [editrs] } }\n    then: deny'),
    },
  ],
  [
    'changeable-user',
    'ann@demo.test] } }',
    { ...settings(mail), ...signOn('when: { users: { any: [ann@demo.test] } }\n    then: deny') },
  ],
  ['scope-without-label', 'false', { ...settings('scopes: { orders: [orders] }'), ...app('firstParty: false') }],
  ['renamed-key', 'first: any, secondFactor: never, idle: PT2H, absolute: P1D }', { 'policies/session.yaml': session }],
  ['unused', '{ name: Test }', { ...settings(''), 'brand/left-over.png': png }],
];

describe.each(each)('%s', (code, at, files) => {
  const ofCode = <Found extends { readonly code: string }>(found: readonly Found[]) =>
    found.filter((warning) => warning.code === code);

  test('has its place, its line and what to do', async () => {
    const [finding, ...others] = ofCode((await check(files)).findings);
    expect(others).toEqual([]);
    expect(finding?.text.slice((finding?.column ?? 0) - 1)).toBe(at);
    expect(finding?.advice).toMatch(/\w/);
    expect(findingsText(finding ? [finding] : [])).toMatch(
      new RegExp(`\\[${code}\\]\n +\\d+ \\| .*\n +\\| +\\^\n  what to do: .*\\(docs/findings.md#${code}\\)\n$`),
    );
  });

  test('is accepted by a comment above it', async () => {
    const [finding] = ofCode((await check(files)).findings);
    const lines = String({ ...validFiles, ...files }[finding?.file ?? '']).split('\n');
    const comment = `# stepgate:accept ${code} until 2027-03-31: known`;
    const accepting = lines.toSpliced((finding?.line ?? 0) - 1, 0, comment).join('\n');
    const { findings, accepted } = await check({ ...files, [finding?.file ?? '']: accepting });
    expect(ofCode(findings)).toEqual([]);
    expect(findings.filter((analysisFinding) => analysisFinding.code === 'acceptance')).toEqual([]);
    expect(accepted).toMatchObject([{ finding: { code }, until: '2027-03-31', reason: 'known' }]);
  });
});

test('what depends on the machine is accepted for those where it is so, and needless nowhere', async () => {
  const text = (code: string) =>
    settings(
      `# stepgate:accept ${code} until 2027-03-31: the demo\nauthenticators:\n  # stepgate:accept ${code} until 2027-03-31: the demo\n  email: { enabled: true }`,
    );
  expect((await check(text('message-unsent'), true)).findings.filter(({ severity }) => severity !== 'note')).toEqual(
    [],
  );
  const found = (await check(text('discouraged-authenticator'), true)).findings.map(({ code }) => code);
  expect(found).toEqual(['acceptance', 'acceptance']);
});

test('the commonest rule there is, two factors where mail is enabled, is worth a note, and no warning', async () => {
  const files = {
    ...settings(email),
    'policies/sign-on/notes.yaml': 'name: notes\nrules:\n  - name: All\n    then: { allow: { factors: 2 } }\n',
  };
  expect((await check(files)).findings.map(({ code, severity }) => [code, severity])).toEqual([
    ['restricted-authenticator', 'note'],
  ]);
});
