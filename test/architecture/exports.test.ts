/** Names and keys that have one place. */
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
