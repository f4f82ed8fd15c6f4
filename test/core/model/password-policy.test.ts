/** The password policy: which terms apply to a user, and when a password must be replaced. */
import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import { oneDay } from '../../../src/core/model/durations.ts';
import type { Enrollment, Evidence, Subject } from '../../../src/core/model/facts.ts';
import { defaultPasswordTerms, type PasswordTerms } from '../../../src/core/model/password-policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  passwordLockouts,
  passwordRuling,
  shortestPassword,
  termsForNewPassword,
} from '../../../src/core/policy/rules/password-terms.ts';
import {
  allow,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  type Key,
  plainRequest,
  policiesOf,
  proof,
  silentFacts,
  userWith,
} from '../support/fixtures.ts';

function withPolicy(terms: Partial<PasswordTerms>, more: Parameters<typeof policiesOf>[0] = {}): PolicySet {
  const set = policiesOf(more);
  return {
    ...set,
    authenticators: set.authenticators.map((authenticator) =>
      authenticator.key === 'password'
        ? { ...authenticator, enrollable: true, underPasswordPolicy: true }
        : authenticator,
    ),
    password: compilePolicy({
      name: 'password',
      rules: [
        {
          name: 'Admins',
          when: { groups: { any: ['admins'] } },
          then: { ...defaultPasswordTerms, ...terms },
        },
        { name: 'Rest', when: {}, then: defaultPasswordTerms },
      ],
    }),
  };
}

/** An administrator whose password is so old, or stands on this list. */
function admin(keys: readonly Key[], password: Partial<Enrollment>, groups: readonly string[] = ['admins']): Subject {
  const enrollments = enrolled(...keys).map((enrollment) =>
    enrollment.authenticator === 'password' ? { ...enrollment, ...password } : enrollment,
  );
  return userWith(keys, { groups, enrollments });
}

function needs(authenticator: Key): ReturnType<typeof factors> {
  return factors(1, { demands: [{ authenticators: [authenticator] }] });
}

function decide(policies: PolicySet, subject: Subject, evidence: readonly Evidence[]) {
  return evaluate(policies, factsOf({ subject, evidence }));
}

/** With these rules about every change. */
function accountPolicyOf(...rules: readonly Omit<AccountRule, 'when'>[]): Partial<PolicySet> {
  const policy = { name: 'account', rules: rules.map((rule) => ({ when: {}, ...rule })) };
  return { accountPolicy: compileAccountPolicy(policy) };
}

describe('the terms', () => {
  test('are those of the first rule that holds', () => {
    const policies = withPolicy({ minLength: 20 });
    const of = (groups: readonly string[]) => passwordRuling(policies, factsOf({ subject: userWith([], { groups }) }));
    expect(of(['admins'])).toMatchObject({ rule: 'Admins', terms: { minLength: 20 } });
    expect(of([])).toEqual({ rule: 'Rest', terms: defaultPasswordTerms });
  });

  test('are the default without a policy and before the user has identified; no rule: none', () => {
    expect(passwordRuling({}, factsOf())).toEqual({ terms: defaultPasswordTerms });
    expect(passwordRuling(withPolicy({ minLength: 20 }), factsOf())).toEqual({ terms: defaultPasswordTerms });
    const empty = { password: compilePolicy({ name: 'password', rules: [] }) };
    expect(passwordRuling(empty, factsOf({ subject: userWith([]) }))).toBeUndefined();
  });

  test.each<[string, readonly Enrollment[], number]>([
    ['a password alone', enrolled('password'), 15],
    ['a mailbox', enrolled('password', 'email'), 15],
    ['a phone', enrolled('password', 'phone'), 15],
    ['codes on paper', enrolled('password', 'recovery_code'), 15],
    ['a security question', enrolled('password', 'security_question'), 15],
    ['an authenticator app', enrolled('password', 'totp'), 8],
    ['a passkey', enrolled('webauthn'), 8],
    ['a passkey that is bound to no device', enrolled('key'), 8],
    [
      'a device that is no possession',
      enrolled('totp').map((enrollment) => ({ ...enrollment, factors: ['inherence'] })),
      15,
    ],
    ['a consumed key', enrolled('totp').map((enrollment) => ({ ...enrollment, consumed: true as const })), 15],
    ['a temporary key', enrolled('totp').map((enrollment) => ({ ...enrollment, temporary: true as const })), 15],
  ])('with %s', (_what, enrollments, shortest) => {
    expect(shortestPassword(defaultPasswordTerms, enrollments)).toBe(shortest);
  });
});

