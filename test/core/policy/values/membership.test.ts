/** The fewest names that meet lists of names, and names that meet two of them. */

import { expect, test } from '@jest/globals';
import type { AnyAllNone } from '../../../../src/core/model/conditions.ts';
import { fewestMembers, jointMembers, meetsLists } from '../../../../src/core/policy/values/membership.ts';

test.each<[string, AnyAllNone | undefined, readonly string[]]>([
  ['no lists', undefined, []],
  ['nothing but exclusions', { none: ['a'] }, []],
  ['all of a list', { all: ['a', 'b'] }, ['a', 'b']],
  ['the first of any', { any: ['a', 'b'] }, ['a']],
  ['the first of any that is not excluded', { any: ['a', 'b'], none: ['a'] }, ['b']],
  ['any, beside all', { any: ['a'], all: ['b'] }, ['b', 'a']],
  ['all, one of which is of any', { any: ['a', 'b'], all: ['b'] }, ['b']],
  ['all, where each of any is excluded', { any: ['a'], all: ['b'], none: ['a'] }, ['b']],
])('the fewest members: %s', (_, lists, expected) => {
  expect(fewestMembers(lists)).toEqual(expected);
});

test.each<[string, AnyAllNone | undefined, AnyAllNone | undefined, readonly string[] | undefined]>([
  ['no lists', undefined, undefined, []],
  ['what one needs and the other does not mention', { all: ['a'] }, { none: ['b'] }, ['a']],
  ['what both name', { any: ['a', 'b'] }, { any: ['b', 'c'] }, ['b']],
  [
    'what both name, with all that each needs, once',
    { any: ['a', 'b'], all: ['c'] },
    { any: ['b'], all: ['b', 'd'] },
    ['b', 'c', 'd'],
  ],
  ['all of one, which has what the other needs', { all: ['a', 'b'] }, { any: ['b'] }, ['a', 'b']],
  ['two memberships that no user is sure to have together', { any: ['a'] }, { any: ['b'] }, undefined],
])('joint members: %s', (_, one, other, expected) => {
  expect(jointMembers(one, other)).toEqual(expected);
  expect(jointMembers(other, one)?.toSorted()).toEqual(expected?.toSorted());
});

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
