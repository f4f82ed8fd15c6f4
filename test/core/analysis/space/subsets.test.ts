import { expect, test } from '@jest/globals';
import { subsetsOf } from '../../../../src/core/analysis/space/subsets.ts';

test('each subset comes once, the empty one first', () => {
  expect(subsetsOf([])).toEqual([[]]);
  expect(subsetsOf(['a', 'b', 'c'])).toEqual([
    [],
    ['a'],
    ['b'],
    ['a', 'b'],
    ['c'],
    ['a', 'c'],
    ['b', 'c'],
    ['a', 'b', 'c'],
  ]);
});
