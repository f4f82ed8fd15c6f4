/** What follows each set of proofs of a fresh sign-in. */
import { describe, expect, test } from '@jest/globals';
import { askedInAll, leastAskedInAll } from '../../../../src/core/analysis/simulation/asked-in-all.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Facts, Subject } from '../../../../src/core/model/facts.ts';
import { defaultPasswordTerms } from '../../../../src/core/model/password-policy.ts';
import type { Policy, Requirement } from '../../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { riskOf } from '../../../../src/core/policy/values/risk.ts';
import type { Action } from '../../../../src/core/remediation/all-sufficient-sets.ts';
import {
  allow,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  riskScoring,
  userWith,
} from '../../support/fixtures.ts';

/** Each way: its sets, and the steps that follow. */
function waysOf(policies: PolicySet, subject: Subject, more: Pick<Facts, 'risk'> = {}): unknown {
  const asked = askedInAll(policies, factsOf({ subject, ...more }));
  return asked?.ways.map(({ sets, after }) => [
    sets.map(namesOf),
    after.map((step) => (step.kind === 'enroll' ? `enroll ${step.authenticator}` : step.kind)).join(),
  ]);
}

function namesOf(set: readonly Action[]): string {
  return set.map(({ authenticator, method }) => [authenticator, method].filter(Boolean).join('.')).join();
}

function by(...authenticators: readonly string[]): Requirement {
  return factors(1, { demands: [{ authenticators }] });
}

const old = { createdAt: fixedNow - 100 * oneDay };

function expiring(app: Parameters<typeof policiesOf>[0] = {}): PolicySet {
  const policies = policiesOf(app);
  const then = { ...defaultPasswordTerms, maxAge: 30 * oneDay };
  return {
    ...policies,
    authenticators: policies.authenticators.map((descriptor) =>
      descriptor.key === 'password'
        ? { ...descriptor, enrollable: true, maxEnrollments: 1, underPasswordPolicy: true }
        : descriptor,
    ),
    password: compilePolicy({ name: 'password', rules: [{ name: 'Month', when: {}, then }] }),
  };
}

function withOldPassword(...keys: Parameters<typeof userWith>[0]): Subject {
  const subject = userWith(['password', ...keys]);
  return { ...subject, enrollments: subject.enrollments.map((enrollment) => ({ ...enrollment, ...old })) };
}

describe('an expired password', () => {
  test('is replaced by those who sign in with it', () => {
    expect(waysOf(expiring(), withOldPassword('totp'))).toEqual([
      [['password'], 'challenge,enroll password,complete'],
      [['totp'], 'complete'],
    ]);
    expect(waysOf(expiring({ app: factors(2) }), withOldPassword('totp'))).toEqual([
      [['password,totp'], 'enroll password,complete'],
    ]);
  });

  test('is no matter of users who do not have it, nor of one that is new', () => {
    expect(waysOf(expiring(), userWith(['password', 'totp']))).toEqual([[['password', 'totp'], 'complete']]);
    expect(waysOf(expiring(), userWith(['email', 'totp']))).toEqual([[['email', 'totp'], 'complete']]);
  });
});

/** To replace the password takes one of these. */
function replacedBy(...authenticators: readonly string[]) {
  return compileAccountPolicy({
    name: 'account',
    rules: [
      {
        name: 'Replace',
        change: { change: ['password'] },
        when: {},
        then: allow(factors(1, { demands: [{ authenticators }] })),
      },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ],
  });
}

describe('a user who can replace the password only by a passkey', () => {
  const enabled = ['password', 'totp', 'webauthn', 'email'] as const;
  const accountPolicy = replacedBy('webauthn');

  test('gets in by enrolling that', () => {
    expect(waysOf({ ...expiring({ app: factors(2), enabled }), accountPolicy }, withOldPassword())).toEqual([
      [['password,webauthn'], 'complete'],
    ]);
  });

  test('gets in without, also where an offer takes the password', () => {
    const then = enrollmentTerms({ optional: ['totp'] });
    const enrollment = compilePolicy({ name: 'enrollment', rules: [{ name: 'Offer', when: {}, then }] });
    expect(waysOf({ ...expiring({ enabled }), accountPolicy, enrollment }, withOldPassword('email'))).toEqual([
      [['email'], 'select,challenge,enroll totp,complete'],
    ]);
  });
});

