/** Which examples surprise no reader. */
import { describe, expect, test } from '@jest/globals';
import { modelOf } from '../../../../src/core/analysis/space/ordinary-facts.ts';
import { type ClassModel, formulaReader } from '../../../../src/core/analysis/space/read-formulas.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { isOrdinary } from '../../../../src/core/analysis/space/usual-groups.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import {
  type Formula,
  isYes,
  negated,
  truthVariable,
  type UserFacts,
} from '../../../../src/core/policy/theories/theory.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

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

test('facts are found in few groups first, then as they come', () => {
  const either: Conditions = { any: [{ groups: { all: ['b', 'c'] } }, { groups: { any: ['d'] } }] };
  const both: Conditions = { groups: { all: ['b', 'c'] }, attributes: { member: { equals: true } } };
  const space = ruleSpace([either, both], universe());
  const groupsOf = (model: ClassModel) => space.factsOf(model).subject.groups.toSorted();
  /** Of each that is offered, and what comes of it when none suits. */
  const groupsIn = (...formulas: Parameters<typeof modelOf>[0]) => {
    const offered: (readonly string[])[] = [];
    const found = modelOf(formulas, space, (model) => {
      offered.push(groupsOf(model));
      return false;
    });
    return [...offered, found];
  };
  expect(groupsIn(space.applies(either))).toEqual([['d'], ['b', 'c'], 'undecided']);
  expect(groupsIn(space.applies(both))).toEqual([['b', 'c'], 'undecided']);
  expect(groupsIn(space.applies({ attributes: { member: { equals: true } } }))).toEqual([[], [], 'undecided']);
  const first = modelOf([space.applies(either)], space);
  expect(typeof first === 'object' && groupsOf(first)).toEqual(['d']);
  expect(groupsIn(space.applies(both), space.misses(both))).toEqual(['impossible']);
});

test('what is asked about the same formulas again is not searched again', () => {
  const [either, both] = [{ groups: { any: ['b', 'c'] } }, { groups: { all: ['b', 'c'] } }];
  const { reader, ...space } = ruleSpace([either, both], universe());
  let count = 0;
  const read: typeof reader.read = (formula) => {
    count += 1;
    return reader.read(formula);
  };
  const counting = { ...space, reader: { ...reader, read } };
  const formulas = [space.applies(both)];
  const first = modelOf(formulas, counting, () => false);
  const once = count;
  expect([first, once > 0]).toEqual(['undecided', true]);
  expect(typeof modelOf(formulas, counting)).toBe('object');
  expect(count).toBe(once);
  modelOf([...formulas], counting);
  expect(count).toBeGreaterThan(once);
});

describe('the first classes', () => {
  const [x, y, one, other] = ['groups.x', 'groups.y', 'one', 'other'].map((name) =>
    isYes(truthVariable(name, (facts) => facts)),
  ) as [Formula, Formula, Formula, Formula];
  const either = (...any: readonly Formula[]): Formula => ({ any });
  /** Names of what holds in the classes that are offered, in turn. */
  const offered = (...formulas: readonly Formula[]) => {
    const names: (readonly string[])[] = [];
    const end = modelOf(formulas, { reader: formulaReader() }, (model) => {
      names.push([...model].flatMap(([{ name }, position]) => (position === 1 ? [name] : [])).sort());
      return false;
    });
    return [...names, end];
  };
  /** So many that all of them cannot be examined twice. What follows from another formula has them examined again. */
  const twice = (formula: Formula): readonly Formula[] => [
    ...Array(60_000).fill(formula),
    isYes(truthVariable('c', undefined)),
  ];

  test.each<[string, readonly Formula[], ReturnType<typeof offered>]>([
    ['in a group that is sure', [x, either(y, one)], [['groups.x', 'one'], ['groups.x', 'groups.y'], 'undecided']],
    ['in two that are sure', [x, y], [['groups.x', 'groups.y'], 'undecided']],
    [
      'in none where each choice leads nowhere',
      [either(one, other), either(negated(one), other), either(one, negated(other)), negated({ all: [one, other] })],
      ['impossible'],
    ],
    ['in a group with which the steps suffice', twice(either(x, one, other)), [['c', 'groups.x'], 'undecided']],
    ['in none where they do not suffice', twice(either(one, other)), ['undecided']],
  ])('%s', (_, formulas, expected) => {
    expect(offered(...formulas)).toEqual(expected);
  });
});
