/** What an editor with the YAML language server makes of the schemas. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { schemaFor, schemas } from '../../../../src/policy/schema/schemas.ts';
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

test('the files in the docs have nothing to underline, either', async () => {
  const names = (await readdir('docs')).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(names.map((name) => readFile(join('docs', name), 'utf8')));
  const blocks = texts.flatMap((text, index) =>
    Array.from(text.matchAll(/^```yaml\n([\s\S]*?)^```/gm), ([, block = '']) => [names[index], block] as const),
  );
  const files = blocks.flatMap(([name = '', block], index) => {
    const [, up] = /\$schema=((?:\.\.?\/)*)schema\//.exec(block) ?? [];
    if (up === undefined) return [];
    const folder = [
      'config',
      ...up
        .split('..')
        .slice(1)
        .map(() => 'x'),
    ].join('/');
    return [{ name, block, path: `${folder}/of-docs-${index}.yaml` }];
  });
  expect(files.length).toBeGreaterThan(40);
  const found = await Promise.all(
    files.map(async ({ name, block, path }) =>
      (await server.open(path, block)).map(({ message, range }) => [
        name,
        block.split('\n')[range.start.line],
        message,
      ]),
    ),
  );
  expect(found.flat()).toEqual([]);
}, 60_000);

test('no pattern has a flag that JSON Schema does not know', () => {
  const kinds = ['settings', ...(Object.keys(schemas) as (keyof typeof schemas)[])] as const;
  const patterns = new Set<RegExp>();
  for (const kind of kinds)
    z.toJSONSchema(schemaFor(kind, authenticatorKinds), {
      io: 'input',
      override({ zodSchema }) {
        for (const { _zod: check } of zodSchema._zod.def.checks ?? [])
          if ('pattern' in check.def && check.def.pattern instanceof RegExp) patterns.add(check.def.pattern);
      },
    });
  expect(patterns.size).toBeGreaterThan(5);
  // Editors read patterns as with `u`, as JSON Schema says.
  expect([...patterns].filter(({ flags }) => flags.replace('u', '') !== '').map(String)).toEqual([]);
});

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
