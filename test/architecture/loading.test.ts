/** What is loaded before it is needed: the packages of a start, followed over the imports that run at once. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../src');

/** Imports of types are gone at run time; `import()` runs when its line is reached. */
const statements = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?from\s+)?'([^']+)'/gm;

function importsOf(module: string): readonly string[] {
  const source = readFileSync(join(root, `${module}.ts`), 'utf8');
  return [...source.matchAll(statements)].map(([, name = '']) => name);
}

/** Packages, and modules of ours, that are loaded along with these modules. */
function loadedWith(...modules: readonly string[]): {
  readonly packages: readonly string[];
  readonly ours: ReadonlySet<string>;
} {
  const packages = new Set<string>();
  const ours = new Set(modules);
  for (const module of ours) {
    for (const name of importsOf(module)) {
      if (name.startsWith('.')) ours.add(normalize(join(dirname(module), name)).replace(/\.ts$/, ''));
      else if (!name.startsWith('node:')) packages.add(name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  return { packages: [...packages].sort(), ours };
}

const program = ['main', 'cli/program'];

test.each([
  ['no command', [], ['commander']],
  ['users list', ['cli/users/list'], ['commander']],
  ['audit', ['cli/audit/audit'], ['commander']],
  ['keys', ['cli/keys/keys'], ['commander', 'jose']],
])('%s loads no package that it does not use', (_command, modules, expected) => {
  expect(loadedWith(...program, ...modules).packages).toEqual(expected);
});

test('a node loads nothing that only some installations use', () => {
  const { packages, ours } = loadedWith(...program, 'serve', 'log');
  const rare = [
    '@simplewebauthn/server',
    'age-encryption',
    'csv-parse',
    'ioredis',
    'libphonenumber-js',
    'nodemailer',
    'openid-client',
    'otplib',
  ];
  expect(packages).toEqual(expect.arrayContaining(['koa', 'oidc-provider', 'zod']));
  expect(packages.filter((name) => rare.includes(name))).toEqual([]);
  expect([...ours].filter((module) => /^demo\//.test(module))).toEqual([]);
});

test('the imports of a module are read as they are written', () => {
  expect(importsOf('cli/program')).toEqual(
    expect.arrayContaining(['commander', './base-context.ts', './serve/serve.ts']),
  );
  expect(importsOf('cli/program')).not.toContain('./config/config.ts');
  expect(importsOf('cli/users/list')).not.toContain('./users-context.ts');
});
