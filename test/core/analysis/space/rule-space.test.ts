/** Conditions as formulas over common variables, and facts for their classes. */
import { expect, test } from '@jest/globals';
import { decidingFormulas } from '../../../../src/core/analysis/space/deciding-formulas.ts';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type {
  AttributeTest,
  CompiledExpression,
  Conditions,
  DateBound,
} from '../../../../src/core/model/conditions.ts';
import { compileConditions } from '../../../../src/core/policy/rules/condition-table.ts';
import { plainTime, type Universe } from '../../../../src/core/policy/theories/theory.ts';
import { universe } from '../../support/universe.ts';

const inA: Conditions = { groups: { any: ['a'] } };
const outside: Conditions = { network: { any: ['out'] } };
const zones = universe({
  places: [
    { ip: '192.0.2.1', zones: [] },
    { ip: '192.0.2.2', zones: ['out'] },
  ],
});

/** Facts to which all of these apply. */
function factsFor(rules: readonly Conditions[], within: Universe = zones) {
  const space = ruleSpace(rules, within);
  const found = findModel([...space.always, ...rules.map(space.applies)], newBudget());
  return typeof found === 'string' ? found : space.factsOf(found.model);
}

test('facts that no condition asks for are plain', () => {
  expect(factsFor([{}])).toEqual({
    now: plainTime,
    network: { ip: '192.0.2.1', zones: [] },
    request: { clientId: 'notes', scopes: ['openid'], acrValues: [], acrEssential: false, promptLogin: false },
    device: { known: false, platform: 'desktop', os: 'windows' },
    subject: { id: 'example', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] },
    evidence: [],
    signedInWith: [],
  });
  expect(factsFor([{}], universe({ places: [], clientIds: [] }))).toMatchObject({
    network: { ip: '', zones: [] },
    request: { clientId: '' },
  });
});

test('no facts are of a time before the first of the universe, and the windows that are open stay so', () => {
  const monday: Conditions = { time: { days: [1], from: 540, to: 1020, zone: 'Europe/Vienna' } };
  const summer: Conditions = { time: { days: [1], from: 7 * 60, to: 8 * 60, zone: 'UTC' } };
  const notBefore = Date.parse('2031-01-02T00:00:00Z') / 1000;
  const later = { ...zones, notBefore, skipped: { totp: { grace: { count: 2, at: 0 } } } };
  expect(factsFor([{}], later)).toMatchObject({ now: notBefore, subject: { skipped: later.skipped } });
  expect(factsFor([{}], { ...later, notBefore: plainTime - 1 })).toMatchObject({ now: plainTime });
  const found = factsFor([monday, summer], later);
  // Nine in Vienna is seven in summer.
  expect(new Date(typeof found === 'string' ? 0 : found.now * 1000).toISOString()).toMatch(/^2031-(0[3-9]|10)-.*T07:/);
});

test('facts are what all conditions ask for', () => {
  expect(factsFor([inA, { ...outside, device: { known: true } }])).toMatchObject({
    subject: { groups: ['a'] },
    network: { ip: '192.0.2.2', zones: ['out'] },
    device: { known: true },
  });
  expect(factsFor([inA, { groups: { none: ['a'] } }])).toBe('impossible');
});

test('one of the alternatives holds, together with all other conditions', () => {
  const either: Conditions = { ...outside, any: [inA, { groups: { any: ['b'] }, device: { known: true } }] };
  expect(factsFor([either])).toMatchObject({ subject: { groups: ['a'] }, network: { zones: ['out'] } });
  expect(factsFor([either, { groups: { none: ['a'] } }])).toMatchObject({
    subject: { groups: ['b'] },
    network: { zones: ['out'] },
    device: { known: true },
  });
});

test('the parts of conditions say which they are of', () => {
  const { parts } = ruleSpace([{ ...outside, groups: { any: ['a'], none: ['b'] }, any: [inA] }], zones);
  expect(
    parts({ ...outside, groups: { any: ['a'], none: ['b'] }, any: [inA] }).map(({ condition, path }) => [
      condition,
      ...path,
    ]),
  ).toEqual([['groups', 'any'], ['groups', 'none'], ['network', 'any'], ['any']]);
  expect(parts({})).toEqual([]);
});

