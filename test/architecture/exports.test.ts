/** Names and keys that have one place. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSource, readSources, type SourceFile } from './support/source.ts';

const sources = readSources(join(import.meta.dirname, '../../src'));

test('no two files export one name', () => {
  const places = new Map<string, string[]>();
  for (const { module, exports } of sources)
    for (const name of new Set(exports)) places.set(name, [...(places.get(name) ?? []), module]);
  expect(places.size).toBeGreaterThan(500);
  expect([...places].filter(([, modules]) => modules.length > 1)).toEqual([]);
});

/** Types that a file declares for itself, by their names. */
function localTypes(code: string): readonly string[] {
  return [...code.matchAll(/^(?:abstract\s+)?(?:interface|type|class)\s+(\w+)/gm)].map(([, name = '']) => name);
}

test('no file declares a type for itself under the name of a type that another file exports', () => {
  const exported = new Set(
    sources.flatMap(({ code }) =>
      [...code.matchAll(/^export\s+(?:abstract\s+)?(?:interface|type|class)\s+(\w+)/gm)].map(([, name = '']) => name),
    ),
  );
  expect(exported.size).toBeGreaterThan(500);
  const all = sources.flatMap(({ module, code }) => localTypes(code).map((name) => ({ module, name })));
  expect(all.length).toBeGreaterThan(300);
  expect(all.filter(({ name }) => exported.has(name)).map(({ module, name }) => `${module}: ${name}`)).toEqual([]);
});

test('types that a file declares for itself are found', () => {
  const code =
    'interface One {}\nexport interface Two {}\ntype Three<T> = T;\nabstract class Four {}\n  type Five = 1;';
  expect(localTypes(code)).toEqual(['One', 'Three', 'Four']);
});

/** Values only: a type stands in an exported signature, and who calls that may have to name it. */
const exportedValues = /^export\s+(?:async\s+)?(?:abstract\s+)?(?:function\s*\*?|class|const|let)\s+(\w+)/gm;

interface ExportedValue {
  readonly module: string;
  readonly name: string;
}

function valuesOf(files: readonly SourceFile[]): readonly ExportedValue[] {
  return files.flatMap(({ module, code }) =>
    [...code.matchAll(exportedValues)].map(([, name = '']) => ({ module, name })),
  );
}

/** What the files import that fit a pattern, from the root of the repository. */
function importedBy(pattern: string): ReadonlySet<string> {
  const root = join(import.meta.dirname, '../..');
  const files = globSync(pattern, { cwd: root });
  return new Set(files.flatMap((file) => importedNames(readFileSync(join(root, file), 'utf8'))));
}

