/** Casts that the compiler cannot check are few, and each has a reason. */
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSource, readSources, type SourceFile } from './support/source.ts';

const sources = readSources(join(import.meta.dirname, '../../src'));

/** Modules that may cast what they like, each with the reason. */
const allowed: Readonly<Record<string, string>> = {
  'oidc/provider-types': 'what oidc-provider has and its types leave out; nothing else may know it',
};

const uncheckedCasts = ({ module, code }: SourceFile): readonly string[] =>
  [...code.matchAll(/\bas\s+(?:never|any|unknown\s+as)\b/g)].map(([cast]) => `${module}: ${cast}`);

/** `JSON.parse(...) as X` outside a function that is called after what it parses. */
const looseParsing = ({ module, code }: SourceFile): readonly string[] => {
  const casts = code.split(/\n(?=\S)/).flatMap((declaration) => {
    const cast = /\bJSON\.parse\((?:[^()]|\([^()]*\))*\)\)?\s+as\s+(?:Readonly<|Partial<)?(\w+)/.exec(declaration);
    return cast && !/^(?:export )?(?:async )?function (?:parse|read)[A-Z]/.test(declaration) ? [cast[1]] : [];
  });
  return casts.map((type) => `${module}: JSON.parse() as ${type}`);
};

test('no source casts past the compiler', () => {
  const found = sources.filter(({ module }) => !Object.hasOwn(allowed, module)).flatMap(uncheckedCasts);
  expect(found).toEqual([]);
});

test('each exception casts', () => {
  const casting = sources.filter((file) => uncheckedCasts(file).length > 0).map(({ module }) => module);
  expect(casting).toEqual(Object.keys(allowed));
});

test('a type is given to JSON in the function that parses it, and one function parses one type', () => {
  expect(sources.flatMap(looseParsing)).toEqual([]);
  const parsed = sources.flatMap(({ code }) =>
    [...code.matchAll(/\bJSON\.parse\((?:[^()]|\([^()]*\))*\)\s+as\s+(\w+)/g)].map(([, type]) => type),
  );
  const types = parsed.filter((type) => !['string', 'Partial', 'Readonly', 'Record'].includes(type ?? ''));
  expect(types.length).toBeGreaterThan(8);
  expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([]);
});

test.each([
  ['const a = b as never;', 1],
  ['const a = b as unknown as C;', 1],
  ['const a = b as unknown;', 0],
  ['const a = b as C; // as never', 0],
])('casts in %j: %i', (source, count) => {
  expect(uncheckedCasts(parseSource('a', source))).toHaveLength(count);
});

test.each([
  ['function parseUser(text) {\n  return JSON.parse(text) as User;\n}', 0],
  ['function load(entry) {\n  return entry && (JSON.parse(entry.value) as User);\n}', 1],
  ['const a = JSON.parse(text);', 0],
])('parsing in %j: %i', (source, count) => {
  expect(looseParsing(parseSource('a', source))).toHaveLength(count);
});
