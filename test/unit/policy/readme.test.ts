/** The files that the README shows are good ones. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../src/policy/load.ts';
import { findingLine } from '../../../src/policy/model/finding.ts';
import { soundFiles, withConfiguration } from './configuration-dir.ts';

const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8');

/** Where an example would lie, by the schema that it names. */
const paths: Readonly<Record<string, (content: { clientId?: string; name?: string }) => string>> = {
  settings: () => 'stepgate.yaml',
  app: ({ clientId }) => `apps/${clientId}.yaml`,
  session: () => 'policies/session.yaml',
  'sign-on': ({ name }) => `policies/sign-on/${name}.yaml`,
  enrollment: () => 'policies/enrollment.yaml',
};

const examples = [
  ...readme.matchAll(/```yaml\n(# yaml-language-server: \$schema=\S*?([\w-]+)\.schema\.json\n.*?)```/gs),
].map(([, text = '', schema = '']) => ({ schema, text, path: paths[schema]?.(parse(text)) ?? schema }));

test('there are examples of each kind', () => {
  expect(new Set(examples.map(({ schema }) => schema))).toEqual(
    new Set(['app', 'sign-on', 'session', 'settings', 'enrollment']),
  );
});

test.each(examples)('$path', async ({ path, text }) => {
  // What they refer to is among the others, as in a real directory.
  const others = Object.fromEntries(
    examples.filter(({ schema }) => schema === 'app' || schema === 'sign-on').map((one) => [one.path, one.text]),
  );
  const passkeys = 'authenticators: { webauthn: { enabled: true } }\n';
  const files = { ...soundFiles, 'stepgate.yaml': soundFiles['stepgate.yaml'] + passkeys, ...others, [path]: text };
  const loaded = await withConfiguration(files, (dir) =>
    loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} }),
  );
  expect(loaded.ok ? [] : loaded.findings.map(findingLine)).toEqual([]);
});
