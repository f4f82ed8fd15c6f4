/** Sign-ins that need several enrollments, before each of which the account policy asks for something else. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askedInAll } from '../../../src/core/analysis/simulation/asked-in-all.ts';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { requiredOf } from '../../../src/core/decision/required-evidence.ts';
import type { AccountRule } from '../../../src/core/model/account-policy.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { AuthenticatorDescriptor } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { compileAccountPolicy } from '../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { afterEnrolling } from '../../../src/core/remediation/made-enrollments.ts';
import {
  type BeforeEnrollments,
  by,
  type EnrollableKey,
  enrollableAuthenticators,
  enrollableKeys,
  policyRequiring,
  rulesBefore,
  type SignInState,
  withEnrolled,
} from '../support/enrolling-parts.ts';
import {
  action,
  allow,
  always,
  descriptor,
  enrollmentTerms,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';
import { naivelyMeets, subsets } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

/** Sign-ins under these requirements, with what each authenticator takes before it is enrolled. */
interface World {
  readonly session: Requirement;
  readonly app: Requirement;
  readonly before: BeforeEnrollments;
  /** By the enrollment policy: one of each. */
  readonly required?: readonly (readonly EnrollableKey[])[];
}

function policiesFor({ session, app, before, required }: World): PolicySet {
  const accountPolicy = compileAccountPolicy({ name: 'account', rules: rulesBefore(before) });
  const policies = {
    ...policiesOf({ session: always(allow(session)), app }),
    authenticators: enrollableAuthenticators,
    accountPolicy,
  };
  return required ? { ...policies, enrollment: policyRequiring(...required.map((anyOf) => ({ anyOf }))) } : policies;
}

function decide(policies: PolicySet, { subject, evidence }: SignInState): Decision {
  return evaluate(policies, factsOf({ subject, evidence }));
}

const stateOf = (has: readonly EnrollableKey[], proved: readonly EnrollableKey[]): SignInState => ({
  subject: userWith(has),
  evidence: proved.map((key) => proof(key, 'now')),
});

