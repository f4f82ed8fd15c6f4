/** What changed enrollment terms come to, one reason after the other. */
import { describe, expect, test } from '@jest/globals';
import type { PolicySides } from '../../../../src/core/analysis/comparison/deciding-together.ts';
import { type LaxerEnrollment, laxerEnrollments } from '../../../../src/core/analysis/comparison/laxer-enrollment.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { proofNames } from '../../../../src/core/evidence/proof-names.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type {
  EnrollmentRule,
  EnrollmentTerms,
  RequiredEnrollment,
} from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { plainTime } from '../../../../src/core/policy/theories/theory.ts';
import { allow, descriptor, enrollmentTerms, factors, type Key, policiesOf } from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

interface Side {
  /** Absent: there is no enrollment policy. */
  readonly enrollment?: readonly EnrollmentRule[];
  readonly app?: readonly Rule[];
  readonly enabled?: readonly Key[];
}

const rule = (terms: Partial<EnrollmentTerms>, when: Conditions = {}): EnrollmentRule => {
  return { name: 'rule', when, then: enrollmentTerms(terms) };
};
const appRule = (when: Conditions = {}, count: 1 | 2 = 1): Rule => ({ name: 'app', when, then: allow(factors(count)) });

function setOf({ enrollment, app = [appRule()], enabled = ['password', 'totp', 'webauthn'] }: Side): PolicySet {
  return {
    ...policiesOf({ app: { name: 'app', rules: app }, enabled }),
    ...(enrollment && { enrollment: compilePolicy({ name: 'enrollment', rules: enrollment }) }),
  };
}

function search(before: Side, now: Side, more: Pick<PolicySides, 'refused'> = {}) {
  const whens = [before, now].flatMap(({ enrollment = [], app = [] }) =>
    [...enrollment, ...app].map(({ when }) => when),
  );
  return laxerEnrollments({ active: setOf(before), next: setOf(now), ...more }, ruleSpace(whens, universe()));
}