test('a user gets in by leaving an offer, where the proof for it makes a rule ask for what cannot be added', () => {
  const rules = [
    {
      ...{ name: 'By password', when: { authenticated: { any: ['password'] } } },
      then: enrollmentTerms({ required: [{ anyOf: ['webauthn'] }] }),
    },
    { name: 'Offer', when: {}, then: enrollmentTerms({ optional: ['totp'] }) },
  ];
  const accountPolicy = compileAccountPolicy({
    name: 'account',
    rules: [
      { name: 'No passkeys', change: { add: ['webauthn'] }, when: {}, then: { kind: 'deny' } },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ],
  });
  const enrollment = compilePolicy({ name: 'enrollment', rules });
  const policies = { ...policiesOf({ app: factors(1) }), enrollment, accountPolicy };
  expect(waysOf(policies, userWith(['password', 'email']))).toEqual([[['email'], 'complete']]);
});

test('a user gets in without the secret of the first page, where a rule about it asks for what cannot be added', () => {
  const rules = [
    {
      ...{ name: 'By password', when: { authenticated: { any: ['password'] } } },
      then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }),
    },
    { name: 'Rest', when: {}, then: enrollmentTerms() },
  ];
  const accountPolicy = compileAccountPolicy({
    name: 'account',
    rules: [
      { name: 'No apps', change: { add: ['totp'] }, when: {}, then: { kind: 'deny' } },
      { name: 'Rest', when: {}, then: allow(factors(1)) },
    ],
  });
  const enrollment = compilePolicy({ name: 'enrollment', rules });
  const policies = { ...policiesOf({ app: factors(2) }), enrollment, accountPolicy };
  expect(waysOf(policies, userWith(['password', 'webauthn']))).toEqual([[['webauthn'], 'complete']]);
});

test('of two chains, the ways are found whose enrollments are offered after another one only', () => {
  const anyOf = (...names: readonly string[]) => ({ authenticators: names });
  const key = anyOf('webauthn', 'email');
  const app = {
    chains: [
      [key, key],
      [anyOf('email', 'recovery_code'), anyOf('email', 'password')],
    ],
  };
  const policies = policiesOf({ app });
  const enrollable = ['webauthn', 'email', 'recovery_code', 'password'];
  const authenticators = policies.authenticators.map((each) => ({
    ...each,
    enrollable: enrollable.includes(each.key),
  }));
  const asked = askedInAll({ ...policies, authenticators }, factsOf({ subject: userWith(['totp']) }));
  const sets = asked?.proofs.sets.map((set) =>
    set.filter(({ toEnroll }) => toEnroll).map(({ authenticator }) => authenticator),
  );
  expect(sets).toContainEqual(['password', 'recovery_code']);
  expect(sets).toContainEqual(['password', 'email']);
});

/** Those who sign in like this must set up another one. */
function asksHowSignedIn(any: readonly string[], app: Policy | Requirement = factors(1)): PolicySet {
  const rule = (name: string, when: Conditions, required: readonly string[]) => ({
    ...{ name, when },
    then: enrollmentTerms({ required: required.map((key) => ({ anyOf: [key] })) }),
  });
  const rules = [rule('Some', { authenticated: { any } }, ['webauthn']), rule('Rest', {}, [])];
  return { ...policiesOf({ app }), enrollment: compilePolicy({ name: 'enrollment', rules }) };
}

