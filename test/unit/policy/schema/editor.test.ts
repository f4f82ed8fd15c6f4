/** What an editor with the YAML language server makes of the schemas. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LanguageServer } from '../../../support/servers/language-server.ts';

let server: LanguageServer;
beforeAll(async () => {
  server = await LanguageServer.start();
}, 60_000);
afterAll(() => server.stop());

const policy = `# yaml-language-server: $schema=../../schema/sign-on.schema.json
name: wiki
rules:
  - name: Editors
    when:
      network: { any: [office] }
      
    then:
      allow: { factors: 2 }
`;
const policyFile = 'config/policies/sign-on/wiki.yaml';

test('the files of the demo have nothing to underline', async () => {
  const names = (await readdir('config', { recursive: true })).filter((name) => name.endsWith('.yaml'));
  expect(names.length).toBeGreaterThan(10);
  // All at once: the server waits a while before it looks at a file.
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join('config', name);
      return [name, ...(await server.open(path, await readFile(path, 'utf8'))).map(({ message }) => message)];
    }),
  );
  expect(found).toEqual(names.map((name) => [name]));
}, 60_000);

test('it explains the key under the pointer', async () => {
  await server.open(policyFile, policy);
  expect(await server.hover(policyFile, { line: 8, character: 18 })).toContain('Number of distinct factor types');
  expect(await server.hover(policyFile, { line: 5, character: 8 })).toMatch(/\w/);
}, 60_000);

test('it completes keys, each with its explanation, and the names that a key takes', async () => {
  await server.open(policyFile, policy);
  const conditions = await server.complete(policyFile, { line: 6, character: 6 });
  expect([...conditions.keys()]).toEqual(expect.arrayContaining(['groups', 'device', 'time', 'attributes', 'any']));
  expect(conditions.get('groups')).toMatch(/group/i);
  const testFile = 'config/tests/own.yaml';
  const text =
    '# yaml-language-server: $schema=../schema/tests.schema.json\ntests:\n  - name: a\n    app: notes\n    expect:\n      steps:\n        - \n';
  await server.open(testFile, text);
  const steps = await server.complete(testFile, { line: 6, character: 10 });
  expect([...steps.keys()]).toEqual(expect.arrayContaining(['password', 'totp', 'webauthn']));
}, 60_000);

const changes = `# yaml-language-server: $schema=../schema/account.schema.json
rules:
  - name: Passkeys
    change:
      add:
        - 
      change: []
`;
const enrollments = (key: string) => `# yaml-language-server: $schema=../schema/enrollment.schema.json
rules:
  - name: All
    then:
      ${key}:
        - 
`;

test.each<[string, string, readonly string[], readonly string[]]>([
  ['are added', changes, ['password', 'webauthn', 'email', 'username'], ['phone.sms']],
  ['are required', enrollments('required'), ['password', 'webauthn'], ['username']],
  ['are offered', enrollments('optional'), ['totp', 'webauthn'], ['phone.sms']],
])(
  'it completes the authenticators that %s',
  async (what, text, names, others) => {
    const file = `config/policies/${what.replace(' ', '-')}.yaml`;
    await server.open(file, text);
    const completed = [...(await server.complete(file, { line: 5, character: 10 })).keys()];
    expect(completed).toEqual(expect.arrayContaining([...names]));
    expect(completed.filter((name) => others.includes(name))).toEqual([]);
  },
  60_000,
);

test('it underlines what the check refuses', async () => {
  const found = await server.open('config/policies/sign-on/other.yaml', policy.replace('factors', 'factor'));
  expect(found).toEqual([
    expect.objectContaining({
      message: 'Property factor is not allowed.',
      range: expect.objectContaining({ start: { line: 8, character: 15 } }),
    }),
  ]);
}, 60_000);
