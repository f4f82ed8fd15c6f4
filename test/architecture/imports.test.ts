import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  brokenRules,
  importRules,
  isWithin,
  layersWithin,
  mayUseProcess,
  partOf,
  upwardImports,
} from './support/import-rules.ts';
import { parseSource, readSources, type SourceFile } from './support/source.ts';

const sources = readSources(join(import.meta.dirname, '../../src'));

describe('the sources', () => {
  test('are found', () => {
    expect(sources.map(({ module }) => module)).toEqual(
      expect.arrayContaining(['core/decision/evaluate', 'main', 'policy/load']),
    );
  });

  test('import only what the table allows', () => {
    expect(sources.flatMap(brokenRules)).toEqual([]);
  });

  test('import only files that come before them in their folder', () => {
    expect(sources.flatMap(upwardImports)).toEqual([]);
  });

  test('fill every layer of their folder', () => {
    const layers = Object.entries(layersWithin).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`));
    expect(layers.filter((layer) => !sources.some(({ module }) => isWithin(module, layer)))).toEqual([]);
  });

  test('are in folders of which no two import each other, except folders whose files are ordered', () => {
    expect(mutualFolders(sources)).toEqual([]);
    const circle = [parseSource('a/x/one', "import '../y/two.ts';"), parseSource('a/y/two', "import '../x/one.ts';")];
    expect(mutualFolders(circle)).toEqual(['a/x <-> a/y']);
  });

  test.each(['src', 'test/core', 'test/unit'])('of %s are fewer than 30 in each folder', (folder) => {
    const modules = readSources(join(import.meta.dirname, '../..', folder)).map(({ module }) => dirname(module));
    const count = Map.groupBy(modules, (name) => name);
    expect([...count].filter(([, { length }]) => length >= 30).map(([name]) => name)).toEqual([]);
  });

  test.each(['src', 'test'])('of %s import no file that leads back to them', (folder) => {
    expect(filesInCircles(readSources(join(import.meta.dirname, '../..', folder)))).toEqual([]);
  });

  test('fill every part of the table', () => {
    const used = new Set(sources.map(({ module }) => partOf(module)));
    expect(Object.keys(importRules).filter((part) => !used.has(part))).toEqual([]);
  });

  test('import only modules that exist', () => {
    const known = new Set(sources.map(({ module }) => module));
    const imported = sources.flatMap(({ imports }) =>
      imports.filter(({ isOurs }) => isOurs).map(({ target }) => target),
    );
    expect(imported.filter((target) => !known.has(target))).toEqual([]);
  });

  test('touch the process only where settings come in', () => {
    const users = sources.filter(usesProcess).map(({ module }) => module);
    expect(users.filter((module) => !mayUseProcess.some((part) => isWithin(module, part)))).toEqual([]);
    expect(users).toContain('main');
  });

  test('of one authenticator do not import another', () => {
    expect(sources.flatMap((file) => importedAuthenticators(file, authenticatorsOf(sources)))).toEqual([]);
    expect(authenticatorsOf(sources)).toEqual(
      expect.arrayContaining(['authenticators/password/password', 'authenticators/totp/totp']),
    );
  });
});

/** Files that their imports lead back to, imports of types included. */
function filesInCircles(files: readonly SourceFile[]): readonly string[] {
  const importsOf = new Map(files.map(({ module, imports }) => [module, imports.map(({ target }) => target)]));
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (importsOf.get(from) ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
  return [...importsOf.keys()].filter((module) => reaches(module, module, new Set()));
}

/**
 * Folders that import each other. Where one holds the other and stands in `layersWithin`, its own files have their
 * places there, and so have the roots.
 */
function mutualFolders(files: readonly SourceFile[]): readonly string[] {
  const pairs = files.flatMap(({ module, imports }) =>
    imports
      .filter(({ target, isOurs }) => isOurs && dirname(target) !== dirname(module))
      .map(({ target }) => ({ from: dirname(module), to: dirname(target) })),
  );
  const all = new Set(pairs.map(({ from, to }) => `${from} ${to}`));
  const isOrdered = (outer: string, inner: string) =>
    outer === '.' || (inner.startsWith(`${outer}/`) && Object.hasOwn(layersWithin, outer));
  const mutual = pairs.filter(
    ({ from, to }) => from < to && all.has(`${to} ${from}`) && !isOrdered(from, to) && !isOrdered(to, from),
  );
  return [...new Set(mutual.map(({ from, to }) => `${from} <-> ${to}`))];
}

/** Everything that would make two runs of the core differ, or wait. */
const impure = [
  /\basync\b/,
  /\bawait\b/,
  /\bPromise\b/,
  /\bDate\b/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bprocess\b/,
  /\bglobalThis\b/,
  /\bperformance\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bfetch\b/,
  /\bconsole\b/,
  /\bimport\s*\(/,
];

function impurities({ module, code }: SourceFile): readonly string[] {
  return impure.filter((pattern) => pattern.test(code)).map((pattern) => `${module}: ${pattern.source}`);
}

describe('the core', () => {
  const core = sources.filter(({ module }) => isWithin(module, 'core'));

  test('is pure', () => {
    expect(core.length).toBeGreaterThan(10);
    expect(core.flatMap(impurities)).toEqual([]);
  });
});

function usesProcess({ code, imports }: SourceFile): boolean {
  return /\bprocess\s*[.[]/.test(code) || imports.some(({ target }) => target === 'node:process');
}

/** The files that make the authenticators: each exports a function named after its file. */
function authenticatorsOf(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ module, code }) => isWithin(module, 'authenticators') && /export function \w+Authenticator\(/.test(code))
    .map(({ module }) => module);
}

/** A kind of authenticator is a folder: its files import one another, what is shared, and no other kind. */
function importedAuthenticators({ module, imports }: SourceFile, authenticators: readonly string[]): readonly string[] {
  const folderOf = (path: string) => path.split('/').slice(0, 2).join('/');
  const kinds = new Set(authenticators.map(folderOf));
  const own = folderOf(module);
  const isAllowedTo = isWithin(module, 'authenticators/index') || !isWithin(module, 'authenticators');
  if (isAllowedTo) return [];
  return imports
    .filter(({ target }) => kinds.has(folderOf(target)) && folderOf(target) !== own)
    .map(({ target }) => `${module} -> ${target}`);
}

describe('the check itself', () => {
  test.each<[string, string, readonly string[]]>([
    ['core/a', "import { b } from './b.ts';", []],
    ['core/a', "import type { Store } from '../stores/store.ts';", ['core/a -> stores/store']],
    ['core/a', "import { StepgateError } from '../errors.ts';", ['core/a -> errors']],
    ['core/a', "import { dirname, join } from 'node:path';", ['core/a -> node:path']],
    ['policy/schema/a', "import { z } from 'zod';\nimport { evaluate } from '../../core/evaluate.ts';", []],
    ['policy/a', "export * from '../flow/engine.ts';", ['policy/a -> flow/engine']],
    ['flow/a', "import '../oidc/provider.ts';", ['flow/a -> oidc/provider']],
    ['flow/a', "const x = await import('../http/routes.ts');", ['flow/a -> http/routes']],
    ['http/a', "import { interact } from '../oidc/interaction/interactions.ts';", []],
    ['http/a', "import { build } from '../oidc/provider.ts';", ['http/a -> oidc/provider']],
    ['http/a', "import { openEmbedded } from '../stores/embedded.ts';", ['http/a -> stores/embedded']],
    ['demo/a', "import { evaluate } from '../core/evaluate.ts';", ['demo/a -> core/evaluate']],
    ['stores/a', "import koa from 'koa';", ['stores/a -> koa']],
    ['app', "import { build } from './oidc/provider.ts';\nimport koa from 'koa';", []],
    ['extras/a', '', ['extras/a is in no part']],
    ['core/a', "const text = 'away from '; const other = './x.ts';", []],
    ['core/a', "// import { x } from '../flow/x.ts';\n/* from '../flow/y.ts' */", []],
    ['core/a', "import {\n  one,\n  two,\n} from '../users/user.ts';", ['core/a -> users/user']],
  ])('%s with %j', (module, source, expected) => {
    expect(brokenRules(parseSource(module, source))).toEqual(expected);
  });

  test.each([
    ['const now = Date.now();', true],
    ['export async function f() {}', true],
    ['const n = Math.random() * 2;', true],
    ['return new Promise(() => {});', true],
    [`const text = \`at $\{Date.now()}\`;`, true],
    ["const word = 'Date'; // await the Date", false],
    ['/** async by Promise */ const candidate = update(validated);', false],
    ['const url = "https://process.example"; const x = 1;', false],
  ])('purity of %j: broken %s', (source, expected) => {
    expect(impurities(parseSource('core/a', source)).length > 0).toBe(expected);
  });

  test.each([
    ['const port = process.env.PORT;', true],
    ["process['exit'](1);", true],
    ["import { env } from 'node:process';", true],
    ["// as in process.env\nconst text = 'process.env';", false],
    ['const processed = subprocess.run();', false],
  ])('process in %j: %s', (source, expected) => {
    expect(usesProcess(parseSource('flow/a', source))).toBe(expected);
  });

  test('circles are found, of types as well', () => {
    const files = [
      parseSource('a', "import './b.ts';"),
      parseSource('b', "import type { C } from './sub/c.ts';"),
      parseSource('sub/c', "import type { A } from '../a.ts';"),
      parseSource('d', "import './a.ts';"),
    ];
    expect(filesInCircles(files)).toEqual(['a', 'b', 'sub/c']);
  });

  test('one authenticator that imports another is found', () => {
    const password = parseSource('authenticators/password/password', 'export function passwordAuthenticator() {}');
    const totp = parseSource(
      'authenticators/totp/totp',
      "import '../password/hash.ts';\nexport function totpAuthenticator() {}",
    );
    const files = [password, totp];
    expect(files.flatMap((file) => importedAuthenticators(file, authenticatorsOf(files)))).toEqual([
      'authenticators/totp/totp -> authenticators/password/hash',
    ]);
  });
});
