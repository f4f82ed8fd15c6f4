/** Outcomes of sign-ins, each walked once for all apps that ask for the same. */
import { describe, expect, test } from '@jest/globals';
import { signInOutcome } from '../../../../src/core/analysis/simulation/sign-in-outcomes.ts';
import { simulatedOutcome } from '../../../../src/core/analysis/simulation/simulated-outcome.ts';
import type { AccountRule } from '../../../../src/core/model/account-policy.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule } from '../../../../src/core/model/enrollment-policy.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import type { ProfileRule } from '../../../../src/core/model/profile-policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { allow, descriptor, enrollmentTerms, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

const inA: Conditions = { groups: { any: ['a'] } };
const inB: Conditions = { groups: { any: ['b'] } };
const two = allow(factors(2));
const keys = ['password'];

const user = (...groups: readonly string[]): UserFacts => ({
  ...factsOf({}),
  subject: userWith([], { groups }),
});

/** Those of a group need two factors, all others one. */
const twoFor = (when: Conditions): readonly Rule[] => [
  { name: 'two', when, then: two },
  { name: 'rest', when: {}, then: allow(factors(1)) },
];

/** Apps with these rules, of a configuration of their own: what was found for another one is not known here. */
function appsWith(...all: readonly (readonly Rule[])[]): readonly PolicySet[] {
  const authenticators = [descriptor.password, descriptor.totp, descriptor.webauthn];
  const common = { ...policiesOf({}), authenticators };
  return all.map((rules, at) => {
    const named = rules.map((rule) => ({ ...rule, name: `${rule.name} of ${at}` }));
    return { ...common, app: compilePolicy({ name: `app ${at}`, rules: named }) };
  });
}

const twoApps = () => appsWith(twoFor(inA), twoFor(inB)) as readonly [PolicySet, PolicySet];

test('apps that ask two users for the same share one simulation, even if their rules have other names', () => {
  const [appA, appB] = twoApps();
  const found = signInOutcome(appA, user('a'), { keys });
  expect(found).toEqual(simulatedOutcome(appA, user('a'), keys));
  expect(signInOutcome(appB, user('b'), { keys })).toBe(found);
  expect(signInOutcome(appA, user('b'), { keys })).toBe(signInOutcome(appB, user('a'), { keys }));
});

test('the order of rules that may decide is no reason for another walk', () => {
  const oneFor: readonly Rule[] = [
    { name: 'one', when: inB, then: allow(factors(1)) },
    { name: 'rest', when: {}, then: two },
  ];
  const [first, second] = appsWith(twoFor(inA), oneFor) as readonly [PolicySet, PolicySet];
  expect(signInOutcome(second, user('a'), { keys })).toBe(signInOutcome(first, user('a'), { keys }));
});

test('rules that do not decide matter only for what the first page asks for', () => {
  const rest: Rule = { name: 'rest', when: {}, then: allow(factors(1)) };
  const byKey: Rule = {
    name: 'key',
    when: inA,
    then: allow(factors(1, { demands: [{ authenticators: ['webauthn'] }] })),
  };
  const all = appsWith([rest], twoFor(inA), [byKey, rest]) as readonly [PolicySet, PolicySet, PolicySet];
  const had = { keys: ['password', 'totp'] };
  const [alone, besideTwo, besideKey] = all.map((policies) => signInOutcome(policies, user(), had));
  expect(besideTwo).toBe(alone);
  expect(besideKey).not.toBe(alone);
  expect(besideKey).toEqual(simulatedOutcome(all[2], user(), had.keys));
});

test('what is asked otherwise is simulated', () => {
  const [appA] = twoApps();
  const [strict, lax] = [signInOutcome(appA, user('a'), { keys }), signInOutcome(appA, user(), { keys })];
  expect(strict.added).not.toEqual(lax.added);
  expect(signInOutcome(appA, user('a'), { keys: ['password', 'totp'] }).added).toEqual([]);
});

test('what the user sets up nowhere leads nowhere', () => {
  const [appA] = twoApps();
  expect(signInOutcome(appA, user('a'), { keys }).isDenied).toBe(false);
  expect(signInOutcome(appA, user('a'), { keys, never: ['totp', 'webauthn'] }).isDenied).toBe(true);
  expect(signInOutcome(appA, user('a'), { keys, never: ['totp'] })).toMatchObject({
    isDenied: false,
    added: ['webauthn'],
  });
});

