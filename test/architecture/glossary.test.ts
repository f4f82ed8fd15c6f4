/** The glossary and the code use the same words for the same things. */
import { expect, test } from '@jest/globals';
import { document, readTexts } from './support/documents.ts';

interface NamedType {
  readonly name: string;
  readonly folder: string;
}

const rows = document('docs/glossary.md')
  .split('\n')
  .filter((line) => /^\| (?!word |---)/.test(line))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );

/** A cell such as `` `Rule`, `RuleHead` in `src/core/model` ``. */
function namedTypes(cell: string): readonly NamedType[] {
  const [names = '', place = ''] = cell.split(' in ');
  const folder = /`([^`]+)`/.exec(place)?.[1] ?? '';
  return [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => ({ name, folder }));
}

/** Names of the types that a file exports, or the files of a folder. */
function exportedTypes(place: string): readonly string[] {
  const texts = place.endsWith('.ts') ? [document(place)] : readTexts(place, ['.ts']).map(({ text }) => text);
  return texts.flatMap((text) =>
    [...text.matchAll(/^export (?:interface|type|class) (\w+)/gm)].map(([, name = '']) => name),
  );
}

const named = rows.flatMap(([, , cell = '']) => namedTypes(cell));

test('each line has a word, a meaning, a place for a type, and a source', () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((row) => row.length !== 4 || row[0] === '' || row[1] === '' || row[3] === '')).toEqual([]);
});

test('no word and no type is there twice', () => {
  const words = [...rows.map(([word = '']) => word), ...named.map(({ name }) => name)];
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
});

test('each type is exported by the folder that the glossary names', () => {
  const missing = named.filter(({ name, folder }) => !exportedTypes(folder).includes(name));
  expect(missing.map(({ name, folder }) => `${name} in ${folder}`)).toEqual([]);
});

test('what belongs to a store or a folder is not among the small types', () => {
  const small = document('docs/glossary.md').split('\n## Small types\n')[1]?.split('\n## ')[0] ?? '';
  const folders = [...small.matchAll(/` in `([^`]+)`/g)].map(([, folder]) => folder);
  expect(folders.length).toBeGreaterThan(0);
  expect(folders.filter((folder) => folder !== 'src/core/model')).toEqual([]);
});

test('each type of the model has a word', () => {
  const names = named.map(({ name }) => name);
  expect(exportedTypes('src/core/model').filter((name) => !names.includes(name))).toEqual([]);
});