test('every exported value of support is imported by another file', () => {
  const support = readSources(join(import.meta.dirname, '..')).filter(({ module }) => /(?:^|\/)support\//.test(module));
  expect(support.length).toBeGreaterThan(50);
  const imported = importedBy('{test,scripts}/**/*.{ts,mjs,cjs}');
  const unused = valuesOf(support).filter(({ name }) => !imported.has(name));
  expect(unused.map(({ module, name }) => `${module}: ${name}`)).toEqual([]);
});

/** Values that their own file uses, and that are exported for tests: by the reason. */
const exportedForTests: Readonly<Record<string, readonly string[]>> = {
  'a table whose rows are compared with documents, texts or what a node does': [
    'commandGroups',
    'defaultPalettes',
    'errorTable',
    'factTable',
    'fileErrorCodes',
    'noticeCodes',
    'revisionRefusals',
    'testErrorCodes',
    'unmeetableCodes',
    'valueErrorCodes',
    'viewErrorCodes',
  ],
  'a limit that tests go up to': ['largestBrand', 'largestLogos', 'shortestPassword'],
  'a function whose cases are tried one by one': [
    'decide',
    'followAlgorithms',
    'hashingConcurrency',
    'normaliseAnswer',
    'twimlOf',
  ],
  'a sample that tests draw pages with, too': ['own'],
};

test('every exported value of sources is imported by sources or scripts, or its own file uses it and tests have a reason', () => {
  const values = valuesOf(sources);
  expect(values.length).toBeGreaterThan(500);
  const imported = importedBy('{src,scripts}/**/*.{ts,mjs,cjs}');
  const others = values.filter(({ name }) => !imported.has(name));
  const codes = new Map(sources.map(({ module, code }) => [module, code]));
  const dead = others.filter(
    ({ module, name }) => (codes.get(module)?.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0) < 2,
  );
  expect(dead).toEqual([]);
  expect(others.map(({ name }) => name).sort()).toEqual(Object.values(exportedForTests).flat().sort());
  const inTests = importedBy('test/**/*.ts');
  expect(others.filter(({ name }) => !inTests.has(name))).toEqual([]);
});

/** Names in the clauses of imports; also where a module is loaded as it is needed. */
function importedNames(source: string): readonly string[] {
  const wholes = [...source.matchAll(/\bimport \* as (\w+)/g)].map(([, name = '']) => name);
  const clauses = [
    ...wholes.flatMap((whole) => [...source.matchAll(new RegExp(`\\b${whole}\\.(\\w+)`, 'g'))]),
    ...source.matchAll(/\bimport\s+(?:type\s+)?(?:\w+\s*,\s*)?\{([^}]*)\}\s*from\b/g),
    ...source.matchAll(/\{([^{}]*)\}\s*=\s*await\s+import\b/g),
    ...source.matchAll(/\[([^\]=]*)\]\s*=\s*await\s+Promise\.all\(\[\s*import\b/g),
    ...source.matchAll(/\bimport\([^)]*\)\)?\.(\w+)/g),
    ...source.matchAll(/\bimport\([^)]*\)\.then\(\(\{([^}]*)\}/g),
  ];
  return clauses.flatMap(([, names = '']) =>
    names.split(',').map((name) => /(?:type\s+)?(\w+)/.exec(name.trim())?.[1] ?? ''),
  );
}

test('every export is written where it is declared', () => {
  const others = sources.filter(({ code }) => /^export\s+(?:default|\*|\{|type\s*\{)/m.test(code));
  expect(others.map(({ module }) => module)).toEqual([]);
});

test('no file defines a number that a file in the same folder exports under the same name', () => {
  const numbers = sources.flatMap(({ module, code }) =>
    [...code.matchAll(/^(export )?const (\w+)(?:: \w+)? = ([\d_]+);/gm)].map(([, keyword, name = '', value = '']) => ({
      module,
      isExported: keyword !== undefined,
      key: `${dirname(module).split('/').slice(0, 2).join('/')}: ${name} = ${value}`,
    })),
  );
  const exported = new Set(numbers.flatMap(({ key, isExported }) => (isExported ? [key] : [])));
  expect(exported).toContain('users/reservations: abandonedAfter = 60');
  const again = numbers.filter(({ key, isExported }) => !isExported && exported.has(key));
  expect(again.map(({ module, key }) => `${module} has ${key}`)).toEqual([]);
});

test('only the table of store keys builds a key', () => {
  const users = sources.filter(({ code }) => /\bstoreKey\b/.test(code)).map(({ module }) => module);
  expect(users).toEqual(['stores/key-table', 'stores/store']);
});

test('imports are found in clauses, of whole modules, and where a module is loaded late', () => {
  const source = [
    "import Koa, { one, type Two } from 'a';",
    "import * as three from './numbers.ts';",
    'three.four(five);',
    "const { six } = await import('./six.ts');",
    "const [{ seven }, { eight }] = await Promise.all([import('./seven.ts'), import('./eight.ts')]);",
  ].join('\n');
  expect(importedNames(source).toSorted()).toEqual(['Two', 'eight', 'four', 'one', 'seven', 'six']);
});

test('exports are found', () => {
  const source = [
    'export interface One {}',
    'export async function two() {}',
    'export function* three() {}',
    "export const four = 'export const five = 5';",
    '// export const six = 6;',
    'export class Seven {}',
    'export type Eight = 8;',
    'const nine = 9;',
  ].join('\n');
  expect(parseSource('core/a', source).exports).toEqual(['One', 'two', 'three', 'four', 'Seven', 'Eight']);
});
