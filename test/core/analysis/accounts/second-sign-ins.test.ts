/** Accounts that sign in once, and are denied when they come back: compared with all sign-ins of a small universe. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { firstSignIn, neverAgain, secondSignIn } from '../../../../src/core/analysis/accounts/first-sign-ins.ts';
import { allowing } from '../../../../src/core/analysis/space/rule-combinations.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay, oneHour } from '../../../../src/core/model/durations.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { riskSignals } from '../../../../src/core/model/risk.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, factors, factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const networks = ['office', 'home'].map((name, at) => ({ ip: `203.0.113.${at}`, zones: [name] }));
const within = universe({ places: networks });

const isKnown: Conditions = { device: { known: true } };
const isNew: Conditions = { device: { known: false } };
const lately: Conditions = { lastSignIn: { within: 30 * oneDay } };
const inOffice: Conditions = { network: { any: ['office'] } };
const inA: Conditions = { groups: { any: ['a'] } };

const letIn = (name: string, when: Conditions = {}): Rule => ({ name, when, then: allow(factors(1)) });
const deny = (name: string, when: Conditions = {}): Rule => ({ name, when, then: { kind: 'deny' } });

function search(rules: readonly Rule[], sessionRules?: readonly Rule[]) {
  const session = sessionRules && compilePolicy({ name: 'session', rules: sessionRules });
  const whens = [...rules, ...(sessionRules ?? [])].map(({ when }) => when);
  const second = secondSignIn(whens) ?? [];
  const first = firstSignIn([...whens, ...second]) ?? {};
  const space = ruleSpace([...whens, ...second, first], within);
  return neverAgain({
    policy: compilePolicy({ name: 'examined', rules }),
    before: session ? [{ any: allowing(session, space).map(({ formulas }) => ({ all: formulas })) }] : [],
    ...(session && { isReached: (facts: UserFacts) => findRule(session, facts).rule?.then.kind === 'allow' }),
    ...{ first, second, space },
  });
}

function found(rules: readonly Rule[], session?: readonly Rule[]) {
  const { never, undecided } = search(rules, session);
  return {
    never: never.map(({ rule, whom }) => `${rule.name}: ${whom}`),
    undecided: undecided.map(({ name }) => name),
  };
}

describe('a second sign-in is', () => {
  const aDayAgo = [{ lastSignIn: { notWithin: oneDay } }, { lastSignIn: { within: oneDay + 1 } }];

  test.each<[string, readonly Conditions[], readonly Conditions[] | undefined]>([
    ['one like any other, where no rule asks about the past', [inA, inOffice], undefined],
    ['one in a browser that the account knows', [inA, isNew], [isKnown]],
    ['so where only an alternative asks', [{ any: [inA, isNew] as ConditionSet[] }], [isKnown]],
    ['of no risk', [{ risk: { atLeast: 'high' } }], [{ ...isKnown, risk: { none: riskSignals } }]],
    ['a day after the first one', [lately], [isKnown, ...aDayAgo]],
    [
      'at the usual place, by every bound',
      [{ distance: { within: 100 } }, { distance: { notWithin: 20 } }],
      [{ ...isKnown, distance: { within: 20 } }],
    ],
  ])('%s', (_, rules, expected) => {
    expect(secondSignIn(rules)).toEqual(expected);
  });
});

describe('no account comes back', () => {
  test.each<[string, readonly Rule[], readonly string[]]>([
    ['where known browsers are denied', [deny('D', isKnown), letIn('rest')], ['D: all']],
    ['where all but new browsers are', [letIn('new', isNew), deny('D')], ['D: all']],
    ['where users are denied who signed in lately', [deny('D', lately), letIn('rest')], ['D: all']],
    [
      'where a sign-in like the ones before is',
      [deny('D', { risk: { none: riskSignals } }), letIn('rest')],
      ['D: all'],
    ],
    [
      'where two rules deny known browsers together',
      [deny('D', { ...isKnown, ...inOffice }), deny('E', isKnown), letIn('rest')],
      ['D: all', 'E: all'],
    ],
    ['of the users of a group', [deny('D', { ...inA, ...isKnown }), letIn('rest')], ['D: selected']],
    [
      'of the users outside a group, who are let in from the office',
      [letIn('office', { ...inA, ...inOffice }), deny('D', isKnown), letIn('rest')],
      ['D: some'],
    ],
  ])('%s', (_, rules, never) => {
    expect(found(rules)).toEqual({ never, undecided: [] });
  });
});

test.each<[string, readonly Rule[]]>([
  ['a pause of an hour between two sign-ins', [deny('D', { lastSignIn: { within: oneHour } }), letIn('rest')]],
  ['new browsers are denied', [deny('D', isNew), letIn('rest')]],
  ['a group is denied always', [deny('D', inA), letIn('known', isKnown), letIn('rest')]],
  ['known browsers are let in from the office', [letIn('office', inOffice), deny('D', isKnown), letIn('rest')]],
  ['risk is denied', [deny('D', { risk: { atLeast: 'high' } }), letIn('rest')]],
  ['the first sign-in is denied for the same', [deny('D', { distance: { within: 50 } }), letIn('rest')]],
])('accounts do come back, or never came: %s', (_, rules) => {
  expect(found(rules)).toEqual({ never: [], undecided: [] });
});

test.each<[string, readonly Rule[], readonly string[]]>([
  ['lets all users in', [letIn('rest')], ['D: all']],
  ['lets a group in', [letIn('a', inA), deny('rest')], ['D: all']],
  ['denies known browsers itself', [deny('known', isKnown), letIn('rest')], []],
  ['denies new browsers', [deny('new', isNew), letIn('rest')], []],
])('of an app, where the session policy %s', (_, session, never) => {
  expect(found([deny('D', isKnown), letIn('rest')], session)).toEqual({ never, undecided: [] });
});

const parts: readonly ConditionSet[] = [{}, isNew, isKnown, isKnown, lately, { lastSignIn: { notWithin: 7 * oneDay } }];
const more: readonly ConditionSet[] = [{}, {}, inOffice, { network: { none: ['office'] } }];
const groups: readonly ConditionSet[] = [{}, {}, inA, { groups: { none: ['a'] } }, { groups: { all: ['a', 'b'] } }];
const drawn = fc
  .record({
    ...{ part: fc.constantFrom(...parts), where: fc.constantFrom(...more), group: fc.constantFrom(...groups) },
    then: fc.constantFrom<Rule['then']>({ kind: 'deny' }, allow(factors(1))),
  })
  .map(({ part, where, group, then }) => ({ when: { ...part, ...where, ...group }, then }));
const knownIn = (when: ConditionSet) => ({ when: { ...isKnown, ...when }, then: { kind: 'deny' as const } });
const fromOffice = { when: { ...inA, ...inOffice }, then: allow(factors(1)) };
/** Some begin with rules that let only users of a group come back, or all others. */
const policies = fc
  .tuple(
    fc.constantFrom([], [knownIn(inA)], [fromOffice, knownIn({})]),
    fc.array(drawn, { minLength: 1, maxLength: 4 }),
  )
  .map(([some, others]) => [...some, ...others]);

