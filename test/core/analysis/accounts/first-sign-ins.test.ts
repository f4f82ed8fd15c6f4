/** Accounts that never sign in for the first time, compared with all first and later sign-ins of a small universe. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstSignIn, neverFirst } from '../../../../src/core/analysis/accounts/first-sign-ins.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { entangled } from '../../support/entangled.ts';
import { allow, factors, factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const networks = ['office', 'home'].map((name, at) => ({ ip: `203.0.113.${at}`, zones: [name] }));
const within = universe({ places: networks });

const isNew: Conditions = { device: { known: false } };
const isKnown: Conditions = { device: { known: true } };
const inOffice: Conditions = { network: { any: ['office'] } };
/** Nothing is known that makes an example of it. */
const unshown: Conditions = { attributes: { nick: { equals: 'a*' } } };
const inA: Conditions = { groups: { any: ['a'] } };

const letIn = (name: string, when: Conditions = {}): Rule => ({ name, when, then: allow(factors(1)) });
const deny = (name: string, when: Conditions = {}): Rule => ({ name, when, then: { kind: 'deny' } });

function search(rules: readonly Rule[]) {
  const whens = rules.map(({ when }) => when);
  const first = firstSignIn(whens) ?? {};
  return neverFirst(compilePolicy({ name: 'session', rules }), first, ruleSpace([...whens, first], within));
}

function found(rules: readonly Rule[]) {
  const { never, undecided } = search(rules);
  return {
    never: never.map(({ rule, whom }) => `${rule.name}: ${whom}`),
    undecided: undecided.map(({ name }) => name),
  };
}

const none = { never: [], undecided: [] };

describe('a first sign-in is', () => {
  const past = ['newNetwork', 'newCountry', 'impossibleTravel', 'longAway'] as const;
  const newDevice = { any: ['newDevice' as const], none: past };

  test.each<[string, readonly Conditions[], Conditions | undefined]>([
    ['one like any other, where no rule asks about the past', [inA, inOffice, { device: { os: ['ios'] } }], undefined],
    ['one in a browser that the account does not know', [inA, isKnown], { device: { known: false } }],
    ['so where only an alternative asks', [{ any: [inA, isKnown] as ConditionSet[] }], { device: { known: false } }],
    [
      'of risk for nothing but the new browser, and failures',
      [inA, { risk: { atLeast: 'high' } }],
      { device: { known: false }, risk: newDevice },
    ],
    [
      'after every bound on the last sign-in',
      [
        { lastSignIn: { within: 7 * oneDay } },
        { lastSignIn: { notWithin: 90 * oneDay } },
        { lastSignIn: { within: oneDay } },
      ],
      { device: { known: false }, lastSignIn: { notWithin: 90 * oneDay } },
    ],
    [
      'at the usual place, by every bound',
      [{ distance: { within: 100 } }, { distance: { notWithin: 20 } }, { distance: { within: 500 } }],
      { device: { known: false }, distance: { within: 20 } },
    ],
    [
      'all of these where rules ask about all',
      [{ lastSignIn: { within: oneDay }, distance: { within: 20 }, risk: { none: ['newDevice'] } }, isKnown],
      {
        ...{ device: { known: false }, risk: newDevice },
        ...{ lastSignIn: { notWithin: oneDay }, distance: { within: 20 } },
      },
    ],
    [
      'after the last sign-in and at the usual place where one rule asks about each',
      [{ lastSignIn: { within: oneDay } }, { distance: { within: 20 } }],
      { device: { known: false }, lastSignIn: { notWithin: oneDay }, distance: { within: 20 } },
    ],
  ])('%s', (_, rules, expected) => {
    expect(firstSignIn(rules)).toEqual(expected);
  });
});