/** The proofs of an example, by their plainest names. */
function proved({ proofs }: LaxerEnrollment): readonly string[] {
  return proofs.evidence.map((item) => proofNames(item).at(-1) ?? '');
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
  ['more skips', [skipping(2)], [skipping(3)], 'laxer'],
  ['no skips', [skipping(2)], [needs('totp')], 'as strict'],
  ['skips', [needs('totp')], [skipping(2)], 'laxer'],
  ['the same day', [until(60)], [until(60)], 'as strict'],
  ['a sooner day', [until(60)], [until(30)], 'as strict'],
  ['a later day', [until(60)], [until(90)], 'laxer'],
  ['a later day of two that are over', [until(-90)], [until(-60)], 'laxer'],
  ['a day instead of one that is over', [until(-60)], [until(60)], 'laxer'],
  ['a day', [needs('totp')], [until(60)], 'laxer'],
  ['a day instead of skips', [skipping(2)], [until(60)], 'laxer'],
  ['skips instead of a day', [until(60)], [skipping(2)], 'laxer'],
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

test('what counts again for what is required lets users on who have it', () => {
  const required = [needs('webauthn', 'totp')];
  const { found } = search(
    { enrollment: [rule({ required, disabled: ['totp'] })] },
    { enrollment: [rule({ required, disabled: [] })] },
  );
  expect(found).toMatchObject([
    { proofs: { enrolled: expect.arrayContaining(['totp']) }, step: { now: { kind: 'allowed' } } },
  ]);
  expect(
    search({ enrollment: [rule({ required })] }, { enrollment: [rule({ required, disabled: ['totp'] })] }),
  ).toEqual({
    found: [],
    undecided: [],
  });
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

/** Terms that ask for less than others, or why none do; a member that is left out does not compile. */
const laxerTerms: {
  readonly [Name in keyof EnrollmentTerms]-?:
    | readonly [before: NonNullable<EnrollmentTerms[Name]>, now: NonNullable<EnrollmentTerms[Name]>]
    | 'asks for nothing'
    | 'the comparison of evidence tells';
} = {
  required: [[needs('totp')], []],
  optional: 'asks for nothing',
  promoted: 'asks for nothing',
  disabled: 'the comparison of evidence tells',
  useOnly: [['totp'], []],
  models: [{ webauthn: ['a'] }, { webauthn: ['a', 'b'] }],
};

test.each(Object.entries(laxerTerms))('%s: less than before is told, more is not', (name, values) => {
  const [before, now] = typeof values === 'string' ? [['totp'], []] : values;
  const told = verdict({ [name]: before }, { [name]: now });
  expect(told === 'as strict').toBe(typeof values === 'string');
  expect(verdict({ [name]: now }, { [name]: before })).toBe('as strict');
});

describe('the example', () => {
  const totp = [rule({ required: [needs('totp')] })];
  const nothing = [rule({})];
  const ofA: Conditions = { groups: { any: ['a'] } };

  test('is found if the enrollment policy is new or was removed', () => {
    expect(search({ enrollment: totp }, {}).found).toMatchObject([
      { proofs: { enrolled: ['password'] }, step: { before: { kind: 'enroll' }, now: { kind: 'allowed' } } },
    ]);
    expect(search({}, { enrollment: totp })).toEqual({ found: [], undecided: [] });
  });

  test('has the first two proofs that are enough', () => {
    const sides = { app: [appRule({}, 2)], enrollment: nothing };
    const before = { ...sides, enrollment: [rule({ required: [needs('webauthn')] })] };
    expect(search(before, sides).found.map(proved)).toEqual([['password', 'totp']]);
  });

  test('has each as often as it takes', () => {
    const required = (count: number) => [rule({ required: [many(count, 'totp'), many(count, 'webauthn')] })];
    const [found] = search({ enrollment: required(3) }, { enrollment: required(2) }).found;
    expect(found && proved(found)).toEqual(['totp', 'webauthn']);
    expect(found?.proofs.enrolled.toSorted()).toEqual(['totp', 'totp', 'webauthn', 'webauthn']);
  });

  test('has nothing more often than a user can', () => {
    const required = (count: number) => [rule({ required: [many(count, 'security_question')] })];
    const enabled = ['password', 'security_question'] as const;
    const sides = [3, 2].map((count) => ({ enabled, enrollment: required(count) }));
    const [before = {}, now = {}] = sides;
    const { found, undecided } = search(before, now);
    expect([found.length, undecided.length]).toEqual([0, 1]);
  });

  test('has no proof by the new authenticator, which is reported elsewhere, but may have it enrolled', () => {
    const before = { enrollment: totp, enabled: ['password', 'totp'] as const };
    const { found } = search(before, { enrollment: [rule({ required: [needs('webauthn')] })] });
    expect(found.map(proved)).toEqual([['password']]);
    expect(found).toMatchObject([{ proofs: { remembered: [], enrolled: ['password', 'webauthn'] } }]);
  });

  test('names no method if several count in the same way', () => {
    const enabled = ['phone', 'totp'] as const;
    const { found } = search({ enabled, enrollment: totp }, { enabled, enrollment: nothing });
    expect(found.map(proved)).toEqual([['phone']]);
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
    expect(found.map((enrollment) => [enrollment.before.enrollment, enrollment.now.enrollment])).toEqual([
      [before[0], now[0]],
    ]);
    expect(undecided).toEqual([]);
  });

  test('comes with all rules that decide', () => {
    const [app, now] = [[appRule()], [rule({ optional: ['totp'] })]];
    const [found] = search({ app, enrollment: totp }, { app, enrollment: now }).found;
    expect(found?.before).toMatchObject({ session: { name: expect.any(String) }, app: app[0], enrollment: totp[0] });
    expect(found?.now).toMatchObject({ session: { name: expect.any(String) }, app: app[0], enrollment: now[0] });
  });

  test('asks for what the app could not ask for, by the same rules', () => {
    const enrollment = [rule({}, { scopes: { any: ['read'] } }), ...totp];
    const refusing = (then: readonly string[], now: readonly string[]) => ({
      refused: { active: { scopes: then, claims: [] }, next: { scopes: now, claims: [] } },
    });
    const { found, undecided } = search({ enrollment }, { enrollment }, refusing(['read'], []));
    expect(found.map(({ facts }) => facts.request.scopes)).toEqual([['openid', 'read']]);
    expect(found).toMatchObject([{ step: { before: { kind: 'enroll' }, now: { kind: 'allowed' } } }]);
    expect(undecided).toEqual([]);
    const none = { found: [], undecided: [] };
    expect(search({ enrollment }, { enrollment }, refusing(['read'], ['read']))).toEqual(none);
  });

  test('is of users that some rule of the app lets in', () => {
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
    expect(alone.found).toEqual([]);
    const deciding = { session: expect.anything(), app: unknown };
    expect(alone.undecided).toEqual([
      { before: { ...deciding, enrollment: totp[0] }, now: { ...deciding, enrollment: nothing[0] } },
    ]);
    const app = [unknown, appRule()];
    const { found, undecided } = search({ app, enrollment: totp }, { app, enrollment: nothing });
    expect([found.length, undecided.length]).toEqual([1, 0]);
  });
});

describe('rules that ask how the user signed in', () => {
  const by = (...any: readonly string[]): Conditions => ({ authenticated: { any } });
  const staff: Conditions = { groups: { any: ['staff'] } };
  const passkey = { required: [needs('webauthn')] };
  const byPassword = rule(passkey, by('password'));
  const rest = rule({});
  const other = rule({}, staff);
  type Rules = readonly EnrollmentRule[];
  type Outcome = 'as strict' | 'undecided' | string;

  /** The proofs of the example. */
  function outcomeOf(active: Side, next: Side): Outcome {
    const { found, undecided } = search(active, next);
    const [shown] = found;
    if (shown) return [...proved(shown), ...shown.proofs.remembered.map((name) => `(${name})`)].join(' and ');
    return undecided.length > 0 ? 'undecided' : 'as strict';
  }

  test.each<[string, Rules, Rules, Outcome]>([
    ['one that is new', [rest], [byPassword, rest], 'as strict'],
    ['one that is gone', [byPassword, rest], [rest], 'password'],
    ['one that asks for less', [byPassword, rest], [rule({}, by('password')), rest], 'password'],
    ['one that asks for more', [rule({}, by('password')), rest], [byPassword, rest], 'as strict'],
    ['one about fewer users', [byPassword, rest], [rule(passkey, { ...by('password'), ...staff }), rest], 'password'],
    ['one about more users', [rule(passkey, { ...by('password'), ...staff }), rest], [byPassword, rest], 'as strict'],
    ['one about more proofs', [byPassword, rest], [rule(passkey, by('password', 'totp')), rest], 'as strict'],
    ['one about fewer proofs', [rule(passkey, by('password', 'totp')), rest], [byPassword, rest], 'totp'],
    [
      'one about two proofs together',
      [byPassword, rest],
      [rule(passkey, { authenticated: { all: ['password', 'totp'] } }), rest],
      'password',
    ],
    ['one below another rule than before', [byPassword, other, rest], [other, byPassword, rest], 'password'],
    ['one that is called otherwise', [byPassword, rest], [{ ...byPassword, name: 'Now' }, rest], 'as strict'],
    [
      'one that decides the same',
      [byPassword, rest],
      [rule(passkey, by('password')), rule({}, by('totp')), rest],
      'as strict',
    ],
    [
      'one that takes what all others say',
      [rule(passkey)],
      [rule(passkey, by('password')), rule(passkey, by('totp')), rule({}, by('webauthn')), rule(passkey)],
      // A user who signs in with a passkey has one.
      'as strict',
    ],
    [
      'one that asks for two, of users who have one',
      [rule({ required: [many(2, 'webauthn')] })],
      [rule(passkey, by('webauthn')), rule({ required: [many(2, 'webauthn')] })],
      'webauthn',
    ],
  ])('%s', (_, active, next, expected) => {
    expect(outcomeOf({ enrollment: active }, { enrollment: next })).toBe(expected);
  });

  test('are compared for the ways to sign in that are enough', () => {
    const active = [rule(passkey, by('password')), rest];
    const next = [rule(passkey, { authenticated: { all: ['password', 'totp'] } }), rest];
    const two = { app: [{ ...appRule(), then: allow(factors(2)) }] };
    const enabled = ['password', 'totp'] as const;
    expect(outcomeOf({ ...two, enabled, enrollment: active }, { ...two, enabled, enrollment: next })).toBe('as strict');
    const remembering = { app: [{ ...appRule(), then: { ...allow(factors(2)), remember: 60 } }] };
    const sides = [active, next].map((enrollment) => ({ ...remembering, enabled, enrollment }));
    // After the password it is certain that the active rule asks for a passkey, and not that the next one does.
    expect(outcomeOf(sides[0] ?? {}, sides[1] ?? {})).toBe('password');
  });

  test('are compared with other proofs that rules do not name, by the method that a browser remembers', () => {
    const [active, next] = [[byPassword, rest], [rest]];
    const two = { app: [{ ...appRule(), then: allow(factors(2)) }], enabled: ['password', 'totp'] as const };
    expect(outcomeOf({ ...two, enrollment: active }, { ...two, enrollment: next })).toBe('password');
    const voice = [{ ...appRule(), then: { ...allow(factors(2)), remember: 60 } }];
    const remembering = { app: voice, enabled: ['password', 'phone'] as const };
    const phone = rule(passkey, { authenticated: { any: ['password', 'phone'] } });
    expect(
      outcomeOf(
        { ...remembering, enrollment: [phone, rest] },
        { ...remembering, enrollment: [rule(passkey, by('phone')), rest] },
      ),
    ).toBe('password');
  });

  test('distinguish methods when a rule names one', () => {
    const enabled = ['password', 'phone', 'webauthn'] as const;
    const phone = [rule(passkey, by('phone')), rest];
    const voice = [rule(passkey, by('phone.voice')), rest];
    const all = [rule(passkey, by('phone.voice', 'phone.sms')), rest];
    expect(outcomeOf({ enabled, enrollment: phone }, { enabled, enrollment: voice })).toBe('phone.sms');
    expect(outcomeOf({ enabled, enrollment: voice }, { enabled, enrollment: phone })).toBe('as strict');
    expect(outcomeOf({ enabled, enrollment: phone }, { enabled, enrollment: all })).toBe('as strict');
  });

  test('see what did not count before, and proofs of the same age count for both', () => {
    const enrollment = [rule({}, by('totp')), rule(passkey)];
    const off = { enabled: ['password', 'webauthn'] as const, enrollment };
    expect(outcomeOf(off, { enrollment })).toBe('totp');
    expect(outcomeOf({ enrollment }, off)).toBe('as strict');
  });

  test('are undecided where they name more proofs than are looked at together, unless they ask for as much', () => {
    const others = Array.from({ length: 9 }, (_, at) => `other ${at}`);
    const additional = others.map((key) => ({ ...descriptor.totp, key }));
    const setOfMany = (own: Rules, appRules?: readonly Rule[]): PolicySet => {
      const set = setOf({ enrollment: own, ...(appRules && { app: appRules }) });
      return { ...set, authenticators: [...set.authenticators, ...additional] };
    };
    const named = by('password', ...others);
    const comparing = (active: Rules, next: Rules) => {
      const space = ruleSpace(
        [...active, ...next].map(({ when }) => when),
        universe(),
      );
      const { found, undecided } = laxerEnrollments({ active: setOfMany(active), next: setOfMany(next) }, space);
      return [found.length, undecided.length];
    };
    expect(comparing([rule(passkey, named), rest], [rule(passkey), rest])).toEqual([0, 0]);
    const models = { models: { webauthn: ['a'] } };
    const unseen = [rule({ ...passkey, ...models }, named), rule(models)];
    expect(
      comparing(unseen, [
        rule({ required: [{ anyOf: ['webauthn'], grace: { skips: 1 } }], ...models }, named),
        rule(models),
      ]),
    ).toEqual([1, 0]);
    const app: readonly Rule[] = [
      appRule({ attributes: { nick: { equals: 'a*' } } }),
      { name: 'rest', when: {}, then: { kind: 'deny' } },
    ];
    const sides = { active: setOfMany([rule(passkey, named), rest], app), next: setOfMany([rest], app) };
    const whens = [...app, { when: named }].map(({ when }) => when);
    expect(laxerEnrollments(sides, ruleSpace(whens, universe()))).toMatchObject({
      found: [],
      undecided: [{ areProofsTooMany: true }],
    });
  });
});
