/** Names and keys that have one place. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSource, readSources } from './support/source.ts';

const sources = readSources(join(import.meta.dirname, '../../src'));

test('no two files export one name', () => {
  const places = new Map<string, string[]>();
  for (const { module, exports } of sources)
    for (const name of new Set(exports)) places.set(name, [...(places.get(name) ?? []), module]);
  expect(places.size).toBeGreaterThan(500);
  expect([...places].filter(([, modules]) => modules.length > 1)).toEqual([]);
});

/** Values only: a type stands in an exported signature, and who calls that may have to name it. */
const exportedValues = /^export\s+(?:async\s+)?(?:abstract\s+)?(?:function\s*\*?|class|const|let)\s+(\w+)/gm;

test('every exported value of sources and of support is imported by another file', () => {
  const root = join(import.meta.dirname, '../..');
  const files = globSync('{src,test,scripts}/**/*.{ts,mjs,cjs}', { cwd: root });
  const imported = new Set(files.flatMap((file) => importedNames(readFileSync(join(root, file), 'utf8'))));
  const support = readSources(join(root, 'test')).filter(({ module }) => /(?:^|\/)support\//.test(module));
  expect(support.length).toBeGreaterThan(50);
  const values = [...sources, ...support].flatMap(({ module, code }) =>
    [...code.matchAll(exportedValues)].map(([, name = '']) => ({ module, name })),
  );
  expect(values.length).toBeGreaterThan(500);
  const unused = values.filter(({ name }) => !imported.has(name));
  expect(unused.map(({ module, name }) => `${module}: ${name}`)).toEqual([]);
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