test('a new password is as long as the rule wants of a user with these authenticators', () => {
  const terms = (subject: Subject | undefined, least: number) =>
    termsForNewPassword(withPolicy({ minLength: least, history: 3, blocklists: ['common'] }), {
      ...factsOf(),
      ...(subject && { subject }),
    });
  const own = { history: 3, blocklists: ['common'] };
  expect(terms(admin(['password'], {}), 20)).toEqual({ minLength: 20, ...own });
  expect(terms(admin(['password', 'totp'], {}), 20)).toEqual({ minLength: 8, ...own });
  const { minLength, history, blocklists } = defaultPasswordTerms;
  expect(terms(undefined, 20)).toEqual({ minLength, history, blocklists });
});

test('the lockouts are those of all rules, each once, in their order; without rules the default', () => {
  const lockout = { ...defaultPasswordTerms.lockout, attempts: defaultPasswordTerms.lockout.attempts + 1 };
  const policy = (...all: readonly (typeof lockout)[]) => {
    const rules = all.map((lockoutTerms, at) => ({
      name: `${at}`,
      when: {},
      then: { ...defaultPasswordTerms, lockout: lockoutTerms },
    }));
    return compilePolicy({ name: 'password', rules });
  };
  expect(passwordLockouts(policy(lockout, { ...lockout }))).toEqual([lockout]);
  const both = [lockout, defaultPasswordTerms.lockout];
  expect(passwordLockouts(policy(...both, lockout))).toEqual(both);
  for (const none of [undefined, policy()]) expect(passwordLockouts(none)).toEqual([defaultPasswordTerms.lockout]);
});

