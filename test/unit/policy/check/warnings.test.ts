/** What is told about configurations that are allowed but risky. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

async function warnings(files: Readonly<Record<string, string>>, inbox = false): Promise<readonly string[]> {
  return withConfiguration({ ...validFiles, ...files }, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {}, inbox });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    return loaded.warnings.map(findingSummary);
  });
}

const mail = 'mail: { from: no-reply@example.org, smtp: { host: smtp.example.org } }\n';
const settings = (authenticators: string, rest = '') =>
  `brand: { name: Test }\n${rest}authenticators:\n  ${authenticators}\n`;
const policy = (allow: string) => `name: notes\nrules:\n  - name: All\n    then:\n      allow: ${allow}\n`;

test('a small configuration has no warnings', async () => {
  expect(await warnings({})).toEqual([]);
});

test('an app whose codes need no PKCE', async () => {
  const file = (more: string) => ({
    'apps/notes.yaml': `clientId: notes\nname: Notes\nsignOnPolicy: notes\n${more}\nclient: { redirect_uris: [https://notes.test/cb] }\n`,
  });
  const secret = `clientSecretHash: sha256:${'A'.repeat(43)}`;
  expect(await warnings(file(secret))).toEqual([]);
  expect(await warnings(file(`${secret}\npkce: optional`))).toEqual([
    expect.stringMatching(/^apps\/notes\.yaml:5:\d+: warning: pkce codes that are stolen on their way count unless/),
  ]);
  await expect(warnings(file('pkce: optional'))).rejects.toThrow('must be `required`');
});

test('mail that cannot be sent', async () => {
  const enabled = { 'stepgate.yaml': settings('email: { enabled: true }') };
  expect(await warnings(enabled)).toEqual([
    'stepgate.yaml:3:3: warning: authenticators.email is enabled, and there is no `mail` section: its messages go nowhere (the demo alone shows them, in its inbox) [message-unsent]',
  ]);
  expect(await warnings(enabled, true)).toEqual([]);
  expect(await warnings({ 'stepgate.yaml': settings('email: { enabled: true }', mail) })).toEqual([]);
  expect(await warnings({ 'stepgate.yaml': settings('email: { enabled: false }') })).toEqual([]);
});

test('registration where no address can be proved', async () => {
  const files = (rest: string) => ({
    'stepgate.yaml': rest,
    'policies/profile/default.yaml':
      'name: default\nrules:\n  - name: Staff\n    when: { groups: { any: [a] } }\n    then: {}\n  - name: All\n    then: { register: allow }\n',
  });
  const line = (lacking: string) => [
    `policies/profile/default.yaml:7:23: warning: rules[1].then.register rule "All" lets users register, and none can: ${lacking}, so no address can be proved [registration-unproved]`,
  ];
  expect(await warnings(files(settings('email: { enabled: false }', mail)))).toEqual(
    line('`authenticators.email` is not enabled'),
  );
  expect((await warnings(files(settings('email: { enabled: true }')))).slice(0, 1)).toEqual(
    line('there is no `mail` section'),
  );
  expect(await warnings(files(settings('email: { enabled: true }')), true)).toEqual([]);
  expect(await warnings(files(settings('email: { enabled: true }', mail)))).toEqual([]);
});

test('text messages and calls that cannot be sent, each on its own', async () => {
  const enabled = 'phone: { enabled: true, countries: [DE], methods: [sms, voice] }';
  const voice = 'voice: { webhook: { url: https://sms.example.org/, secretEnv: SECRET } }\n';
  const nowhere = (file: string) => warnings({ 'stepgate.yaml': file });
  expect((await nowhere(settings(enabled))).map((line) => /`(\w+)` section/.exec(line)?.[1])).toEqual(['sms', 'voice']);
  expect(await nowhere(settings(enabled, voice))).toEqual([
    expect.stringMatching(
      /^stepgate\.yaml:4:3: warning: authenticators\.phone is enabled, and there is no `sms` section/,
    ),
  ]);
});

test.each([
  '{ factors: 2 }',
  '{ factors: 2, knowledge: { authenticators: [password] } }',
  '{ anyOf: [{ factors: 1 }, { factors: 2, possession: { exclude: [totp] } }] }',
  '{ chains: [[{ authenticators: [password] }, { authenticators: [totp, email] }]] }',
])('mail as one of two factor types: %s', async (allow) => {
  const files = { 'policies/sign-on/notes.yaml': policy(allow) };
  expect(await warnings({ ...files, 'stepgate.yaml': settings('email: { enabled: true }', mail) })).toEqual([
    'policies/sign-on/notes.yaml:5:14: note: rules[0].then.allow rule "All" asks for several factors and takes email as one: NIST SP 800-63B-4 section 3.1.3.1 does not accept email as one [restricted-authenticator]',
  ]);
  expect(await warnings({ ...files, 'stepgate.yaml': settings('totp: { enabled: true }') })).toEqual([]);
});

test.each([
  '{ allow: { factors: 1 } }',
  '{ allow: { factors: 2, possession: { exclude: [email] }, knowledge: {} } }',
  '{ allow: { factors: 2, possession: { authenticators: [totp] }, knowledge: {} } }',
  '{ allow: { chains: [[{ authenticators: [email] }]] } }',
])('a rule that asks for one factor, or takes no mail, has no warning: %s', async (then) => {
  const files = { 'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - name: All\n    then: ${then}\n` };
  expect(await warnings({ ...files, 'stepgate.yaml': settings('email: { enabled: true }', mail) })).toEqual([]);
});

test('a rule that denies has no warning', async () => {
  const rules =
    '  - { name: A, when: { groups: { any: [x] } }, then: deny }\n  - { name: B, then: { allow: { factors: 1 } } }\n';
  const files = { 'policies/sign-on/notes.yaml': `name: notes\nrules:\n${rules}` };
  expect(await warnings({ ...files, 'stepgate.yaml': settings('email: { enabled: true }', mail) })).toEqual([]);
});

test('warnings come by place, one for each rule', async () => {
  const rules = ['A', 'B'].map(
    (name) => `  - name: ${name}\n    when: { scopes: { any: [profile] } }\n    then: { allow: { factors: 2 } }\n`,
  );
  const last = '  - name: C\n    then: { allow: { factors: 1 } }\n';
  const found = await warnings({
    'policies/sign-on/notes.yaml': `name: notes\nrules:\n${rules.join('')}${last}`,
    'stepgate.yaml': settings('email: { enabled: true }'),
  });
  expect(found.map((line) => line.replace(/ (note|warning):.*/, ''))).toEqual([
    'policies/sign-on/notes.yaml:5:20:',
    'policies/sign-on/notes.yaml:8:20:',
    'stepgate.yaml:3:3:',
  ]);
});

test('a challenge service without its secret', async () => {
  const section =
    'challengeService: { script: https://c.test/api.js, verify: https://c.test/siteverify, siteKey: k, secretEnv: C_SECRET }\n';
  const files = { ...validFiles, 'stepgate.yaml': `brand: { name: Test }\n${section}` };
  const said = (variables: Readonly<Record<string, string>>) =>
    withConfiguration(files, async (dir) => {
      const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables });
      return loaded.ok ? loaded.warnings.map(findingSummary) : loaded.findings;
    });
  expect(await said({})).toEqual([
    expect.stringMatching(
      /^stepgate\.yaml:2:\d+: warning: challengeService\.secretEnv C_SECRET is not set here: a server without it keeps/,
    ),
  ]);
  expect(await said({ C_SECRET: '' })).toHaveLength(1);
  expect(await said({ C_SECRET: 'x' })).toEqual([]);
});