test('what excludes one another always is left out of every question', () => {
  // What strangers try never counts against a browser that the account knows.
  const failures: Conditions = { risk: { any: ['recentFailures'] }, device: { known: true } };
  expect(factsFor([failures])).toBe('impossible');
  const space = ruleSpace([failures], zones);
  expect(findModel(decidingFormulas({ name: 'failures', when: failures }, [], space), newBudget())).toBe('impossible');
  // A day cannot be both before and after the same moment, whenever that is.
  const ends = (attributeTest: AttributeTest): Conditions => ({ attributes: { ends: attributeTest } });
  const soon: DateBound = { written: '30d', fromNow: 30 * 86_400 };
  const past: DateBound = { written: '-30d', fromNow: -30 * 86_400 };
  const fixed: DateBound = { written: '2027-02-01', from: plainTime + 16 * 86_400, to: plainTime + 17 * 86_400 };
  expect(factsFor([ends({ before: past }), ends({ after: soon })])).toBe('impossible');
  expect(factsFor([ends({ before: past }), ends({ after: fixed })])).not.toBe('impossible');
});

/** Each is placed by the time, or moves it. */
const byTime: readonly Conditions[] = [
  { accountAge: { atLeast: 86_400, below: 2 * 86_400 } },
  { time: { days: [0], from: 600, to: 660, zone: 'UTC' } },
  { expression: onceFrom(plainTime + 100 * 86_400) },
  { attributes: { ends: { after: { written: '1d', fromNow: 86_400 } } } },
];

/** Holds from this moment on. */
function onceFrom(from: number): CompiledExpression {
  const evaluate: CompiledExpression['evaluate'] = ({ now }) => (now >= from ? 'hit' : 'miss');
  return { written: `now >= ${from}`, aboutUser: false, varies: true, logic: { from }, evaluate };
}

/** An expression of which it is not known whether it holds, or fails. */
function unknown(written: string): CompiledExpression {
  return { written, aboutUser: false, varies: true, logic: { text: written }, evaluate: () => 'error' };
}

const inB: Conditions = { groups: { any: ['b'] } };
const one = { expression: unknown('one') };

test.each<[string, Conditions, Conditions, Conditions]>([
  ['alternatives fail only where none of them holds', { any: [one, inA] }, { groups: { none: ['a'] } }, inA],
  ['an alternative fails only where all else in it holds', { any: [{ ...one, ...inA }, inB] }, inA, inB],
  ['conditions fail only where all others hold', { ...one, ...inA }, inA, { groups: { none: ['a'] } }],
  ['conditions and alternatives', { ...inB, any: [one, inA] }, inB, { groups: { all: ['a', 'b'] } }],
])('%s', (_, when, where, elsewhere) => {
  const space = ruleSpace([when, where, elsewhere], universe());
  const fails = space.fails(when);
  if (fails === undefined) throw new Error('it cannot fail');
  const found = (asked: Conditions) => typeof findModel([fails, space.applies(asked)], newBudget());
  expect([found(where), found(elsewhere)]).toEqual(['object', 'string']);
});

test('what reads nothing that may be absent cannot fail', () => {
  const either: Conditions = { any: [inA, { ...inB, ...outside }] };
  expect(ruleSpace([either], zones).fails(either)).toBeUndefined();
});

/** A day that is over, and more than a month away: long before that day. */
const longAgo: readonly Conditions[] = [
  { attributes: { ends: { before: { written: '2027-02-01', from: plainTime, to: plainTime + 86_400 } } } },
  { attributes: { ends: { after: { written: '30d', fromNow: 30 * 86_400 } } } },
];

test.each([
  ['as they are written', byTime],
  ['the other way round', byTime.toReversed()],
  ['where it says when that is', longAgo],
])('what counts from the time is placed after it: %s', (_, conditions) => {
  const facts = factsFor(conditions);
  if (typeof facts === 'string') throw new Error(facts);
  for (const when of conditions)
    for (const { test: holds } of compileConditions(when))
      expect([Object.keys(when), holds(facts)]).toEqual([Object.keys(when), 'hit']);
});

test('a rule decides where it applies, and no rule before it does', () => {
  const rules = [inA, outside].map((when, at) => ({ name: `rule ${at}`, when }));
  const space = ruleSpace([inA, outside, {}], zones);
  const found = findModel(decidingFormulas({ name: 'rest', when: {} }, rules, space), newBudget());
  const facts = typeof found === 'string' ? undefined : space.factsOf(found.model);
  expect(facts).toMatchObject({ subject: { groups: [] }, network: { zones: [] } });
  const again = decidingFormulas({ name: 'again', when: inA }, rules, space);
  expect(findModel(again, newBudget())).toBe('impossible');
});
