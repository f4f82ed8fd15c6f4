/** Users whom some rules deny and no others let in, compared with all users of a small universe, wherever they are. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deniedEverywhere } from '../../../../src/core/analysis/accounts/denied-everywhere.ts';
import { newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { entangled } from '../../support/entangled.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const networks = ['office', 'home'].map((name, at) => ({ ip: `203.0.113.${at}`, zones: [name] }));
const within = universe({ places: networks });

const inOffice: Conditions = { network: { any: ['office'] } };
const outside: Conditions = { network: { none: ['office'] } };
const inA: Conditions = { groups: { any: ['a'] } };
const notInA: Conditions = { groups: { none: ['a'] } };

interface Parts {
  /** When users are denied. */
  readonly denied: Conditions;
  /** When they may be let in. */
  readonly open: readonly Conditions[];
  readonly steps?: number;
  readonly isConfirmed?: (facts: UserFacts) => boolean;
}

function found({ denied, open, steps = 10 * newBudget().steps, isConfirmed = () => true }: Parts) {
  const space = ruleSpace([denied, ...open], within);
  return deniedEverywhere({
    denied: [space.applies(denied)],
    open: open.map((when) => [space.applies(when)]),
    ...{ space, budget: { steps }, isConfirmed },
  });
}

describe('a user is denied everywhere', () => {
  test.each<[string, Parts, readonly string[]]>([
    ['where nothing lets users in', { denied: inOffice, open: [] }, []],
    ['who is in no group that is let in', { denied: inOffice, open: [{ ...inA, ...outside }] }, []],
    ['who is in the one group that is not', { denied: inOffice, open: [{ ...notInA, ...outside }] }, ['a']],
    [
      'though it takes a user of two groups',
      { denied: outside, open: [notInA, { groups: { none: ['b'] } }] },
      ['a', 'b'],
    ],
    ['where the other rules deny the same users', { denied: inA, open: [notInA] }, ['a']],
  ])('%s', (_, parts, userGroups) => {
    expect(found(parts)?.subject.groups.toSorted()).toEqual(userGroups);
  });

  test('as the example shows', () => {
    expect(found({ denied: inOffice, open: [{ ...inA, ...outside }] })?.network.zones).toEqual(['office']);
  });

  test.each<[string, Parts]>([
    ['elsewhere', { denied: inOffice, open: [outside] }],
    [
      'here and there',
      {
        denied: inOffice,
        open: [
          { ...inA, ...outside },
          { ...notInA, ...inOffice },
        ],
      },
    ],
  ])('no user, since all are let in %s', (_, parts) => {
    expect(found(parts)).toBeUndefined();
  });

  test('only where the evaluator says so', () => {
    const parts = { denied: inOffice, open: [{ ...inA, ...outside }] };
    expect(found({ ...parts, isConfirmed: () => false })).toBeUndefined();
    expect(found({ ...parts, isConfirmed: ({ network }) => network.zones.includes('office') })).toBeDefined();
  });
});

describe('no user is known', () => {
  /** Every request meets one of these, which no search sees within its steps. */
  const unseen: Conditions = { any: entangled.map(({ groups: scopes }) => ({ ...(scopes && { scopes }) })) };

  test('within no steps', () => {
    expect(found({ denied: inOffice, open: [outside], steps: 0 })).toBeUndefined();
    expect(found({ denied: inOffice, open: [{ ...inA, ...outside }], steps: 0 })).toBeUndefined();
  });

  test.each(['first', 'last'])('while it is open whether the %s rule lets users in, and no other does', (place) => {
    const space = ruleSpace([inA, notInA, unseen], within);
    const unclear = [space.misses(unseen)];
    const others = [space.applies(notInA)];
    const open = place === 'first' ? [unclear, others] : [others, unclear];
    const search = { denied: [space.applies(inA)], space, isConfirmed: () => true };
    expect(deniedEverywhere({ ...search, open: [others], budget: newBudget() })).toBeDefined();
    expect(deniedEverywhere({ ...search, open, budget: newBudget() })).toBeUndefined();
  });

  test('but another is, where that rule is only open to some', () => {
    const space = ruleSpace([inA, notInA, unseen], within);
    const open = [[space.misses(unseen), space.applies(inA)], [space.applies(inA)]];
    const search = { denied: [], open, space, isConfirmed: () => true };
    expect(deniedEverywhere({ ...search, budget: newBudget() })?.subject.groups).toEqual([]);
  });

  /** Users of so many kinds are let in, those of one more kind, which is found last, are not. */
  const namedAlike = (count: number): Parts => {
    const names = Array.from({ length: count - 2 }, (_, at) => `n${10 + at}`);
    const tests = [
      ...[{ present: false }, { present: true, not: { in: [...names, 'n99'] } }],
      ...names.map((name) => ({ equals: name })),
    ];
    return { denied: inOffice, open: tests.map((name) => ({ ...outside, attributes: { name } })) };
  };

  test('beyond two dozen kinds of users', () => {
    expect(found(namedAlike(23))?.subject.profile).toEqual({ name: 'n99' });
    expect(found(namedAlike(24))).toBeUndefined();
  });
});

const circumstances: readonly ConditionSet[] = [
  ...[{}, inOffice, outside, { device: { known: true } }, { ...inOffice, device: { known: false } }],
];
const groups: readonly ConditionSet[] = [
  ...[{}, inA, notInA, { groups: { none: ['b'] } }],
  ...[{ groups: { any: ['a', 'b'] } }, { groups: { all: ['a', 'b'] } }],
];
const drawn = fc
  .tuple(fc.constantFrom(...circumstances), fc.constantFrom(...groups))
  .map(([circumstance, group]): Conditions => ({ ...circumstance, ...group }));

const users = [[], ['a'], ['b'], ['a', 'b']];

test('one is found exactly where there is one', () => {
  const counts = { found: 0, none: 0 };
  fc.assert(
    fc.property(drawn, fc.array(drawn, { maxLength: 4 }), (denied, open) => {
      const isIn = (when: Conditions, group: readonly string[]) => factsFor(group).some((facts) => holds(when, facts));
      const isDenied = (group: readonly string[]) => isIn(denied, group) && !open.some((when) => isIn(when, group));
      const one = found({ denied, open });
      expect(one !== undefined).toBe(users.some(isDenied));
      if (one) expect([holds(denied, one), isDenied(one.subject.groups)]).toEqual([true, true]);
      counts[one ? 'found' : 'none'] += 1;
    }),
    seeded(600),
  );
  expect(counts.found).toBeGreaterThan(enough(100));
  expect(counts.none).toBeGreaterThan(enough(100));
});

function holds(when: Conditions, facts: UserFacts): boolean {
  const rule = { name: 'rule', when };
  return findRule(compilePolicy({ name: 'policy', rules: [rule] }), facts).rule !== undefined;
}

/** The user in all circumstances. */
function factsFor(group: readonly string[]): readonly UserFacts[] {
  return networks.flatMap((network) =>
    [false, true].map((known) => {
      const facts = factsOf({ network });
      return { ...facts, device: { ...facts.device, known }, subject: userWith([], { groups: group }) };
    }),
  );
}
