/** The list of mutants that change nothing: it is in order, names mutants that there are, and is in the documents. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import {
  equivalentMutants,
  listedReasons,
  mutationEquivalentsFile,
  renderMutationEquivalents,
} from '../../scripts/mutation-equivalents.ts';

test('test/mutation/equivalent.json is sorted, and has a sentence for each mutant', () => {
  const reasons = listedReasons();
  expect(Object.keys(reasons)).toEqual(Object.keys(reasons).toSorted());
  expect(Object.entries(reasons).filter(([, reason]) => !/^\S.{20,}\.$/.test(reason))).toEqual([]);
});

test('a line whose mutant is gone is reported with its key', () => {
  const reasons = { 'src/errors.ts boolean gone => true': 'It is gone.' };
  expect(() => equivalentMutants(reasons)).toThrow(/drop this line .*equivalent\.json.*: src\/errors\.ts boolean gone/);
});

test('docs/mutation-equivalents.md is what `npm run docs` writes: run it after a change of test/mutation/equivalent.json', () => {
  expect(readFileSync(mutationEquivalentsFile, 'utf8')).toBe(renderMutationEquivalents());
});
