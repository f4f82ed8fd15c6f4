/** Methods of authenticators in the files: where they may be named, and what the checks say. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { enabledAuthenticators } from '../../../../src/policy/revision/enabled-authenticators.ts';
import { jsonSchemas } from '../../../../src/policy/schema/json-schemas.ts';
import { findingLines, load } from '../support/configuration-dir.ts';

const settings = (
  phone = '{ enabled: true, methods: [sms, voice], countries: [DE] }',
  email = '{ enabled: true }',
) => ({
  'stepgate.yaml': `brand: { name: Test }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators:\n  email: ${email}\n  phone: ${phone}\nmail: { from: a@example.org, smtp: { host: mail.example.org } }\nsms: { webhook: { url: https://s.example.org/, secretEnv: S } }\nvoice: { webhook: { url: https://v.example.org/, secretEnv: V } }\n`,
});
const rule = (allow: string) => ({
  'policies/sign-on/notes.yaml': `name: notes\nrules:\n  - name: All\n    then: { allow: ${allow} }\n`,
});
const lines = (files: Readonly<Record<string, string>>) =>
  findingLines({ ...settings(), ...files }, {}, authenticatorKinds);

test.each<[string, Readonly<Record<string, string>>]>([
  ['a demand', rule('{ possession: { authenticators: [phone.voice, email.code] } }')],
  ['an exclusion', rule('{ factors: 2, possession: { exclude: [phone.sms, email.link] } }')],
  ['a chain', rule('{ chains: [[{ authenticators: [password] }, { authenticators: [phone.voice] }]] }')],
  [
    'an acr value',
    {
      ...settings(),
      'stepgate.yaml': `${settings()['stepgate.yaml']}acrValues: [{ value: call, requirement: { any: { authenticators: [phone.voice] } } }]\n`,
    },
  ],
  [
    'the recovery policy',
    {
      'policies/recovery.yaml':
        'rules: [{ name: All, then: { allow: { possession: { authenticators: [email.code] } } } }]\n',
    },
  ],
  [
    'the account policy',
    { 'policies/account.yaml': 'rules: [{ name: All, then: { allow: { any: { exclude: [phone.sms] } } } }]\n' },
  ],
  [
    'how the user signed in',
    {
      'policies/enrollment.yaml':
        'rules:\n  - { name: A, when: { authenticated: { any: [phone.sms] } }, then: { optional: [totp] } }\n  - { name: B, then: {} }\n',
    },
  ],
  ['an invariant', { 'invariants.yaml': 'invariants: [{ name: A, never: { authenticators: [phone.sms] } }]\n' }],
])('a method may be named in %s', async (_, files) => {
  expect(await lines(files)).toEqual([]);
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  [
    'that there is not',
    rule('{ possession: { authenticators: [phone.fax] } }'),
    'policies/sign-on/notes.yaml:4:53 rules[0].then.allow.possession.authenticators[0] `phone` has no method `fax`; known: phone.sms, phone.voice [authenticator_unfit]',
  ],
  [
    'of what has none',
    rule('{ possession: { exclude: [totp.app] } }'),
    'policies/sign-on/notes.yaml:4:46 rules[0].then.allow.possession.exclude[0] `totp` has no methods: name it alone [authenticator_unfit]',
  ],
  [
    'of another factor type',
    rule('{ knowledge: { authenticators: [phone.voice] } }'),
    'policies/sign-on/notes.yaml:4:52 rules[0].then.allow.knowledge.authenticators[0] `phone` is never knowledge, only possession [authenticator_unfit]',
  ],
  [
    'where an enrollment is meant',
    { 'policies/enrollment.yaml': 'rules: [{ name: All, then: { required: [phone.voice] } }]\n' },
    'policies/enrollment.yaml:1:41 rules[0].then.required[0] methods are not told apart here: say `phone` [authenticator_unfit]',
  ],
])('a method %s is an error', async (_, files, expected) => {
  expect(await lines(files)).toEqual([expected]);
});

describe('a method that the settings leave out', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['phone.voice', settings('{ enabled: true, methods: [sms], countries: [DE] }'), '`phone.voice` is not enabled'],
    ['email.link', settings(undefined, '{ enabled: true, methods: [code] }'), '`email.link` is not enabled'],
    ['phone.voice', settings('{ enabled: false }'), '`phone.voice` is not enabled'],
  ])('cannot be asked for: %s', async (name, files, expected) => {
    const found = await lines({ ...files, ...rule(`{ possession: { authenticators: [${name}] } }`) });
    expect(found).toEqual([expect.stringContaining(expected)]);
  });

  test('goes, and the first one that is left is the first choice', () => {
    const named = { email: { enabled: false }, phone: { enabled: true, methods: ['voice', 'sms'] } };
    const enabled = enabledAuthenticators(authenticatorKinds, { authenticators: named });
    expect(enabled.map(({ key, methods }) => [key, methods])).toEqual([['phone', ['voice', 'sms']]]);
  });
});

test('invariants are proved and refuted by method', async () => {
  const files = {
    ...settings(),
    ...rule('{ possession: { authenticators: [phone.voice, email.code] } }'),
    'invariants.yaml': `invariants:
  - { name: No text message, apps: { any: [notes] }, never: { authenticators: [phone.sms] } }
  - { name: No call, apps: { any: [notes] }, never: { authenticators: [phone.voice] } }
  - { name: By phone, apps: { any: [notes] }, always: { any: { authenticators: [phone] } } }
`,
  };
  const loaded = await load(files, {}, authenticatorKinds);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const findings = await analyse(loaded, { authenticators: authenticatorKinds, now: 1_800_000_000 });
  const broken = findings.filter(({ code }) => code?.includes('invariant')).map(({ message }) => message);
  expect(broken).toHaveLength(2);
  expect(broken.join()).toContain('nothing but phone.voice');
  expect(broken.join()).toContain('nothing but email.code');
});

test('editors complete the names of methods', () => {
  const schema = JSON.parse(jsonSchemas(authenticatorKinds).get('sign-on.schema.json') ?? '{}');
  expect(schema.definitions.authenticatorName.enum).toEqual(
    expect.arrayContaining(['password', 'phone', 'phone.sms', 'phone.voice', 'email.code', 'email.link']),
  );
});