describe('apps that share policies besides', () => {
  const add: AccountRule = { name: 'none', when: inB, then: { kind: 'deny' } };
  const rest: AccountRule = { name: 'rest', when: {}, then: allow(factors(1)) };
  const accountPolicy = compileAccountPolicy({ name: 'account', rules: [add, rest] });

  test('a rule of the account policy makes a difference', () => {
    const [appA] = twoApps();
    const policies = { ...appA, accountPolicy };
    expect(signInOutcome(policies, user('a'), { keys }).isDenied).toBe(false);
    expect(signInOutcome(policies, user('a', 'b'), { keys }).isDenied).toBe(true);
    expect(signInOutcome(appA, user('a', 'b'), { keys }).isDenied).toBe(false);
  });

  test('account policies that differ in additions only share a walk where they say the same of these', () => {
    const [appA] = twoApps();
    const open = { ...compileAccountPolicy({ name: 'account', rules: [rest] }), apartFromAdditions: accountPolicy };
    const outcomes = (policies: PolicySet) =>
      [accountPolicy, open].map((account) =>
        signInOutcome({ ...policies, accountPolicy: account }, user('a'), { keys }),
      );
    const [known, shared] = outcomes(appA);
    expect(shared).toBe(known);
    // It asks for changes of other kinds, too.
    const [atAccount, other] = outcomes({ ...appA, isAccountApp: true });
    expect(other).not.toBe(atAccount);
    const unlike = { ...appA, accountPolicy: open };
    expect(signInOutcome(unlike, user('a', 'b'), { keys }).isDenied).toBe(false);
  });

  test('a rule that asks how the user signed in counts as far as the user is known', () => {
    const [, appB] = twoApps();
    const then = enrollmentTerms();
    const asking: EnrollmentRule = {
      name: 'asking',
      when: {
        any: [{ groups: { any: ['a'] }, authenticated: { any: ['password'] } }, { authenticated: { any: ['totp'] } }],
      },
      then: { ...then, required: [{ anyOf: ['webauthn'] }] },
    };
    const rules = [asking, { name: 'all', when: {}, then }];
    const enrollment = compilePolicy<EnrollmentRule>({ name: 'enrollment', rules });
    const policies = { ...appB, enrollment };
    expect(signInOutcome(policies, user('a'), { keys }).added).toEqual(['webauthn']);
    expect(signInOutcome(policies, user(), { keys }).added).toEqual([]);
  });

  test('apps of one enrollment policy share a walk', () => {
    const [appA, appB] = twoApps();
    const rules = [{ name: 'all', when: {}, then: enrollmentTerms() }];
    const enrollment = compilePolicy<EnrollmentRule>({ name: 'enrollment', rules });
    const [first, second] = [appA, appB].map((policies) => ({ ...policies, enrollment })) as [PolicySet, PolicySet];
    expect(signInOutcome(second, user('b'), { keys })).toBe(signInOutcome(first, user('a'), { keys }));
  });

  test('a rule about profiles that fails makes a difference', () => {
    const [appA] = twoApps();
    const failing: Conditions = {
      expression: {
        ...{ written: 'x', aboutUser: false, varies: true },
        logic: { text: 'x' },
        evaluate: () => 'error',
      },
    };
    const [fine, broken] = [{}, failing].map((when) => {
      const then = { required: [], optional: [], terms: [] };
      const profile = compilePolicy<ProfileRule>({ name: 'profile', rules: [{ name: 'all', when, then }] });
      return { ...appA, profile };
    }) as [PolicySet, PolicySet];
    expect(signInOutcome(fine, user(), { keys }).isDenied).toBe(false);
    expect(signInOutcome(broken, user(), { keys }).isDenied).toBe(true);
  });

  test('what the user has skipped makes a difference', () => {
    const [, appB] = twoApps();
    const then = enrollmentTerms({ required: [{ anyOf: ['webauthn'], grace: { skips: 1 } }] });
    const enrollment = compilePolicy<EnrollmentRule>({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] });
    const policies = { ...appB, enrollment };
    const after = { ...user(), subject: userWith([], { skipped: { webauthn: { grace: { count: 1, at: 0 } } } }) };
    const had = { keys, never: ['webauthn'] };
    expect(signInOutcome(policies, user(), had).isDenied).toBe(false);
    expect(signInOutcome(policies, after, had).isDenied).toBe(true);
  });

  test('a minimum of the app makes a difference', () => {
    const [appA] = twoApps();
    const values = { acrLevels: [{ value: 'high', requirement: factors(2) }] };
    const [low, high] = [
      { ...appA, ...values },
      { ...appA, ...values, minimumAcr: 'high' },
    ];
    expect(signInOutcome(low, user(), { keys }).added).toEqual([]);
    expect(signInOutcome(high, user(), { keys }).added).not.toEqual([]);
  });
});

describe('where it makes a difference how the user signs in', () => {
  const then = enrollmentTerms();
  const onceBy = (how: string, ...required: readonly string[]): EnrollmentRule => ({
    name: how,
    when: { authenticated: { any: [how] } },
    then: { ...then, required: required.map((key) => ({ anyOf: [key] })) },
  });
  const addingCodes: AccountRule = { name: 'codes', when: {}, then: { kind: 'deny' }, change: { add: ['totp'] } };
  const rest: AccountRule = { name: 'rest', when: {}, then: allow(factors(1)) };
  const accountPolicy = compileAccountPolicy({ name: 'account', rules: [addingCodes, rest] });
  const policiesWith = (...rules: readonly EnrollmentRule[]): PolicySet => {
    const [policies] = appsWith([{ name: 'one', when: {}, then: allow(factors(1)) }]) as [PolicySet];
    const all = [...rules, { name: 'all', when: {}, then }];
    return {
      ...policies,
      accountPolicy,
      enrollment: compilePolicy<EnrollmentRule>({ name: 'enrollment', rules: all }),
    };
  };
  const had = { keys: ['password', 'webauthn'] };

  test('a user gets in by what is not offered first', () => {
    expect(signInOutcome(policiesWith(onceBy('password', 'totp')), user(), had)).toEqual({
      isDenied: false,
      isBeforeSignIn: false,
      added: [],
      signedInWith: [['webauthn']],
    });
  });

  test('a user who is denied is so in every way, each of which is told', () => {
    const policies = policiesWith(onceBy('password', 'totp'), onceBy('webauthn', 'totp'));
    const { isDenied, signedInWith } = signInOutcome(policies, user(), had);
    expect([isDenied, signedInWith]).toEqual([true, [['webauthn'], ['password']]]);
  });
});
