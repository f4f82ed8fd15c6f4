/** Enrollments that a sign-in needs, of a user whose password must be replaced before the sign-in ends. */
import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { RequiredEnrollment } from '../../../src/core/model/enrollment-policy.ts';
import type { Enrollment, RequestFacts } from '../../../src/core/model/facts.ts';
import { defaultPasswordTerms } from '../../../src/core/model/password-policy.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  type BeforeEnrollments,
  by,
  type EnrollableKey,
  policyRequiring,
  rulesBefore,
  ruling,
  type SignInState,
  underPasswordPolicy,
  withEnrolled,
} from '../support/enrolling-parts.ts';
import {
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const resistant = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });

interface World {
  readonly app: Requirement;
  /** Before a new password. */
  readonly change: Requirement | undefined;
  readonly add?: BeforeEnrollments;
  /** By the enrollment policy. */
  readonly required?: readonly RequiredEnrollment[];
}

function policiesFor({ app, change, add = {}, required }: World): PolicySet {
  const rules: readonly AccountRule[] = [
    { name: 'New password', when: {}, then: ruling(change), change: { change: ['password'] } },
    ...rulesBefore(add),
  ];
  const policies = policiesOf({ app });
  return {
    ...policies,
    authenticators: underPasswordPolicy,
    accountPolicy: compileAccountPolicy({ name: 'account', rules }),
    ...(required && { enrollment: policyRequiring(...required) }),
    password: compilePolicy({
      name: 'password',
      rules: [{ name: 'Month', when: {}, then: { ...defaultPasswordTerms, maxAge: 1000 } }],
    }),
  };
}

/** A user who signs in with an expired password. */
function signingIn(has: readonly EnrollableKey[], proved: readonly EnrollableKey[] = ['password']): SignInState {
  const old = (enrollment: Enrollment) =>
    enrollment.authenticator === 'password' ? { ...enrollment, createdAt: fixedNow - 5000 } : enrollment;
  const subject = userWith(has, { enrollments: enrolled(...has).map(old) });
  return { subject, evidence: proved.map((key) => proof(key, 'now')) };
}

function decide(world: World, { subject, evidence }: SignInState): Decision {
  return evaluate(policiesFor(world), factsOf({ subject, evidence }));
}

/** How the sign-in ends, whatever the user enrolls, after every proof that is asked for. */
function endsOf(world: World, state: SignInState): readonly string[] {
  const decision = decide(world, state);
  if (decision.kind === 'enroll')
    return [...new Set(decision.choices.flatMap((key) => endsOf(world, withEnrolled(key as EnrollableKey, state))))];
  if (decision.kind !== 'challenge') return [decision.kind];
  const [first] = decision.options;
  const evidence = [...state.evidence, proof(first?.authenticator as EnrollableKey, 'now')];
  return endsOf(world, { ...state, evidence });
}

const denied = { kind: 'deny', reason: 'password_not_replaceable', layer: 'account', rule: 'New password' };

describe('before a password that must be replaced', () => {
  test.each<[string, World, readonly EnrollableKey[], readonly string[]]>([
    ['after which it can be', { app: factors(2), change: resistant }, ['password'], ['webauthn']],
    [
      'after which it can be, or is not needed',
      { app: factors(2), change: by('phone', 'totp') },
      ['password'],
      ['phone', 'totp', 'webauthn'],
    ],
    ['all, if nothing comes before', { app: by('email', 'totp'), change: factors(1) }, ['password'], ['email', 'totp']],
    [
      'with which the user signs in alone',
      { app: by('totp', 'phone'), change: resistant },
      ['password'],
      ['phone', 'totp'],
    ],
    [
      'and what leads to one after which it can be',
      { app: by('webauthn'), change: resistant, add: { webauthn: by('totp') } },
      ['password'],
      ['totp'],
    ],
  ])('only those enrollments are offered %s', (_, world, has, choices) => {
    expect(decide(world, signingIn(has))).toMatchObject({ kind: 'enroll', choices });
    expect(endsOf(world, signingIn(has))).toEqual(['allow']);
  });

  test('another proof is asked for, if the enrollments that are open without it do not help', () => {
    const world: World = { app: factors(3), change: resistant, add: { webauthn: by('phone') } };
    expect(endsOf(world, signingIn(['password', 'phone']))).toEqual(['allow']);
  });

  test('nothing is enrolled for a sign-in that is denied', () => {
    const world: World = { app: factors(2), change: resistant, add: { webauthn: undefined } };
    expect(decide(world, signingIn(['password']))).toMatchObject(denied);
    expect(decide(world, signingIn(['password'], []))).toMatchObject({ kind: 'challenge' });
  });

  test('all are offered where it may not be replaced, and is kept', () => {
    const world: World = { app: factors(2), change: undefined };
    const choices = ['email', 'phone', 'totp', 'webauthn'];
    expect(decide(world, signingIn(['password']))).toMatchObject({ kind: 'enroll', choices });
  });
});

