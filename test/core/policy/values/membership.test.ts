/** Whether values meet lists of names. */

import { expect, test } from '@jest/globals';
import type { AnyAllNone } from '../../../../src/core/model/conditions.ts';
import { meetsLists } from '../../../../src/core/policy/values/membership.ts';

test('a long list of values is met like a short one', () => {
  const long = Array.from({ length: 40 }, (_, index) => `g${index}`);
  const tables: readonly (readonly [AnyAllNone, boolean])[] = [
    [{ any: ['x', 'g39'] }, true],
    [{ any: ['x'] }, false],
    [{ all: ['g0', 'g39'] }, true],
    [{ all: ['g0', 'x'] }, false],
    [{ none: ['x'] }, true],
    [{ none: ['g20'] }, false],
  ];
  for (const [lists, expected] of tables) expect([lists, meetsLists(lists, long)]).toEqual([lists, expected]);
  for (const [lists, expected] of tables)
    expect([lists, meetsLists(lists, [...long.slice(0, 1), ...long.slice(20, 21), 'g39'])]).toEqual([lists, expected]);
});