describe('no account ever signs in', () => {
  test.each<[string, readonly Rule[], readonly string[]]>([
    ['where new browsers are denied', [deny('D', isNew), letIn('rest')], ['D: all']],
    ['where all but known browsers are', [letIn('known', isKnown), deny('D')], ['D: all']],
    [
      'where two rules deny new browsers together',
      [deny('D', { ...isNew, ...inOffice }), deny('E', isNew), letIn('rest')],
      ['D: all', 'E: all'],
    ],
    ['after a long time away', [deny('D', { lastSignIn: { notWithin: oneDay } }), letIn('rest')], ['D: all']],
    [
      'by a rule of which one case has no example',
      [letIn('known', isKnown), deny('D', { any: [unshown, inA] as ConditionSet[] })],
      ['D: all'],
    ],
    ['of a new browser by its risk', [deny('D', { risk: { any: ['newDevice'] } }), letIn('rest')], ['D: all']],
  ])('%s', (_, rules, never) => {
    expect(found(rules)).toEqual({ never, undecided: [] });
  });

  test.each<[string, readonly Rule[], readonly string[]]>([
    ['of the users of a group', [deny('D', { ...inA, ...isNew }), letIn('rest')], ['D: selected']],
    [
      'of the users of a group, by a rule that denies others later',
      [
        deny('D', {
          any: [
            { ...inA, ...isNew },
            { groups: { none: ['a'] }, ...isKnown },
          ] as ConditionSet[],
        }),
        letIn('rest'),
      ],
      ['D: selected'],
    ],
    [
      'of the users outside a group, who are let in from the office',
      [letIn('office', { ...inA, ...inOffice }), deny('D', isNew), letIn('rest')],
      ['D: some'],
    ],
  ])('%s', (_, rules, never) => {
    expect(found(rules)).toEqual({ never, undecided: [] });
  });
});

describe('accounts do sign in', () => {
  test.each<[string, readonly Rule[]]>([
    ['from the office', [letIn('office', inOffice), deny('D', isNew), letIn('rest')]],
    ['where rules deny other networks only', [deny('D', { ...isNew, ...inOffice }), letIn('rest')]],
    ['in a network that is no usual one', [deny('D', { risk: { any: ['newNetwork'] } }), letIn('rest')]],
    ['after no absence', [deny('D', { risk: { any: ['longAway'] } }), letIn('rest')]],
  ])('%s', (_, rules) => {
    expect(found(rules)).toEqual(none);
  });

  test.each<[string, readonly Rule[]]>([
    ['accounts of which no example is known', [deny('D', unshown), letIn('rest', isKnown)]],
    ['a group', [deny('D', inA), letIn('rest')]],
    ['every account', [letIn('rule', { network: { any: ['office'], none: ['office'] } }), deny('D', isNew), deny('E')]],
    // Once a user has proved something, a browser that the account does not know is a new one.
    ['every account', [letIn('rule', { ...isNew, risk: { none: ['newDevice'] } }), deny('D')]],
  ])('or never do, and are not meant to: %s', (_, rules) => {
    expect(found(rules)).toEqual(none);
  });
});

test('an example is a first sign-in that the rule denies', () => {
  const [one] = search([letIn('office', { ...inA, ...inOffice }), deny('D', isNew), letIn('rest')]).never;
  expect(one?.facts).toMatchObject({ device: { known: false }, subject: { groups: [] } });
});

describe('users are examined kind by kind', () => {
  /** Users of so many kinds are let in from the office. Those of one more kind, which is found last, are not. */
  const namedAlike = (count: number) => {
    const names = Array.from({ length: count - 2 }, (_, at) => `n${10 + at}`);
    const tests = [
      ...[{ present: false }, { present: true, not: { in: [...names, 'n99'] } }],
      ...names.map((name) => ({ equals: name })),
    ];
    return [
      ...tests.map((name, at) => letIn(`${at}`, { ...inOffice, attributes: { name } })),
      ...[deny('D', isNew), letIn('rest')],
    ];
  };

  test('up to two dozen kinds', () => {
    expect(found(namedAlike(23))).toEqual({ never: ['D: some'], undecided: [] });
    expect(found(namedAlike(24))).toEqual({ never: [], undecided: ['D'] });
  });

  /** Which scopes are asked for differs by sign-in. */
  const anyScopes: readonly ConditionSet[] = entangled.map(({ groups: scopes }) => ({ ...(scopes && { scopes }) }));
  const unseen = deny('E', { any: anyScopes });

  test.each<[string, readonly Rule[], readonly string[]]>([
    ['the rule decides', [unseen, deny('D', isNew), letIn('rest', inA)], ['E', 'D']],
    ['another lets the user in', [deny('D', { ...isNew, ...inOffice }), unseen, letIn('rest')], ['D', 'E']],
    ['another lets the user in later', [deny('D', isNew), unseen, letIn('rest', isKnown)], ['D']],
  ])('as far as it is known whether %s', (_, rules, undecided) => {
    expect(found(rules)).toEqual({ never: [], undecided });
  });
});

