/** A file that says nothing is one fault, and what other files refer to in it is no further one. */
import { expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { findingLines } from '../support/configuration-dir.ts';

const one = 'then: { allow: { factors: 1 } }';
const labelled =
  'clientId: notes\nname: Notes\nlabels: [a]\nprofilePolicy: own\nclient: { redirect_uris: [https://notes.test/cb] }\n';
/** Every kind of file, and references between them. */
const files: Readonly<Record<string, string>> = {
  'stepgate.yaml':
    'brand: { name: Test }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators: { password: { enabled: true }, totp: { enabled: true } }\nattributes: { unit: { label: Unit, write: user } }\nresources: [{ indicator: "https://api.test", scopes: [read] }]\n',
  'invariants.yaml': 'invariants: [{ name: One, apps: { any: [notes] }, always: { factors: 1 } }]\n',
  'apps/notes.yaml': labelled,
  'apps/other.yaml':
    'clientId: other\nname: Other\nsignOnPolicy: other\nclient: { redirect_uris: [https://other.test/cb] }\n',
  'policies/sign-on/notes.yaml': `name: notes\napps: { labels: [a] }\nrules:\n  - { name: Office, when: { network: { any: [office] } }, ${one} }\n  - { name: All, ${one} }\n`,
  'policies/sign-on/other.yaml': `name: other\nrules:\n  - { name: Unit, when: { attributes: { unit: { equals: x } } }, ${one} }\n  - { name: All, ${one} }\n`,
  'policies/enrollment.yaml': 'rules: [{ name: All, then: { optional: [totp] } }]\n',
  'policies/password.yaml': 'rules: [{ name: All, then: { minLength: 15 } }]\n',
  'policies/recovery.yaml': 'rules: [{ name: All, then: deny }]\n',
  'policies/account.yaml': `rules: [{ name: All, ${one} }]\n`,
  'policies/profile/own.yaml': 'name: own\nrules: [{ name: All, then: { required: [unit] } }]\n',
};

test('the files are good', async () => {
  expect(await findingLines(files, {}, authenticatorKinds)).toEqual([]);
});

const broken = [
  ['empty', ''],
  ['a comment alone', '# nothing\n'],
  ['a list', '- a\n'],
  ['a text', 'nothing\n'],
  ['no YAML', 'a: [\n'],
] as const;

test.each(Object.keys(files).flatMap((file) => broken.map(([what, text]) => [file, what, text] as const)))(
  '%s is %s',
  async (file, _, text) => {
    const lines = await findingLines({ ...files, [file]: text }, {}, authenticatorKinds);
    expect(lines).toEqual([expect.stringContaining(`${file}:`)]);
  },
);

const signOn = (then: string) => ({
  'policies/sign-on/other.yaml': `name: other\nrules:\n  - name: All\n    then:\n      ${then}\n      remember: { device: P30D }\n`,
});

test.each([
  ['allow: { anyOf: [{ factors: 2 }, { facto: 2 }] }', 5, 'did you mean'],
  ['allow: {}', 5, 'demands nothing'],
  ['allow: { reauthenticate: always }', 5, 'demands nothing'],
  ['allow: { factors: 2, possession: { authenticators: [] } }', 5, 'must not be empty'],
  ['allow: { chains: [[{ authenticators: [password], userPresence: false }]] }', 5, 'can only be true'],
])('a fault in what a rule with `remember` asks for: %s', async (then, line, says) => {
  const lines = await findingLines({ ...files, ...signOn(then) }, {}, authenticatorKinds);
  expect(lines).toEqual([expect.stringContaining(says)]);
  expect(lines[0]).toContain(`policies/sign-on/other.yaml:${line}:`);
});

test.each([
  ['{ primary: any, secondFactor: never, idle: bogus, absolute: P1D }', 'allow.idle must be an ISO 8601 duration'],
  ['{ primary: any, secondFactor: never, idle: PT1H, absolute: bogus }', 'allow.absolute must be an ISO 8601 duration'],
])('a duration of the session that is none: %s', async (allow, says) => {
  const session = `rules:\n  - name: All\n    then:\n      allow: ${allow}\n`;
  const lines = await findingLines({ ...files, 'policies/session.yaml': session }, {}, authenticatorKinds);
  expect(lines).toEqual([expect.stringContaining(says)]);
});
