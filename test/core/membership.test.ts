/** The fewest names that meet lists of names, and names that meet two of them. */

import { expect, test } from '@jest/globals';
import type { AnyAllNone } from '../../src/core/model/conditions.ts';
import { fewestMembers, jointMembers } from '../../src/core/policy/membership.ts';

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