describe('a password that must be replaced', () => {
  const aging = withPolicy({ maxAge: 90 * oneDay });

  test.each<[string, Partial<Enrollment>, object]>([
    ['one second short of its age', { createdAt: fixedNow - 90 * oneDay + 1 }, { kind: 'allow' }],
    [
      'of its age',
      { createdAt: fixedNow - 90 * oneDay },
      { kind: 'enroll', choices: ['password'], replacementReason: 'expired' },
    ],
    ['of unknown age', {}, { kind: 'allow' }],
    [
      'on a list',
      { compromised: 'breached' },
      { kind: 'enroll', choices: ['password'], replacementReason: 'compromised' },
    ],
    [
      'on a list and too old',
      { compromised: 'common', createdAt: fixedNow - 91 * oneDay },
      { kind: 'enroll', replacementReason: 'compromised' },
    ],
  ])('%s', (_what, password, expected) => {
    expect(decide(aging, admin(['password'], password), [proof('password', 'now')])).toMatchObject(expected);
  });

  test('is a matter of the rule: another group keeps it, another list does not count', () => {
    const old = { createdAt: fixedNow - 91 * oneDay };
    expect(decide(aging, admin(['password'], old, []), [proof('password', 'now')]).kind).toBe('allow');
    const listed = { compromised: 'list' } as const;
    const onlyCommon = withPolicy({ blocklists: ['common'] });
    expect(decide(onlyCommon, admin(['password'], listed), [proof('password', 'now')]).kind).toBe('allow');
  });

  test('is replaced only behind the strongest proof of the account (Law 7)', () => {
    const subject = admin(['password', 'totp'], { compromised: 'common' });
    expect(decide(aging, subject, [proof('password', 'now')])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp' }],
      toEnroll: ['password'],
    });
    expect(decide(aging, subject, [proof('password', 'now'), proof('totp', 'now')])).toMatchObject({
      kind: 'enroll',
      replacementReason: 'compromised',
    });
  });

  test('is replaced after what had to be proved for it, too: that does not make it another sign-in', () => {
    const subject = admin(['password', 'totp', 'email'], { compromised: 'common' });
    const typed = proof('password', 'now', { at: fixedNow - 20 });
    for (const then of ['totp', 'email'] as const)
      expect(decide(aging, subject, [typed, proof(then, 'now')])).toMatchObject({
        kind: 'enroll',
        replacementReason: 'compromised',
      });
    // So it is where the session rests on it, which takes an interaction.
    const evidence = [proof('password', 100), proof('totp', 'now')];
    expect(decide(aging, subject, evidence).kind).toBe('enroll');
    // To a request for a new sign-in, the session is nothing.
    const request = { ...plainRequest, promptLogin: true };
    expect(evaluate(aging, factsOf({ subject, evidence, request })).kind).toBe('allow');
    expect(evaluate(aging, silentFacts({ subject, evidence: [proof('password', 100), proof('totp', 50)] })).kind).toBe(
      'allow',
    );
  });

  test('is not asked for where the password was proved and what followed is enough without it', () => {
    const subject = admin(['password', 'webauthn'], { compromised: 'common' });
    const policies = withPolicy({}, { app: factors(2) });
    const typed = proof('password', 'now', { at: fixedNow - 20 });
    expect(decide(policies, subject, [typed, proof('webauthn', 'now')]).kind).toBe('allow');
  });

  test('does not hold up a user who signs in without it', () => {
    const subject = admin(['password', 'webauthn'], { compromised: 'common' });
    expect(decide(aging, subject, [proof('webauthn', 'now')]).kind).toBe('allow');
  });

  test('takes an interaction where a session rests on it', () => {
    const subject = admin(['password'], { createdAt: fixedNow - 91 * oneDay });
    const decision = evaluate(aging, silentFacts({ subject, evidence: [proof('password', 100)] }));
    expect(decision).toMatchObject({ kind: 'enroll', replacementReason: 'expired' });
  });

  test('is not asked for of an authenticator that is under no password policy', () => {
    const plain = { ...aging, authenticators: policiesOf().authenticators };
    const subject = admin(['password'], { compromised: 'common' });
    expect(decide(plain, subject, [proof('password', 'now')]).kind).toBe('allow');
  });

  test('is kept where passwords can be used and not enrolled', () => {
    const authenticators = aging.authenticators.map((authenticator) => ({ ...authenticator, enrollable: false }));
    const subject = admin(['password'], { compromised: 'common' });
    const decision = decide({ ...aging, authenticators }, subject, [proof('password', 'now')]);
    expect(decision).toMatchObject({
      kind: 'allow',
      keptPassword: { reason: 'compromised', passwordRule: 'Admins' },
    });
    expect(decision).not.toHaveProperty('keptPassword.layer');
    const good = decide({ ...aging, authenticators }, admin(['password'], {}), [proof('password', 'now')]);
    expect(good).not.toHaveProperty('keptPassword');
  });

  test.each<[string, Partial<PolicySet>, object]>([
    ['account', accountPolicyOf({ name: 'Not here', then: { kind: 'deny' } }), { rule: 'Not here' }],
    ['account', accountPolicyOf(), {}],
    [
      'enrollment',
      {
        ...accountPolicyOf({ name: 'All', then: allow(factors(1)) }),
        enrollment: compilePolicy({
          name: 'enrollment',
          rules: [{ name: 'Elsewhere', when: {}, then: enrollmentTerms({ useOnly: ['password'] }) }],
        }),
      },
      { rule: 'Elsewhere' },
    ],
  ])('is kept by the %s policy, of which the decision names the rule', (layer, more, rule) => {
    const subject = admin(['password'], { createdAt: fixedNow - 91 * oneDay });
    const decision = decide({ ...aging, ...more }, subject, [proof('password', 'now')]);
    expect(decision).toMatchObject({ kind: 'allow' });
    expect(decision).toHaveProperty('keptPassword', { reason: 'expired', passwordRule: 'Admins', layer, ...rule });
  });

  test('denies where the user cannot prove what the account policy asks for before, and says so', () => {
    const byCode = accountPolicyOf({
      name: 'Takes a code',
      then: allow(needs('totp')),
    });
    const subject = admin(['password', 'email'], { createdAt: fixedNow - 91 * oneDay });
    const proofs = [proof('password', 'now'), proof('email', 'now')];
    const policies = { ...withPolicy({ maxAge: 90 * oneDay }, { app: factors(2) }), ...byCode };
    const denied = decide(policies, subject, proofs);
    expect(denied).toEqual({
      kind: 'deny',
      reason: 'password_not_replaceable',
      layer: 'account',
      rule: 'Takes a code',
      passwordToReplace: { authenticator: 'password', reason: 'expired', passwordRule: 'Admins' },
      trace: expect.anything(),
    });
    expect(denied.trace.layers.at(-1)).toMatchObject({
      layer: 'account',
      change: { of: 'password' },
      decidedBy: 'Takes a code',
      satisfied: false,
    });
    const listed = admin(['password'], { compromised: 'common' });
    const { password: _, ...byDefault } = { ...aging, ...byCode };
    const found = decide(byDefault, listed, [proof('password', 'now')]);
    expect(found).toHaveProperty('passwordToReplace', { authenticator: 'password', reason: 'compromised' });
  });

  describe('that was proved for the account-management requirement (Law 7) alone', () => {
    const byCode = accountPolicyOf(
      { name: 'Code', change: { change: ['password'], add: ['password'] }, then: allow(needs('totp')) },
      { name: 'Rest', then: allow(factors(1)) },
    );
    const old = { createdAt: fixedNow - 91 * oneDay };
    const subject = admin(['password', 'email'], old);
    const policies = { ...withPolicy({ maxAge: 90 * oneDay }, { app: factors(1) }), ...byCode };
    const [before, after] = [fixedNow - 20, fixedNow - 10];
    const byEmail = [proof('email', 'now', { at: before }), proof('password', 'now', { at: after })];

    test('denies no user who signed in without it, here or before', () => {
      expect(decide(policies, subject, byEmail)).toMatchObject({ kind: 'allow' });
      expect(decide(policies, subject, byEmail)).not.toHaveProperty('keptPassword');
      const inSession = [proof('email', 100), proof('password', 'now')];
      expect(decide(policies, subject, inSession)).toMatchObject({ kind: 'allow' });
      const evidence = [proof('email', 100), proof('password', 50)];
      expect(evaluate(policies, silentFacts({ subject, evidence })).kind).toBe('allow');
    });

    test('denies a user who signed in with it, or could not have without', () => {
      const typedFirst = [proof('password', 'now', { at: before }), proof('email', 'now', { at: before - 200 })];
      const denied = { kind: 'deny', rule: 'Code' };
      expect(decide(policies, subject, [proof('password', 'now')])).toMatchObject(denied);
      expect(decide(policies, subject, typedFirst).kind).toBe('allow');
      const two = { ...withPolicy({ maxAge: 90 * oneDay }, { app: factors(2) }), ...byCode };
      expect(decide(two, subject, byEmail)).toMatchObject(denied);
    });

    test('asks a user who is in a session by it for something else that is enough', () => {
      const inSession = [proof('password', 100)];
      const asked = { kind: 'challenge', options: [{ authenticator: 'email' }] };
      expect(decide(policies, subject, inSession)).toMatchObject(asked);
      expect(evaluate(policies, silentFacts({ subject, evidence: inSession }))).toMatchObject(asked);
      expect(decide(policies, subject, [...inSession, proof('email', 'now')])).toMatchObject({ kind: 'allow' });
      const two = { ...withPolicy({ maxAge: 90 * oneDay }, { app: factors(2) }), ...byCode };
      const denied = { kind: 'deny', reason: 'password_not_replaceable', rule: 'Code' };
      expect(decide(two, subject, [...inSession, proof('email', 'now')])).toMatchObject(denied);
      expect(decide(policies, admin(['password'], old), inSession)).toMatchObject(denied);
    });

    test('denies no change at the account, either', () => {
      const request = { clientId: 'account', scopes: ['openid', 'account:change:remove:email'] };
      const facts = factsOf({ subject, evidence: byEmail, request });
      expect(evaluate({ ...policies, isAccountApp: true }, facts).kind).toBe('allow');
      const alone = { ...facts, subject: admin(['password'], old), evidence: [proof('password', 'now')] };
      expect(evaluate({ ...policies, isAccountApp: true }, alone)).toMatchObject({ kind: 'deny', rule: 'Code' });
    });

    test('is replaced where the user can: before what the app would enroll, or once that is enough', () => {
      const open = { ...policies, ...accountPolicyOf({ name: 'Rest', then: allow(factors(1)) }) };
      expect(decide(open, subject, byEmail)).toMatchObject({ kind: 'enroll', replacementReason: 'expired' });
      const required = [{ name: 'All', when: {}, then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }) }];
      const enrolling = { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: required }) };
      expect(decide(enrolling, subject, byEmail)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
      const more = admin(['password', 'email', 'totp'], old);
      const proofs = [...byEmail, proof('totp', 'now', { origin: 'enrollment' })];
      expect(decide(enrolling, more, proofs)).toMatchObject({ kind: 'enroll', replacementReason: 'expired' });
    });
  });

  test('denies by no rule where the account-management requirement (Law 7) is out of reach', () => {
    const subject = admin(['password', 'webauthn'], { compromised: 'common' });
    for (const more of [{}, accountPolicyOf({ name: 'All', then: allow(factors(1)) })]) {
      const policies = { ...aging, ...more, presenceOnly: 'webauthn' };
      const denied = decide(policies, subject, [proof('password', 'now')]);
      expect(denied).toMatchObject({ kind: 'deny', passwordToReplace: { reason: 'compromised' } });
      expect(denied).not.toHaveProperty('layer');
      expect(denied).not.toHaveProperty('rule');
    }
  });

  test('comes before what the app would enroll besides', () => {
    const policies = withPolicy({}, { app: factors(1) });
    const required = compilePolicy({
      name: 'enrollment',
      rules: [
        {
          name: 'All',
          when: {},
          then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }),
        },
      ],
    });
    const subject = admin(['password'], { compromised: 'common' });
    const decision = decide({ ...policies, enrollment: required }, subject, [proof('password', 'now')]);
    expect(decision).toMatchObject({ kind: 'enroll', choices: ['password'] });
  });
});