describe('rules that ask how the user signed in', () => {
  test('tell apart a user who begins with the secret of the first page', () => {
    const subject = userWith(['password', 'phone', 'webauthn']);
    const rules = [
      {
        ...{ name: 'Both', when: { authenticated: { all: ['password', 'webauthn'] } } },
        then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }),
      },
      { name: 'Rest', when: {}, then: enrollmentTerms() },
    ];
    const policies = { ...policiesOf({ app: factors(2) }), enrollment: compilePolicy({ name: 'enrollment', rules }) };
    expect(waysOf(policies, subject)).toEqual([
      [['webauthn', 'password,phone'], 'complete'],
      [['password,webauthn'], 'enroll totp,complete'],
    ]);
  });

  test('add no proof after one of two keys, of which each is enough', () => {
    const second = enrolled('webauthn').map((key) => ({ ...key, id: 'second' }));
    const subject = userWith([], { enrollments: [...enrolled('webauthn', 'totp'), ...second] });
    const asked = askedInAll(asksHowSignedIn(['webauthn']), factsOf({ subject }));
    expect(asked?.proofs.sets.map(namesOf).toSorted()).toEqual(['totp', 'webauthn']);
  });

  test('ask after that way alone', () => {
    expect(waysOf(asksHowSignedIn(['email']), userWith(['password', 'email']))).toEqual([
      [['password'], 'complete'],
      [['email'], 'challenge,enroll webauthn,complete'],
    ]);
  });

  test('ask after a further proof by that, whichever the user chooses', () => {
    const required = (name: string, when: Conditions, any: readonly string[]) => ({
      ...{ name, when },
      then: enrollmentTerms({ required: any.map((key) => ({ anyOf: [key] })) }),
    });
    const rules = [required('By mail', { authenticated: { any: ['email'] } }, []), required('Rest', {}, ['webauthn'])];
    const enrollment = compilePolicy({ name: 'enrollment', rules });
    const user = userWith(['password', 'totp', 'email']);
    expect(waysOf({ ...policiesOf({ app: by('password') }), enrollment }, user)).toEqual([
      [['password'], 'challenge,complete'],
      [['password'], 'challenge,enroll webauthn,complete'],
    ]);
  });

  test('ask after a proof by that method', () => {
    const demands = (...names: readonly string[]) => names.map((name) => ({ authenticators: [name] }));
    const app = {
      anyOf: [
        { factors: 1 as const, demands: demands('phone.voice') },
        { factors: 1 as const, demands: demands('phone.sms') },
      ],
    };
    const user = userWith(['phone']);
    const phone = user.enrollments.map((enrollment) => ({ ...enrollment, methods: ['sms', 'voice'] }));
    expect(waysOf(asksHowSignedIn(['phone.voice'], app), { ...user, enrollments: phone })).toEqual([
      [['phone.sms'], 'complete'],
      [['phone.voice'], 'enroll webauthn,complete'],
    ]);
  });

  test('follow the enrollment of a kind that is enough', () => {
    const user = userWith(['password', 'key', 'webauthn', 'totp']);
    const app = factors(2, { demands: [{ authenticators: ['webauthn'], characteristics: ['userVerification'] }] });
    expect(waysOf(asksHowSignedIn(['totp'], app), user)).toEqual([[['webauthn'], 'complete']]);
    const chain = { chains: [[{ authenticators: ['totp', 'email'] }, { authenticators: ['password'] }]] };
    expect(waysOf(asksHowSignedIn(['email'], chain), userWith(['password', 'totp', 'email']))).toEqual([
      [['password,email'], 'enroll webauthn,complete'],
      [['password,totp'], 'complete'],
    ]);
  });
});

describe('where a rule about new browsers needs less than the page asks for at first', () => {
  const app = {
    name: 'app',
    rules: [
      { name: 'New', when: { risk: { any: ['newDevice' as const] } }, then: allow(by('password')) },
      { name: 'Rest', when: {}, then: allow(factors(2)) },
    ],
  };
  const policies = policiesOf({ app });
  const askingHow = asksHowSignedIn(['totp'], app);
  const user = userWith(['password', 'totp', 'email']);
  const risk = riskOf(['newDevice'], [], riskScoring);

  test('the user may begin with what the rule does not need', () => {
    expect(waysOf(policies, user, { risk })).toEqual([[['password', 'email,password', 'totp,password'], 'complete']]);
    expect(waysOf(policies, user)).toEqual([[['password,email', 'password,totp'], 'complete']]);
  });

  test('what follows is that of a user who began so', () => {
    expect(waysOf(askingHow, user, { risk })).toEqual([
      [['password', 'email,password'], 'complete'],
      [['totp,password'], 'enroll webauthn,complete'],
    ]);
  });

  test('the least that is asked leaves it out, unless something else follows', () => {
    const least = (all: PolicySet) => leastAskedInAll(all, factsOf({ subject: user, risk }))?.proofs.sets.map(namesOf);
    expect(least(policies)).toEqual(['password']);
    expect(least(askingHow)).toEqual(['password', 'totp,password']);
  });
});

test('a user may begin with a needless proof and then prove the secret of the first page, which was left empty', () => {
  const newDevice = { risk: { any: ['newDevice' as const] } };
  const app = {
    name: 'app',
    rules: [
      { name: 'New', when: newDevice, then: allow(by('phone')) },
      { name: 'Rest', when: {}, then: allow(by('totp')) },
    ],
  };
  const session = {
    name: 'session',
    rules: [
      { name: 'New', when: newDevice, then: allow(factors(2)) },
      { name: 'Rest', when: {}, then: { kind: 'deny' as const } },
    ],
  };
  const risk = riskOf(['newDevice'], [], riskScoring);
  expect(waysOf(policiesOf({ app, session }), userWith(['password', 'totp', 'phone']), { risk })).toEqual([
    [['password,phone', 'totp,password,phone'], 'complete'],
  ]);
});
