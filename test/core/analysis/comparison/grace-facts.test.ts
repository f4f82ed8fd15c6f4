/** When a user whose grace is over signs in, for grace that ends on a day or after skips. */
import { describe, expect, test } from '@jest/globals';
import { factsOnceOver } from '../../../../src/core/analysis/comparison/grace-facts.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay, oneWeek } from '../../../../src/core/model/durations.ts';
import type { EnrollmentRule, Grace, RequiredEnrollment } from '../../../../src/core/model/enrollment-policy.ts';
import type { Policy } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, enrollmentTerms, factors, factsOf, fixedNow, policiesOf, userWith } from '../../support/fixtures.ts';

const facts: UserFacts = { ...factsOf(), subject: userWith(['password']) };
const needs = (grace: Grace | undefined, ...anyOf: readonly string[]): RequiredEnrollment => {
  return { anyOf: anyOf.length > 0 ? anyOf : ['totp'], ...(grace && { grace }) };
};
const ruleOf = (required: readonly RequiredEnrollment[], when: Conditions = {}): EnrollmentRule => {
  return { name: 'rule', when, then: enrollmentTerms({ required }) };
};

interface Sides {
  readonly active: PolicySet;
  readonly next: PolicySet;
  readonly since?: number;
}

const sides: Sides = { active: policiesOf(), next: policiesOf() };

/** Without a rule: none decides. */
function once(
  before: readonly RequiredEnrollment[] | undefined,
  now: readonly RequiredEnrollment[] | undefined,
  more: Partial<Sides> & { readonly facts?: UserFacts } = {},
): readonly UserFacts[] {
  const rules = { before: before && ruleOf(before), now: now && ruleOf(now) };
  const { facts: some = facts, ...others } = more;
  return factsOnceOver(some, rules, { ...sides, ...others });
}

describe('grace until a day is over', () => {
  const timesOf = (...args: Parameters<typeof once>) => once(...args).map(({ now }) => now - fixedNow);
  const until = (time: number) => needs({ until: fixedNow + time });

  test.each<[string, readonly RequiredEnrollment[] | undefined, readonly RequiredEnrollment[] | undefined, number[]]>([
    ['never, where there is none', [needs(undefined)], [needs(undefined)], [0]],
    ['never, where no rule decides', undefined, undefined, [0]],
    ['at the same hour of the week, and on that day', [until(3 * oneDay)], [], [0, oneWeek, 3 * oneDay]],
    ['on that day, where it is a week from now', [until(oneWeek)], [], [0, oneWeek]],
    ['so where it begins now', [], [until(10 * oneDay)], [0, 2 * oneWeek, 10 * oneDay]],
    ['so where only one rule decides', undefined, [until(10 * oneDay)], [0, 2 * oneWeek, 10 * oneDay]],
    ['for either', [until(oneWeek)], [until(3 * oneWeek)], [0, oneWeek, 3 * oneWeek]],
    ['already', [until(-10 * oneDay)], [], [0, -oneWeek, -10 * oneDay]],
    ['on each day once', [until(oneWeek), until(oneWeek)], [until(oneWeek)], [0, oneWeek]],
  ])('%s', (_, before, now, expected) => {
    expect(timesOf(before, now)).toEqual(expected);
  });

  test('from the beginning of time, or from when sign-ins are compared', () => {
    const first = [needs({ until: 0 })];
    expect(once(first, []).map(({ now }) => now)).toContain(0);
    expect(timesOf([until(-10 * oneDay)], [], { since: fixedNow - oneWeek })).toEqual([0, -oneWeek]);
    expect(timesOf([until(-10 * oneDay)], [], { since: fixedNow - oneWeek + 1 })).toEqual([0]);
  });

  /** Rules of which the first decides in the hour of the week that it is now. */
  const hour = new Date(fixedNow * 1000).getUTCHours();
  const thisHour: Conditions = {
    time: { days: [new Date(fixedNow * 1000).getUTCDay()], from: hour * 60, to: (hour + 1) * 60, zone: 'UTC' },
  };
  const policy = (name: string): Policy => ({
    name,
    rules: [thisHour, {}].map((when, at) => ({ name: String(at), when, then: allow(factors(1)) })),
  });
  const timed: readonly [string, PolicySet][] = [
    ['session policy', policiesOf({ session: policy('session') })],
    ['policy of the app', policiesOf({ app: policy('app') })],
    [
      'enrollment policy',
      {
        ...policiesOf(),
        enrollment: compilePolicy({ name: 'enrollment', rules: [ruleOf([], thisHour), ruleOf([])] }),
      },
    ],
  ];

  test.each(timed)('when the same rules of the %s decide', (_, policies) => {
    expect(timesOf([until(3 * oneDay)], [], { active: policies })).toEqual([0, oneWeek]);
    expect(timesOf([until(3 * oneDay)], [], { next: policies })).toEqual([0, oneWeek]);
  });
});

test('what happened before stays as long ago', () => {
  const [day, year] = [fixedNow - oneDay, fixedNow - 365 * oneDay];
  const subject = { ...facts.subject, createdAt: year, recovery: { at: day, by: ['email'] } };
  const some: UserFacts = { ...facts, lastSignIn: day, subject };
  const [, later] = once([needs({ until: fixedNow + oneWeek })], [], { facts: some });
  expect(later).toEqual({
    ...some,
    now: fixedNow + oneWeek,
    lastSignIn: day + oneWeek,
    subject: { ...subject, createdAt: year + oneWeek, recovery: { at: day + oneWeek, by: ['email'] } },
  });
  const [, plain] = once([needs({ until: fixedNow + oneWeek })], []);
  expect(plain).toStrictEqual({ ...facts, now: fixedNow + oneWeek });
});

describe('grace of some skips is over', () => {
  const skipped = (counts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, { grace: { count, at: fixedNow } }]));
  const usersOf = (...before: readonly RequiredEnrollment[]) => once(before, []).map(({ subject }) => subject.skipped);

  test.each<[string, readonly RequiredEnrollment[], Readonly<Record<string, number>>]>([
    ['after these', [needs({ skips: 3 })], { totp: 3 }],
    ['after these of each', [needs({ skips: 3 }, 'totp', 'webauthn')], { totp: 3, webauthn: 3 }],
    [
      'after the most that some requirement gives',
      [needs({ skips: 2 }, 'totp', 'webauthn'), needs({ skips: 5 }, 'totp'), needs(undefined, 'email')],
      { totp: 5, webauthn: 2 },
    ],
  ])('%s', (_, before, counts) => {
    expect(usersOf(...before)).toEqual([undefined, skipped(counts)]);
  });

  test('and that until a day for users who skipped, too', () => {
    const all = once([needs({ skips: 1 }), needs({ until: fixedNow + oneWeek }, 'webauthn')], []);
    expect(all.map(({ now, subject }) => [now - fixedNow, subject.skipped])).toEqual([
      [0, undefined],
      [0, skipped({ totp: 1 })],
      [oneWeek, undefined],
      [oneWeek, skipped({ totp: 1 })],
    ]);
  });

  test('only by skips that were given before', () => {
    expect(once([], [needs({ skips: 3 })])).toEqual([facts]);
  });
});