describe('a sign-in that needs a password and a passkey', () => {
  const needed = { session: by('password'), app: by('webauthn') };

  test('does not need what comes before a third authenticator, which is out of reach', () => {
    const world: World = { ...needed, before: { password: by('email'), totp: by('webauthn') } };
    expect(decide(policiesFor(world), stateOf(['email'], ['email']))).toMatchObject({
      kind: 'enroll',
      choices: ['password', 'webauthn'],
    });
    const setUp = stateOf(['email', 'password'], ['email', 'password']);
    expect(decide(policiesFor(world), setUp)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('does not ask for what comes before a third authenticator, which is within reach', () => {
    const world: World = { ...needed, before: { password: by('email'), totp: by('phone') } };
    const state = stateOf(['email', 'phone'], ['email']);
    expect(decide(policiesFor(world), state)).toMatchObject({ kind: 'enroll', choices: ['password', 'webauthn'] });
  });

  test('is denied by the rule about the one that it needs, not by others that ask for as much', () => {
    const before = { password: by('email'), phone: by('totp'), webauthn: by('totp'), totp: undefined };
    expect(decide(policiesFor({ ...needed, before }), stateOf(['email'], ['email']))).toMatchObject({
      kind: 'deny',
      reason: 'authenticator_not_enrollable',
      layer: 'account',
      rule: 'webauthn',
      missingEnrollment: { authenticators: ['webauthn'] },
    });
  });
});

describe('what is enrolled in the sign-in', () => {
  const byPasskey = { totp: by('webauthn') };

  test('counts before another enrollment that the sign-in needs', () => {
    const world: World = { session: by('webauthn'), app: by('totp'), before: byPasskey };
    expect(decide(policiesFor(world), stateOf(['email'], ['email']))).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
    const state = stateOf(['email', 'webauthn'], ['email', 'webauthn']);
    expect(decide(policiesFor(world), state)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
  });

  test('is asked for where nothing else leads to what the sign-in needs, the shortest way only', () => {
    const before = { totp: by('webauthn', 'phone'), phone: by('password'), password: undefined };
    const world: World = { session: factors(1), app: by('totp'), before };
    const policies = policiesFor(world);
    expect(decide(policies, stateOf(['email'], ['email']))).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    expect(decide(policies, stateOf(['email'], []))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'email' }],
    });
    const open = policiesFor({ ...world, before: { totp: by('webauthn', 'phone') } });
    const choices = ['phone', 'webauthn'];
    expect(decide(open, stateOf(['email'], ['email']))).toMatchObject({ kind: 'enroll', choices });
  });

  test('is told with all that the sign-in takes', () => {
    const policies = policiesFor({ session: by('email'), app: by('totp'), before: byPasskey });
    const asked = askedInAll(policies, factsOf({ subject: userWith(['email']) }));
    expect(asked?.proofs.sets).toEqual([
      [
        { authenticator: 'email' },
        { authenticator: 'totp', toEnroll: true },
        { authenticator: 'webauthn', toEnroll: true },
      ],
    ]);
  });

  test('is asked for after what must be proved before it', () => {
    const before = { ...byPasskey, webauthn: factors(2) };
    const policies = policiesFor({ session: factors(1), app: by('totp'), before });
    expect(decide(policies, stateOf(['password', 'email'], ['email']))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
      toEnroll: ['webauthn'],
    });
  });

  test('may take several, each of which is named or needed', () => {
    const before = { totp: by('webauthn'), webauthn: by('phone'), phone: by('email') };
    const policies = policiesFor({ session: factors(1), app: by('totp'), before });
    const state = stateOf(['email'], ['email']);
    expect(decide(policies, state)).toMatchObject({ kind: 'enroll', choices: ['phone'] });
    expect(endsOf(policies, state).map(({ kind }) => kind)).toEqual(['allow']);
    const two = { password: by('email'), totp: factors(2) };
    const needed = policiesFor({ session: by('password'), app: by('totp'), before: two });
    expect(decide(needed, state)).toMatchObject({ kind: 'enroll', choices: ['password'] });
  });

  test.each([
    ['by a characteristic', factors(1, { demands: [{ characteristics: ['phishingResistant'] }] })],
    ['by a chain', { chains: [[{ authenticators: ['email'] }, { authenticators: ['webauthn'] }]] }],
  ] as const)('may be named %s', (_, totp) => {
    const policies = policiesFor({ session: factors(1), app: by('totp'), before: { totp } });
    const state = stateOf(['email'], ['email']);
    expect(decide(policies, state)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    expect(endsOf(policies, state).map(({ kind }) => kind)).toEqual(['allow']);
  });

  test('leaves room for one less, near the limit of the account', () => {
    const policies = policiesFor({ session: factors(1), app: by('totp'), before: byPasskey });
    const left = (enrollmentsLeft: number) => {
      const near = policies.authenticators.map((each) => (each.key === 'totp' ? { ...each, enrollmentsLeft } : each));
      const subject = userWith(['email']);
      const { capabilities } = requiredOf({ ...policies, authenticators: near }, factsOf({ subject }), subject);
      const after = afterEnrolling([action('totp', { enrollment: 'new' })], capabilities);
      return after.policies.authenticators.find(({ key }) => key === 'totp');
    };
    expect(left(1)).toMatchObject({ enrollable: false, enrollmentsLeft: 0 });
    expect(left(2)).toMatchObject({ enrollable: true, enrollmentsLeft: 1 });
  });

  test('is none that only adds up to as many factors as the account policy asks for', () => {
    const policies = policiesFor({ session: factors(1), app: by('webauthn'), before: { webauthn: factors(2) } });
    expect(decide(policies, stateOf(['email'], ['email']))).toMatchObject({ kind: 'deny', rule: 'webauthn' });
  });

  test.each([
    ['that is required as well', [['totp'], ['webauthn']], ['webauthn']],
    ['that nothing else asks for', [['totp']], ['phone', 'webauthn']],
    ['that does without it', [['totp', 'webauthn']], ['webauthn']],
  ] as const)('counts before one that the enrollment policy requires, of one %s', (_, required, choices) => {
    const before = { totp: by('webauthn', 'phone') };
    const policies = policiesFor({ session: factors(1), app: factors(1), before, required });
    expect(decide(policies, stateOf(['email'], ['email']))).toMatchObject({ kind: 'enroll', choices });
    expect(new Set(endsOf(policies, stateOf(['email'], [])).map(({ kind }) => kind))).toEqual(new Set(['allow']));
  });

  test('is not asked for where the account policy forbids it', () => {
    const before = { ...byPasskey, webauthn: undefined };
    const policies = policiesFor({ session: factors(1), app: by('totp'), before });
    expect(decide(policies, stateOf(['email'], ['email']))).toMatchObject({ kind: 'deny', rule: 'totp' });
  });
});

describe('what the enrollment policy requires in any case', () => {
  const world: World = { session: factors(1), app: by('webauthn'), before: { webauthn: factors(2) } };
  const password = stateOf(['password'], ['password']);

  test('comes before what the sign-in needs, where the account policy asks for as much', () => {
    const policies = policiesFor({ ...world, required: [['totp']] });
    expect(decide(policies, password)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(endsOf(policies, password).map(({ kind }) => kind)).toEqual(['allow']);
    expect(askedInAll(policies, factsOf(password))?.proofs.sets).toEqual([
      [
        { authenticator: 'totp', toEnroll: true },
        { authenticator: 'webauthn', toEnroll: true },
      ],
    ]);
  });

  test.each([
    ['may be what may be skipped elsewhere', { anyOf: ['totp'], grace: { skips: 1 } }, 'enroll'],
    ['may be what could not be skipped any more', { anyOf: ['totp'], grace: { until: fixedNow } }, 'enroll'],
    ['is none that the user has', { anyOf: ['password', 'totp'] }, 'deny'],
    ['may be one of which the user needs another', { anyOf: ['password', 'totp'], count: 2 }, 'enroll'],
  ] as const)('%s', (_, required, kind) => {
    const policies = { ...policiesFor(world), enrollment: policyRequiring(required) };
    expect(decide(policies, password)).toMatchObject({ kind });
  });

  test.each([
    ['password', { kind: 'enroll', choices: ['totp'] }],
    ['phone', { kind: 'deny', rule: 'webauthn' }],
  ])('is what a rule asks for that is certain to decide: after a sign-in by %s', (key, expected) => {
    const then = enrollmentTerms({ required: [{ anyOf: ['totp'] }] });
    const rules = [
      { name: 'Signed in with it', when: { authenticated: { any: [key] } }, then },
      { name: 'Rest', when: {}, then: enrollmentTerms({}) },
    ];
    const policies = { ...policiesFor(world), enrollment: compilePolicy({ name: 'enrollment', rules }) };
    expect(decide(policies, password)).toMatchObject(expected);
  });

  test('comes before what is only named', () => {
    const before = { webauthn: by('totp', 'phone') };
    const policies = policiesFor({ ...world, before, required: [['phone']] });
    expect(decide(policies, password)).toMatchObject({ kind: 'enroll', choices: ['phone'] });
  });

  test('denies before anything is enrolled, if it is out of reach', () => {
    const before = { webauthn: factors(3) };
    const policies = policiesFor({ session: factors(1), app: factors(2), before, required: [['webauthn'], ['email']] });
    const denial = { reason: 'authenticator_not_enrollable', layer: 'account', rule: 'webauthn' };
    expect(decide(policies, password)).toMatchObject({ kind: 'deny', ...denial });
    expect(decide(policies, stateOf(['password'], []))).toMatchObject({ kind: 'challenge', withheld: denial });
  });

  test('leaves only choices after which it can be enrolled', () => {
    const before = { totp: factors(3), phone: undefined };
    const policies = policiesFor({ session: factors(1), app: factors(2), before, required: [['totp']] });
    expect(decide(policies, password)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    const two = policiesFor({ ...world, app: factors(1), before, required: [['email', 'webauthn'], ['totp']] });
    expect(decide(two, password)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('in grace comes before what cannot be skipped', () => {
    const grace = { until: fixedNow + 1 };
    const enrollment = policyRequiring({ anyOf: ['totp'], grace }, { anyOf: ['webauthn'] });
    const policies = { ...policiesFor({ ...world, app: factors(1) }), enrollment };
    expect(decide(policies, password)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(endsOf(policies, password).map(({ kind }) => kind)).toEqual(['allow']);
  });

  test('in grace leaves choices after which it can be enrolled, if there are any', () => {
    const before = { totp: factors(3), phone: undefined };
    const required = { anyOf: ['totp'], grace: { skips: 1 } };
    const enrollment = policyRequiring(required);
    const policies = { ...policiesFor({ session: factors(1), app: factors(2), before }), enrollment };
    expect(decide(policies, password)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
    const byEmail = {
      ...policiesFor({ session: factors(1), app: by('email', 'phone'), before: { totp: factors(3) } }),
      enrollment,
    };
    expect(decide(byEmail, password)).toMatchObject({ kind: 'enroll', choices: ['email', 'phone'] });
  });

  test('is within reach where several of one kind are required', () => {
    const before = { webauthn: by('totp') };
    const state = stateOf(['password', 'webauthn'], ['password', 'webauthn']);
    const enrollment = policyRequiring({ anyOf: ['webauthn'], count: 2 });
    const policies = { ...policiesFor({ session: factors(1), app: factors(1), before }), enrollment };
    expect(decide(policies, state)).toMatchObject({ kind: 'enroll', choices: ['totp'] });
    expect(endsOf(policies, state).map(({ kind }) => kind)).toEqual(['allow']);
  });
});

test('an authenticator is enrolled twice before another one, where the account policy asks for both', () => {
  const twice: Requirement = { chains: [[{ authenticators: ['webauthn'] }, { authenticators: ['webauthn'] }]] };
  const policies = policiesFor({ session: factors(1), app: by('password'), before: { password: twice } });
  const state = stateOf(['totp'], ['totp']);
  expect(decide(policies, state)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  expect(endsOf(policies, state).map(({ kind }) => kind)).toEqual(['allow']);
});

test('the number of combinations is bounded, and none that is needed is lost', () => {
  const names = Array.from({ length: 24 }, (_, index) => `a${index}`);
  const many = names.map((key): AuthenticatorDescriptor => ({ ...descriptor.totp, key, enrollable: true }));
  const rules = names.map((key, index): AccountRule => {
    const then = allow(factors(1, { maxAge: 60 + index }));
    return { name: key, when: {}, then, change: { add: [key] } };
  });
  const accountPolicy = compileAccountPolicy({ name: 'account', rules });
  const needed = factors(1, { demands: names.slice(0, 8).map((key) => ({ authenticators: [key] })) });
  const policies = { ...policiesOf({ app: needed }), accountPolicy };
  const decision = decide(
    { ...policies, authenticators: [...enrollableAuthenticators, ...many] },
    stateOf(['email'], ['email']),
  );
  expect(decision).toMatchObject({ kind: 'enroll', choices: names.slice(0, 8) });
});

const when = { now: fixedNow, transaction: thisTransaction };

const withProofs = (has: readonly EnrollableKey[]) => has.map((key) => proof(key, 'now'));

const isNaivelyEnough = ({ session, app }: World, has: readonly EnrollableKey[]) =>
  naivelyMeets(session, withProofs(has), when) && naivelyMeets(app, withProofs(has), when);

function namesIn(ruling: Requirement | undefined): readonly string[] {
  if (ruling === undefined || 'chains' in ruling) return [];
  return ruling.anyOf.flatMap(({ demands }) => demands.flatMap(({ authenticators: named = [] }) => named));
}

const isOpen = (has: readonly EnrollableKey[]) => (anyOf: readonly EnrollableKey[]) =>
  !anyOf.some((key) => has.includes(key));

/** What is required, what some smallest set of enrollments has that is enough, and what is named before that. */
function wantedOf(world: World, has: readonly EnrollableKey[]): readonly EnrollableKey[] {
  const left = enrollableKeys.filter(
    (key) => !has.includes(key) && !(key in world.before && world.before[key] === undefined),
  );
  const sets = subsets(left).filter((some) => isNaivelyEnough(world, [...has, ...some]));
  const isPart = (some: readonly EnrollableKey[], of: readonly EnrollableKey[]) =>
    some !== of && some.every((key) => of.includes(key));
  const smallest = sets.filter((some) => !sets.some((other) => isPart(other, some)));
  const open = (world.required ?? []).filter(isOpen(has)).flat();
  const wanted = new Set([...smallest.flat(), ...open.filter((key) => left.includes(key))]);
  for (const key of wanted)
    for (const name of namesIn(world.before[key]))
      if (left.includes(name as EnrollableKey)) wanted.add(name as EnrollableKey);
  return [...wanted];
}

/** By enrolling what is wanted, one after the other: what was enrolled counts before the next one. */
function isNaivelyPossibleWith(world: World, has: readonly EnrollableKey[]): boolean {
  const isAllowed = (key: EnrollableKey) => {
    const ruling = key in world.before ? world.before[key] : factors(1);
    return !has.includes(key) && ruling !== undefined && naivelyMeets(ruling, withProofs(has), when);
  };
  if (isNaivelyEnough(world, has) && !world.required?.some(isOpen(has))) return true;
  return wantedOf(world, has).some((key) => isAllowed(key) && isNaivelyPossibleWith(world, [...has, key]));
}

function isNaivelyPossible(world: World, { subject }: SignInState): boolean {
  const has = enrollableKeys.filter((key) => subject.enrollments.some(({ authenticator }) => authenticator === key));
  return isNaivelyPossibleWith(world, has);
}

/** Every next state that the decision leads to. Of several proofs the first is given. */
function nextStates(decision: Decision, { subject, evidence }: SignInState): readonly SignInState[] {
  if (decision.kind === 'challenge') {
    const [first] = decision.options;
    return [{ subject, evidence: [...evidence, proof(first?.authenticator as EnrollableKey, 'now')] }];
  }
  if (decision.kind !== 'enroll') return [];
  return decision.choices.map((choice) => withEnrolled(choice as EnrollableKey, { subject, evidence }));
}

/** How the sign-ins from this state end, whichever enrollments the user chooses. */
function endsOf(policies: PolicySet, state: SignInState): readonly Decision[] {
  const decision = decide(policies, state);
  const next = nextStates(decision, state);
  return next.length === 0 ? [decision] : next.flatMap((each) => endsOf(policies, each));
}

const asked = fc.constantFrom(
  factors(1),
  factors(2),
  by('password'),
  by('webauthn'),
  by('totp', 'phone'),
  factors(2, { demands: [{ authenticators: ['totp'] }] }),
  factors(3),
  { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }, { authenticators: ['webauthn'] }]] },
);
const rulings = fc.constantFrom(
  ...enrollableKeys.map((key) => by(key)),
  by('email', 'phone'),
  factors(1),
  factors(2),
  undefined,
);
const worlds = fc.record({
  session: asked,
  app: asked,
  before: fc.record(
    { password: rulings, email: rulings, phone: rulings, totp: rulings, webauthn: rulings },
    { requiredKeys: [] },
  ),
});
const requiredToo = fc.array(fc.subarray([...enrollableKeys], { minLength: 1, maxLength: 2 }), {
  minLength: 1,
  maxLength: 2,
});

test('a sign-in goes on if and only if some set of enrollments completes it, each of which the user may make', () => {
  const seen = { allow: 0, deny: 0, several: 0 };
  fc.assert(
    fc.property(worlds, fc.subarray([...enrollableKeys], { minLength: 1, maxLength: 3 }), (world, has) => {
      const state = stateOf(has, has.slice(0, 1));
      const kind = isNaivelyPossible(world, state) ? 'allow' : 'deny';
      const ends = endsOf(policiesFor(world), state).map((end) => end.kind);
      expect([...new Set(ends)]).toEqual([kind]);
      seen[kind] += 1;
      if (ends.length > 1) seen.several += 1;
    }),
    seeded(1000),
  );
  expect(seen.allow).toBeGreaterThan(enough(200));
  expect(seen.deny).toBeGreaterThan(enough(130));
  expect(seen.several).toBeGreaterThan(enough(30));
});

test('nothing is enrolled for a sign-in that is denied, with what the enrollment policy requires', () => {
  const seen = { allow: 0, deny: 0, several: 0 };
  fc.assert(
    fc.property(
      worlds,
      requiredToo,
      fc.subarray([...enrollableKeys], { minLength: 1, maxLength: 3 }),
      (world, required, has) => {
        const state = stateOf(has, has.slice(0, 1));
        const policies = policiesFor({ ...world, required });
        const isPossible = isNaivelyPossible({ ...world, required }, state);
        const ends = endsOf(policies, state).map((end) => end.kind);
        expect([...new Set(ends)]).toEqual([isPossible ? 'allow' : 'deny']);
        if (!isPossible) expect(decide(policies, state).kind).toBe('deny');
        seen[isPossible ? 'allow' : 'deny'] += 1;
        if (ends.length > 1) seen.several += 1;
      },
    ),
    seeded(1000),
  );
  expect(seen.allow).toBeGreaterThan(enough(200));
  expect(seen.deny).toBeGreaterThan(enough(150));
  expect(seen.several).toBeGreaterThan(enough(30));
});

test('a denial names a rule that is enough to change, if there is one', () => {
  const seen = { alone: 0, together: 0, none: 0 };
  fc.assert(
    fc.property(worlds, fc.subarray([...enrollableKeys], { minLength: 1, maxLength: 3 }), (world, has) => {
      const state = stateOf(has, has.slice(0, 1));
      const decision = decide(policiesFor(world), state);
      if (decision.kind !== 'deny') return;
      const isPossibleWithout = (ruled: readonly EnrollableKey[]) => {
        const left = Object.entries(world.before).filter(([key]) => !ruled.includes(key as EnrollableKey));
        return isNaivelyPossible({ ...world, before: Object.fromEntries(left) }, state);
      };
      const alone = enrollableKeys.filter((key) => isPossibleWithout([key]));
      const named = decision.missingEnrollment?.authenticators ?? [];
      expect(decision.layer).toBe(isPossibleWithout(enrollableKeys) ? 'account' : undefined);
      if (alone.length > 0) expect(alone).toEqual(expect.arrayContaining([...named]));
      seen[named.length === 0 ? 'none' : alone.length > 0 ? 'alone' : 'together'] += 1;
    }),
    seeded(1000),
  );
  expect(seen.alone).toBeGreaterThan(enough(100));
  expect(seen.together).toBeGreaterThan(enough(5));
});
