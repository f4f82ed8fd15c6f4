/** What changed enrollment terms come to, one reason after the other. */
import { describe, expect, test } from '@jest/globals';
import { changedAfterSignIn, laxerEnrollments } from '../../src/core/analysis/laxer-enrollment.ts';
import { ruleSpace } from '../../src/core/analysis/rule-space.ts';
import type { Conditions } from '../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms, RequiredEnrollment } from '../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../src/core/policy/compile.ts';
import { plainTime } from '../../src/core/policy/theory.ts';
import { allow, factors, type Key, policiesOf } from './support/fixtures.ts';
import { universe } from './support/universe.ts';

interface Side {
  /** Absent: there is no enrollment policy. */
  readonly enrollment?: readonly EnrollmentRule[];
  readonly app?: readonly Rule[];
  readonly enabled?: readonly Key[];
}

const rule = (terms: Partial<EnrollmentTerms>, when: Conditions = {}): EnrollmentRule => {
  return { name: 'rule', when, then: { required: [], optional: [], promoted: [], disabled: [], ...terms } };
};
const appRule = (when: Conditions = {}, count: 1 | 2 = 1): Rule => ({ name: 'app', when, then: allow(factors(count)) });

function setOf({ enrollment, app = [appRule()], enabled = ['password', 'totp', 'webauthn'] }: Side): PolicySet {
  return {
    ...policiesOf({ app: { name: 'app', rules: app }, enabled }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
}

function search(before: Side, now: Side) {
  const whens = [before, now].flatMap(({ enrollment = [], app = [] }) =>
    [...enrollment, ...app].map(({ when }) => when),
  );
  return laxerEnrollments({ live: setOf(before), next: setOf(now) }, ruleSpace(whens, universe()));
}

const needs = (...anyOf: readonly string[]): RequiredEnrollment => ({ anyOf });
const many = (count: number, ...anyOf: readonly string[]): RequiredEnrollment => ({ anyOf, count });
const skipping = (skips: number): RequiredEnrollment => ({ anyOf: ['totp'], grace: { skips } });
const until = (time: number): RequiredEnrollment => ({ anyOf: ['totp'], grace: { until: plainTime + time } });
const names = (count: number) => Array.from({ length: count }, (_, at) => `other ${at}`);

function verdict(before: Partial<EnrollmentTerms>, now: Partial<EnrollmentTerms>) {
  // A rule that is written otherwise in any case.
  const { found, undecided } = search(
    { enrollment: [rule(before)] },
    { enrollment: [rule({ ...now, optional: ['totp'] })] },
  );
  expect(found.length + undecided.length).toBeLessThan(2);
  return found.length > 0 ? 'laxer' : undecided.length > 0 ? 'undecided' : 'as strict';
}

type Required = readonly RequiredEnrollment[];

test.each<[string, Required, Required, ReturnType<typeof verdict>]>([
  ['the same', [needs('totp')], [needs('totp')], 'as strict'],
  ['more', [needs('totp')], [needs('webauthn'), needs('totp')], 'as strict'],
  ['one of fewer', [needs('totp', 'webauthn')], [needs('totp')], 'as strict'],
  ['one of more', [needs('totp')], [needs('totp', 'webauthn')], 'laxer'],
  ['nothing', [needs('totp')], [], 'laxer'],
  ['as many', [many(2, 'totp')], [many(2, 'totp')], 'as strict'],
  ['more of them', [many(2, 'totp')], [many(3, 'totp')], 'as strict'],
  ['fewer of them', [many(2, 'totp')], [needs('totp')], 'laxer'],
  ['fewer of them, which is still several', [many(3, 'totp')], [many(2, 'totp')], 'laxer'],
  ['each of them', [many(2, 'totp', 'webauthn')], [needs('totp'), needs('webauthn')], 'as strict'],
  [
    'what one enrollment may be twice',
    [many(2, 'totp', 'webauthn')],
    [needs('totp'), needs('webauthn', 'totp')],
    'laxer',
  ],
  [
    'one of them, and it may be another',
    [needs('totp', 'webauthn')],
    [needs('totp'), needs('totp', 'webauthn')],
    'as strict',
  ],
  ['as many skips', [skipping(2)], [skipping(2)], 'as strict'],
  ['fewer skips', [skipping(2)], [skipping(1)], 'as strict'],
  ['more skips', [skipping(2)], [skipping(3)], 'undecided'],
  ['no skips', [skipping(2)], [needs('totp')], 'as strict'],
  ['skips', [needs('totp')], [skipping(2)], 'laxer'],
  ['the same day', [until(60)], [until(60)], 'as strict'],
  ['a sooner day', [until(60)], [until(30)], 'as strict'],
  ['a later day', [until(60)], [until(90)], 'undecided'],
  ['a day instead of one that is over', [until(-60)], [until(60)], 'laxer'],
  ['a day', [needs('totp')], [until(60)], 'laxer'],
  ['a day instead of skips', [skipping(2)], [until(60)], 'undecided'],
  ['skips instead of a day', [until(60)], [skipping(2)], 'undecided'],
  ['each of eight', [many(8, ...names(8))], names(8).map((name) => needs(name)), 'as strict'],
  [
    'each of so many that they are not looked at together',
    [many(9, ...names(9))],
    names(9).map((name) => needs(name)),
    'undecided',
  ],
])('to require %s', (_, before, now, expected) => {
  expect(verdict({ required: before }, { required: now })).toBe(expected);
});

const model = (...webauthn: readonly string[]): Partial<EnrollmentTerms> => ({ models: { webauthn } });

test.each<[string, Partial<EnrollmentTerms>, Partial<EnrollmentTerms>, ReturnType<typeof verdict>]>([
  ['what is for use only stays so', { useOnly: ['totp'] }, { useOnly: ['totp'] }, 'as strict'],
  ['what is for use only is disabled', { useOnly: ['totp'] }, { disabled: ['totp'] }, 'as strict'],
  ['what is for use only may be set up', { useOnly: ['totp'] }, {}, 'undecided'],
  ['the models stay', model('a', 'b'), model('b', 'a'), 'as strict'],
  ['there are fewer models', model('a', 'b'), model('a'), 'as strict'],
  ['there are more models', model('a'), model('a', 'b'), 'undecided'],
  ['all models may be set up', model('a'), {}, 'undecided'],
  ['all models of one may be set up', { models: { webauthn: ['a'], totp: ['b'] } }, model('a'), 'undecided'],
])('%s', (_, before, now, expected) => {
  expect(verdict(before, now)).toBe(expected);
});

describe('the example', () => {
  const totp = [rule({ required: [needs('totp')] })];
  const nothing = [rule({})];
  const ofA: Conditions = { groups: { any: ['a'] } };

  test('is of a policy that was not there, or is not there any more', () => {
    expect(search({ enrollment: totp }, {}).found).toMatchObject([
      { proved: ['password'], enrolled: ['password'], step: { before: { kind: 'enroll' }, now: { kind: 'allowed' } } },
    ]);
    expect(search({}, { enrollment: totp })).toEqual({ found: [], undecided: [] });
  });

  test('has the first two proofs that are enough', () => {
    const sides = { app: [appRule({}, 2)], enrollment: nothing };
    const before = { ...sides, enrollment: [rule({ required: [needs('webauthn')] })] };
    expect(search(before, sides).found).toMatchObject([{ proved: ['password', 'totp'] }]);
  });

  test('has each as often as it takes', () => {
    const required = (count: number) => [rule({ required: [many(count, 'totp'), many(count, 'webauthn')] })];
    const [found] = search({ enrollment: required(3) }, { enrollment: required(2) }).found;
    expect(found?.proved).toEqual(['totp', 'webauthn']);
    expect(found?.enrolled.toSorted()).toEqual(['totp', 'totp', 'webauthn', 'webauthn']);
  });

  test('has nothing more often than a user can', () => {
    const required = (count: number) => [rule({ required: [many(count, 'security_question')] })];
    const enabled = ['password', 'security_question'] as const;
    const sides = [3, 2].map((count) => ({ enabled, enrollment: required(count) }));
    const [before = {}, now = {}] = sides;
    const { found, undecided } = search(before, now);
    expect([found.length, undecided.length]).toEqual([0, 1]);
  });

  test('has no proof by what is new: that is told of otherwise', () => {
    const before = { enrollment: totp, enabled: ['password', 'totp'] as const };
    const { found, undecided } = search(before, { enrollment: [rule({ required: [needs('webauthn')] })] });
    expect([found.length, undecided.length]).toEqual([0, 1]);
  });

  test('is the first of several for the same rules', () => {
    const app = [appRule(ofA), appRule()];
    const { found, undecided } = search({ app, enrollment: totp }, { app, enrollment: nothing });
    expect(found.map(({ facts }) => facts.subject.groups)).toEqual([['a']]);
    expect(undecided).toEqual([]);
  });

  test('is of rules that decide together', () => {
    const app = [appRule(ofA), appRule()];
    const before = [rule({ required: [needs('totp')] }, ofA), rule({})];
    const now = [rule({ optional: ['totp'] }, ofA), rule({})];
    const { found, undecided } = search({ app, enrollment: before }, { app, enrollment: now });
    expect(found.map((one) => [one.before.enrollment, one.now.enrollment])).toEqual([[before[0], now[0]]]);
    expect(undecided).toEqual([]);
  });

  test('is of users whom some rule of the app lets in', () => {
    const app: readonly Rule[] = [
      appRule({ groups: { none: ['a'] } }),
      { name: 'rest', when: {}, then: { kind: 'deny' } },
    ];
    const before = [rule({ required: [needs('totp')] }, ofA), rule({})];
    const now = [rule({ optional: ['totp'] }, ofA), rule({})];
    expect(search({ app, enrollment: before }, { app, enrollment: now })).toEqual({ found: [], undecided: [] });
  });

  test('is one that is known: without any it is undecided', () => {
    const unknown = appRule({ attributes: { nick: { equals: 'a*' } } });
    const denying: Rule = { name: 'rest', when: {}, then: { kind: 'deny' } };
    const alone = search(
      { app: [unknown, denying], enrollment: totp },
      { app: [unknown, denying], enrollment: nothing },
    );
    expect([alone.found.length, alone.undecided.length]).toEqual([0, 1]);
    const app = [unknown, appRule()];
    const { found, undecided } = search({ app, enrollment: totp }, { app, enrollment: nothing });
    expect([found.length, undecided.length]).toEqual([1, 0]);
  });
});

describe('rules that ask how the user signed in are not compared', () => {
  const how: Conditions = { authenticated: { any: ['password'] } };
  const staff: Conditions = { groups: { any: ['staff'] } };
  const byPassword = rule({ required: [needs('webauthn')] }, how);
  const other = rule({}, staff);
  type Rules = readonly EnrollmentRule[];
  test.each<[string, Rules, Rules, Rules]>([
    ['one that is new', [other], [byPassword, other], [byPassword]],
    ['one that is gone', [byPassword, other], [other], [byPassword]],
    ['one that asks for less', [byPassword], [rule({}, how)], [rule({}, how)]],
    [
      'one about fewer users',
      [byPassword],
      [rule(byPassword.then, { ...how, ...staff })],
      [rule(byPassword.then, { ...how, ...staff })],
    ],
    ['one below another rule than before', [byPassword, other], [other, byPassword], [byPassword]],
    ['not one that is called otherwise', [byPassword], [{ ...byPassword, name: 'Now' }], []],
    ['not one above rules that differ', [byPassword, other], [byPassword], []],
    ['none', [other], [], []],
  ])('%s', (_, live, next, expected) => {
    expect(changedAfterSignIn({ live: setOf({ enrollment: live }), next: setOf({ enrollment: next }) })).toEqual(
      expected,
    );
  });
});