const users = [[], ['a'], ['b'], ['a', 'b']];

test('the rules that keep some user from coming back are found, and no others', () => {
  const seen = { all: 0, selected: 0, some: 0, no: 0 };
  fc.assert(
    fc.property(policies, fc.option(policies, { nil: undefined }), (own, before) => {
      const [rules, session] = [own, before].map((all) =>
        all?.map((rule, at): Rule => ({ name: String(at), ...rule })),
      );
      if (rules === undefined || secondSignIn(rules.map(({ when }) => when)) === undefined) return;
      const [policy, sessionPolicy] = [rules, session].map((all) => all && compilePolicy({ name: 'p', rules: all }));
      if (policy === undefined) return;
      const decidingOn = (group: readonly string[], isSecond: boolean) =>
        networks.flatMap((network) => {
          const facts = factsFor(group, network, isSecond);
          if (sessionPolicy && findRule(sessionPolicy, facts).rule?.then.kind !== 'allow') return [];
          return findRule(policy, facts).rule ?? [];
        });
      const isOpen = (group: readonly string[], isSecond: boolean) =>
        decidingOn(group, isSecond).some(({ then }) => then.kind === 'allow');
      const expected = rules
        .filter(({ then }) => then.kind === 'deny')
        .flatMap((rule) => {
          const denied = users.filter((group) => decidingOn(group, true).includes(rule));
          if (!denied.some((group) => !isOpen(group, true) && isOpen(group, false))) return [];
          if (!users.some((group) => isOpen(group, true))) return [`${rule.name}: all`];
          return [`${rule.name}: ${denied.some((group) => isOpen(group, true)) ? 'some' : 'selected'}`];
        });
      expect(found(rules, session)).toEqual({ never: expected, undecided: [] });
      for (const { rule, facts } of search(rules, session).never) {
        const { groups: group } = facts.subject;
        expect([findRule(policy, facts).rule, facts.device.known]).toEqual([rule, true]);
        expect([isOpen(group, true), isOpen(group, false)]).toEqual([false, true]);
      }
      for (const one of expected) seen[one.slice(3) as 'all'] += 1;
      seen.no += Number(expected.length === 0);
    }),
    seeded(1500),
  );
  expect(seen.all).toBeGreaterThan(enough(20));
  expect(seen.selected).toBeGreaterThan(enough(2));
  expect(seen.some).toBeGreaterThan(enough(3));
  expect(seen.no).toBeGreaterThan(enough(100));
});

/** The first sign-in of an account, or one with the same browser a day later. */
function factsFor(group: readonly string[], network: (typeof networks)[number], isSecond: boolean): UserFacts {
  const facts = factsOf({ network });
  return {
    ...facts,
    ...(isSecond && { lastSignIn: facts.now - oneDay }),
    ...{ device: { ...facts.device, known: isSecond }, subject: userWith([], { groups: group }) },
  };
}
