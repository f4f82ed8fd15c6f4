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

test('every exported value is named by another file', () => {
  const files = new Map<string, Set<string>>();
  const root = join(import.meta.dirname, '../..');
  for (const file of globSync('{src,test,scripts}/**/*.{ts,mjs,cjs}', { cwd: root })) {
    for (const name of readFileSync(join(root, file), 'utf8').match(/[A-Za-z_$][\w$]*/g) ?? [])
      files.set(name, (files.get(name) ?? new Set()).add(file));
  }
  const values = sources.flatMap(({ module, code }) =>
    [...code.matchAll(exportedValues)].map(([, name = '']) => ({ module, name })),
  );
  expect(values.length).toBeGreaterThan(500);
  const unused = values.filter(({ name }) => (files.get(name)?.size ?? 0) < 2);
  expect(unused.map(({ module, name }) => `${module}: ${name}`)).toEqual([]);
});

test('every export is written where it is declared', () => {
  const others = sources.filter(({ code }) => /^export\s+(?:default|\*|\{|type\s*\{)/m.test(code));
  expect(others.map(({ module }) => module)).toEqual([]);
});

test('only the table of store keys builds a key', () => {
  const users = sources.filter(({ code }) => /\bstoreKey\b/.test(code)).map(({ module }) => module);
  expect(users).toEqual(['stores/key-table', 'stores/store']);
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
