/** The table of store keys names modules that exist, and the document that is written from it is up to date. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { dataModelFile, renderDataModel } from '../../scripts/data-model.ts';
import { counterTable, keyKinds, keyRow } from '../../src/stores/key-table.ts';

const src = join(import.meta.dirname, '../../src');

test('docs/data-model.md is what `npm run docs` writes', () => {
  expect(readFileSync(dataModelFile, 'utf8')).toBe(renderDataModel());
});

test('the owner of each kind of key and of each counter is a module', () => {
  const owners = [...keyKinds.map((kind) => keyRow(kind)?.owner ?? kind), ...counterTable.map(({ owner }) => owner)];
  expect(owners.filter((owner) => !existsSync(join(src, `${owner}.ts`)))).toEqual([]);
});