test('only those proofs are offered before an enrollment after which it leads in', () => {
  const key = { authenticators: ['webauthn'] };
  const app: Requirement = { chains: [[key, { authenticators: ['password', 'totp'] }]] };
  const world: World = { app, change: by('phone'), add: { phone: undefined } };
  const state = signingIn(['password', 'email', 'totp']);
  expect(decide(world, state)).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'totp' }] });
  expect(endsOf(world, state)).toEqual(['allow']);
  expect(decide(world, signingIn(['password', 'email']))).toMatchObject(denied);
});

test('a password that is still to be proved counts as well, beside the number that recovered it', () => {
  const world: World = { app: factors(2, { demands: [{ authenticators: ['totp'] }] }), change: resistant };
  const { subject } = signingIn(['password', 'phone']);
  const recovered = { ...subject, recovery: { at: fixedNow - 5000, by: ['phone'] } };
  const state = { subject: recovered, evidence: [proof('phone', 'now')] };
  expect(decide(world, state)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
});

describe('where the enrollment policy asks how the user signed in', () => {
  const then = enrollmentTerms({ required: [{ anyOf: ['totp'] }] });
  const rules = [
    { name: 'By password', when: { authenticated: { any: ['password'] } }, then },
    { name: 'Rest', when: {}, then: enrollmentTerms({}) },
  ];
  const enrollment = compilePolicy({ name: 'enrollment', rules });
  const decided = (world: World, { subject, evidence }: SignInState) =>
    evaluate({ ...policiesFor(world), enrollment }, factsOf({ subject, evidence }));
  const user = { subject: userWith(['password']), evidence: [proof('password', 'now')] };

  test('only those enrollments are offered after which the rest can be set up', () => {
    const world: World = { app: by('phone', 'webauthn'), change: factors(1), add: { totp: factors(3) } };
    expect(decided(world, user)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('what is required is offered alone, if the app takes it', () => {
    const world: World = { app: factors(2), change: factors(1) };
    expect(decided(world, user)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    const byEmail = { subject: userWith(['email']), evidence: [proof('email', 'now')] };
    expect(decided(world, byEmail)).toMatchObject({ kind: 'enroll', choices: ['password', 'webauthn'] });
  });
});

describe('what the enrollment policy requires', () => {
  const requiring = (policies: PolicySet, ...required: readonly RequiredEnrollment[]): PolicySet => ({
    ...policies,
    enrollment: policyRequiring(...required),
  });
  const decideBy = (policies: PolicySet) =>
    evaluate(policies, factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] }));

  test('takes as few enrollments as possible, where one comes before another', () => {
    const world = { app: factors(2), change: factors(1), add: { webauthn: by('totp', 'webauthn') } };
    const policies = requiring(policiesFor(world), { anyOf: ['webauthn'] });
    expect(decideBy(policies)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
  });

  test('is led to by what is enough for the app later, where nothing that is enough now leads to it', () => {
    const app = factors(2, { demands: [{ factor: 'possession', characteristics: ['deviceBound'] }] });
    const add = { totp: factors(2, { demands: [{ factor: 'knowledge' }] }) };
    const world: World = { app, change: factors(1), add, required: [{ anyOf: ['totp'] }] };
    const byEmail = { subject: userWith(['email']), evidence: [proof('email', 'now')] };
    expect(decide(world, byEmail)).toMatchObject({ kind: 'enroll', choices: ['password'] });
    expect(endsOf(world, byEmail)).toEqual(['allow']);
    expect(decide({ ...world, required: [] }, byEmail)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('is counted before anything is set up', () => {
    const policies = policiesFor({ app: factors(1), change: factors(1) });
    const single = (count: number, ...anyOf: readonly EnrollableKey[]) => {
      const authenticators = policies.authenticators.map((each) =>
        each.key === 'email' || each.key === 'phone' ? { ...each, maxEnrollments: 1 as const } : each,
      );
      return decideBy(requiring({ ...policies, authenticators }, { anyOf, count }));
    };
    expect(single(2, 'email', 'phone')).toMatchObject({ kind: 'enroll' });
    expect(single(3, 'email', 'totp')).toMatchObject({ kind: 'enroll' });
    expect(single(3, 'email', 'phone')).toMatchObject({ kind: 'deny', layer: 'enrollment', rule: 'All' });
    expect(single(2, 'password', 'email')).toMatchObject({ kind: 'enroll', choices: ['email'] });
  });
});

describe('a password that can be replaced once something is set up', () => {
  const password = signingIn(['password']);
  const requiring = (world: World, ...required: readonly RequiredEnrollment[]): World => ({ ...world, required });
  const two: World = { app: factors(1), change: factors(2) };
  const grace = { until: fixedNow + 1000 };

  test.each<[string, World, readonly string[]]>([
    ['what is required', requiring(two, { anyOf: ['totp'] }), ['totp']],
    ['what can still be skipped', requiring(two, { anyOf: ['totp'], grace }), ['totp']],
    [
      'what leads to it, of several',
      requiring({ ...two, change: by('phone', 'webauthn') }, { anyOf: ['email', 'phone', 'totp', 'webauthn'] }),
      ['phone', 'webauthn'],
    ],
    [
      'what comes before what is required',
      requiring({ ...two, change: resistant, add: { webauthn: by('totp') } }, { anyOf: ['webauthn'] }),
      ['totp'],
    ],
    [
      'what leads to all that is required',
      requiring(
        { ...two, change: by('phone', 'totp'), add: { totp: factors(3) } },
        { anyOf: ['phone', 'webauthn'] },
        { anyOf: ['totp'] },
      ),
      ['webauthn'],
    ],
    [
      'what the app takes and leads to what is required',
      requiring({ app: factors(2), change: resistant, add: { webauthn: factors(2) } }, { anyOf: ['webauthn'] }),
      ['email', 'phone', 'totp'],
    ],
  ])('%s comes first', (_, world, choices) => {
    expect(decide(world, password)).toMatchObject({ kind: 'enroll', choices });
    expect(decide(world, password)).not.toHaveProperty('skippable');
    expect(endsOf(world, password)).toEqual(['allow']);
  });

  test('a proof comes before what is required, if the account policy asks for it', () => {
    const world = requiring({ ...two, change: by('totp'), add: { totp: by('phone') } }, { anyOf: ['totp'] });
    const both = signingIn(['password', 'phone']);
    expect(decide(world, both)).toMatchObject({ kind: 'challenge', toEnroll: ['totp'] });
    expect(endsOf(world, both)).toEqual(['allow']);
  });

  test.each<[string, World]>([
    ['is not enough', requiring({ ...two, change: resistant }, { anyOf: ['totp'] })],
    ['is not required', two],
    ['is there', requiring(two, { anyOf: ['password'] })],
  ])('nothing is set up that %s', (_, world) => {
    expect(decide(world, password)).toMatchObject(denied);
  });

  test('what may not be set up here denies, and is named', () => {
    const world = requiring({ ...two, add: { totp: factors(2) } }, { anyOf: ['totp'] });
    expect(decide(world, password)).toMatchObject({
      kind: 'deny',
      reason: 'authenticator_not_enrollable',
      rule: 'totp',
    });
  });
});

test('what is named beside a proof that the user can give is not asked for, so nothing is set up in vain', () => {
  const add = { phone: by('password', 'webauthn'), email: factors(3) };
  const world: World = { app: by('phone'), change: factors(1), add, required: [{ anyOf: ['email'] }] };
  const state = { subject: userWith(['password']), evidence: [proof('password', 'now')] };
  const rule = { rule: 'email', missingEnrollment: { authenticators: ['email'], enrollmentRule: 'All' } };
  expect(decide(world, state)).toMatchObject({ kind: 'deny', reason: 'authenticator_not_enrollable', ...rule });
});

test('what would be asked for beside a recovered password is not, if the user has another proof', () => {
  const world: World = { app: factors(2), change: factors(1), add: { email: factors(3) } };
  const recovery = { at: fixedNow - 100, by: ['phone'] };
  const subject = userWith(['password', 'phone', 'totp'], { recovery });
  const state = { subject, evidence: [proof('password', 'now')] };
  expect(decide({ ...world, required: [{ anyOf: ['email'] }] }, state)).toMatchObject({ kind: 'deny', rule: 'email' });
  expect(decide(world, state)).toMatchObject({ kind: 'challenge' });
});

test('a voluntary acr asks for a password that cannot be replaced, and denies no user because of it', () => {
  const world: World = { app: factors(1), change: resistant };
  const { subject, evidence } = signingIn(['password', 'totp'], ['password', 'totp']);
  const decided = (request: Partial<RequestFacts>, { app } = world) =>
    evaluate(policiesFor({ ...world, app }), factsOf({ subject, evidence, request }));
  const acrValues = ['2fa'];
  expect(decided({ acrValues })).toMatchObject({ kind: 'allow', assurance: { acr: '2fa' } });
  expect(decided({ acrValues, acrEssential: true })).toMatchObject(denied);
  expect(decided({ acrValues }, { ...world, app: factors(2) })).toMatchObject(denied);
});
