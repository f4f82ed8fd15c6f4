/** Which examples surprise no reader. */
import { expect, test } from '@jest/globals';
import { isOrdinary } from '../../../src/core/analysis/space/ordinary-facts.ts';
import type { Conditions } from '../../../src/core/model/conditions.ts';
import type { UserFacts } from '../../../src/core/policy/theory.ts';
import { factsOf, userWith } from '../support/fixtures.ts';

test.each<[string, boolean, readonly string[], readonly Conditions[]]>([
  ['no group', true, [], []],
  ['one', true, ['a'], []],
  ['two', false, ['a', 'b'], []],
  ['two that rules name one by one', false, ['a', 'b'], [{ groups: { all: ['a'] } }, { groups: { any: ['a', 'b'] } }]],
  ['two that a rule names together', true, ['a', 'b'], [{ groups: { all: ['c'] } }, { groups: { all: ['b', 'a'] } }]],
  ['two of three that it names', true, ['a', 'b'], [{ groups: { all: ['b', 'c', 'a'] } }]],
  ['two that an alternative names', true, ['a', 'b'], [{ any: [{}, { groups: { all: ['a', 'b'] } }] }]],
  ['one more than it names', false, ['a', 'b', 'c'], [{ groups: { all: ['a', 'b'] } }]],
])('a user in %s', (_, expected, groups, rules) => {
  const subject = userWith([], { groups });
  const facts: UserFacts = { ...factsOf({ subject }), subject, signedInWith: [] };
  expect(
    isOrdinary(
      facts,
      rules.map((when) => ({ when })),
    ),
  ).toBe(expected);
});