const parts: readonly ConditionSet[] = [{}, {}, isNew, isKnown, inOffice, { network: { none: ['office'] } }];
const groups: readonly ConditionSet[] = [
  ...[{}, {}, inA, { groups: { none: ['a'] } }],
  ...[{ groups: { any: ['b'] } }, { groups: { all: ['a', 'b'] } }],
];
const drawn = fc
  .record({
    ...{ part: fc.constantFrom(...parts), group: fc.constantFrom(...groups) },
    then: fc.constantFrom<Rule['then']>({ kind: 'deny' }, allow(factors(1))),
  })
  .map(({ part, group, then }) => ({ when: { ...part, ...group }, then }));

/** Half of them let users of a group in from the office. */
const policies = fc
  .tuple(
    fc.subarray([{ when: { ...inA, ...inOffice }, then: allow(factors(1)) }]),
    fc.array(drawn, { minLength: 2, maxLength: 5 }),
  )
  .map(([some, others]) => [...some, ...others]);

const users = [[], ['a'], ['b'], ['a', 'b']];

test('the rules that keep some user from ever signing in are found, and no others', () => {
  const seen = { all: 0, selected: 0, some: 0, no: 0 };
  fc.assert(
    fc.property(policies, (all) => {
      const rules = all.map((rule, at): Rule => ({ name: String(at), ...rule }));
      fc.pre(firstSignIn(rules.map(({ when }) => when)) !== undefined);
      const policy = compilePolicy({ name: 'session', rules });
      const decidingOn = (group: readonly string[], known: boolean) =>
        networks.map((network) => findRule(policy, factsFor(group, network, known)).rule);
      const isOpen = (rule: Rule | undefined) => rule?.then.kind === 'allow';
      const isOpenAtFirst = (group: readonly string[]) => decidingOn(group, false).some(isOpen);
      const isOpenEver = (group: readonly string[]) => isOpenAtFirst(group) || decidingOn(group, true).some(isOpen);
      const expected = rules
        .filter(({ then }) => then.kind === 'deny')
        .flatMap((rule) => {
          const denied = users.filter((group) => decidingOn(group, false).includes(rule));
          if (!denied.some((group) => !isOpenAtFirst(group) && isOpenEver(group))) return [];
          if (!users.some(isOpenAtFirst)) return [`${rule.name}: all`];
          return [`${rule.name}: ${denied.some(isOpenAtFirst) ? 'some' : 'selected'}`];
        });
      expect(found(rules)).toEqual({ never: expected, undecided: [] });
      for (const { rule, facts } of search(rules).never) {
        const { groups: group } = facts.subject;
        expect([findRule(policy, facts).rule, facts.device.known]).toEqual([rule, false]);
        expect([isOpenAtFirst(group), isOpenEver(group)]).toEqual([false, true]);
      }
      for (const one of expected) seen[one.slice(3) as 'all'] += 1;
      seen.no += Number(expected.length === 0);
    }),
    seeded(600),
  );
  expect(seen.all).toBeGreaterThan(enough(15));
  expect(seen.selected).toBeGreaterThan(enough(10));
  expect(seen.some).toBeGreaterThan(enough(5));
  expect(seen.no).toBeGreaterThan(enough(100));
});

function factsFor(group: readonly string[], network: (typeof networks)[number], known: boolean): UserFacts {
  const facts = factsOf({ network });
  return { ...facts, device: { ...facts.device, known }, subject: userWith([], { groups: group }) };
}
