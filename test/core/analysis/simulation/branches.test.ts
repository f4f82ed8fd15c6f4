/** What follows a skip or a failure, predicted by the evaluator. */
import { expect, test } from '@jest/globals';
import { branchesOf } from '../../../../src/core/analysis/simulation/branches.ts';
import { simulate } from '../../../../src/core/analysis/simulation/simulate.ts';
import type { SimulatedStep } from '../../../../src/core/analysis/simulation/simulated-answers.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Evidence, Facts } from '../../../../src/core/model/facts.ts';
import { defaultPasswordTerms } from '../../../../src/core/model/password-policy.ts';
import { compileAccountPolicy } from '../../../../src/core/policy/rules/account-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import { allow, factors, factsOf, fixedNow, type Key, policiesOf, proof, userWith } from '../../support/fixtures.ts';

const usualFacts = factsOf({ subject: userWith(['password', 'totp', 'webauthn']), evidence: [] });

test('a branch belongs to a step, and the failing authenticator is in none of what follows', () => {
  const policies = policiesOf({ app: factors(1), enabled: ['password', 'totp', 'webauthn'] });
  const steps = simulate(policies, usualFacts);
  const branches = branchesOf(policies, usualFacts);
  expect(branches.length).toBeGreaterThan(0);
  for (const { at, when, without, steps: follow } of branches) {
    const step = steps[at];
    expect(when).toBe('failed');
    expect([
      step?.kind === 'identify' ? step.identifyWith : step && 'authenticator' in step && step.authenticator,
    ]).toEqual([without]);
    expect(follow.at(-1)?.kind).toBe('complete');
    expect(JSON.stringify(follow)).not.toContain(`"${without}"`);
  }
});

test('what nothing stands in for has no steps, and a denied user has no branches', () => {
  const password = { anyOf: [{ factors: 1 as const, demands: [{ authenticators: ['password'] }] }] };
  const needing = policiesOf({ app: password, enabled: ['password', 'totp'] });
  expect(branchesOf(needing, usualFacts)).toMatchObject([{ without: 'password', steps: [] }]);
  const denying = {
    ...needing,
    app: compilePolicy({ name: 'app', rules: [{ name: 'No', when: {}, then: { kind: 'deny' as const } }] }),
  };
  expect(branchesOf(denying, usualFacts)).toEqual([]);
});

test('a user who is denied with a password that must be replaced gets in without it', () => {
  const policies = policiesOf({ app: factors(1), enabled: ['password', 'totp'] });
  const then = { ...defaultPasswordTerms, maxAge: 30 * oneDay };
  const authenticators = policies.authenticators.map((descriptor) =>
    descriptor.key === 'password'
      ? { ...descriptor, enrollable: true, maxEnrollments: 1 as const, underPasswordPolicy: true as const }
      : descriptor,
  );
  const expiring = {
    ...{ ...policies, authenticators },
    password: compilePolicy({ name: 'password', rules: [{ name: 'Month', when: {}, then }] }),
    accountPolicy: compileAccountPolicy({
      name: 'account',
      rules: [
        {
          ...{ name: 'Key', change: { change: ['password'] }, when: {} },
          then: allow(factors(1, { demands: [{ authenticators: ['webauthn'] }] })),
        },
        { name: 'Rest', when: {}, then: allow(factors(1)) },
      ],
    }),
  };
  const user = userWith(['password', 'totp']);
  const enrollments = user.enrollments.map((owned) => ({ ...owned, createdAt: fixedNow - 100 * oneDay }));
  const facts = factsOf({ subject: { ...user, enrollments }, evidence: [] });
  expect(simulate(expiring, facts).at(-1)?.kind).toBe('denied');
  expect(branchesOf(expiring, facts).map(({ without, steps }) => [without, steps.map(({ kind }) => kind)])).toEqual([
    ['password', ['challenge', 'complete']],
  ]);
});

test('after a skip the sign-in continues without that enrollment', () => {
  const terms = { optional: ['webauthn'], promoted: [], disabled: [], required: [] };
  const policies = {
    ...policiesOf({ app: factors(1), enabled: ['password', 'webauthn'] }),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'Offer', when: {}, then: terms }] }),
  };
  const one = factsOf({ subject: userWith(['password']), evidence: [] });
  const skips = branchesOf(policies, one).filter(({ when }) => when === 'skipped');
  expect(simulate(policies, one)[skips[0]?.at ?? -1]).toMatchObject({ kind: 'enroll', authenticator: 'webauthn' });
  expect(skips.map(({ steps }) => steps.map(({ kind }) => kind))).toEqual([['complete']]);
});

test('without a user there is nothing to branch from', () => {
  const { subject: _, ...anonymous } = usualFacts;
  expect(branchesOf(policiesOf({ app: factors(1) }), anonymous)).toEqual([]);
});

/** What is offered at each step. */
function told(policies: PolicySet, facts: Facts): readonly string[] {
  const word = (step: SimulatedStep) => {
    if (step.kind !== 'challenge') return step.kind;
    return [step.authenticator, ...step.alternatives.map(({ authenticator }) => authenticator)].join(' or ');
  };
  return branchesOf(policies, facts).map(
    ({ at, when, without, steps }) => `${at} ${when} ${without ?? ''}: ${steps.map(word).join(', ')}`,
  );
}

test('a user who fails takes the best of the other options, and is not offered again what failed', () => {
  const policies = policiesOf({ app: factors(2), enabled: ['password', 'totp', 'phone', 'webauthn'] });
  const signIn = (keys: readonly Key[], evidence: readonly Evidence[] = []) =>
    told(policies, factsOf({ subject: userWith(keys), evidence }));
  expect(signIn(['password', 'totp', 'phone', 'webauthn'])).toEqual([
    '0 failed password: webauthn or totp or phone, complete',
    '1 failed webauthn: totp or phone, complete',
  ]);
  expect(signIn(['password', 'totp', 'phone'])).toEqual(['0 failed password: ', '1 failed totp: phone, complete']);
  expect(signIn(['password', 'totp', 'phone'], [proof('password', 60)])).toEqual(['0 failed totp: phone, complete']);
  expect(signIn(['password', 'totp'], [proof('password', 60)])).toEqual(['0 failed totp: ']);
});

test('a user who has not what the first page asks for cannot fail there, and a denied user fails nowhere', () => {
  const policies = policiesOf({ app: factors(1), enabled: ['password', 'totp'] });
  expect(told(policies, factsOf({ subject: userWith(['totp']) }))).toEqual(['1 failed totp: ']);
  expect(told(policies, factsOf({ subject: userWith(['password', 'totp'], { status: 'suspended' }) }))).toEqual([]);
});

test('who must enroll another of what they have cannot fail at that', () => {
  const terms = { optional: [], promoted: [], disabled: [], required: [{ anyOf: ['webauthn'], count: 2 }] };
  const policies = {
    ...policiesOf({ app: factors(1), enabled: ['webauthn'] }),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'Two', when: {}, then: terms }] }),
  };
  const facts = factsOf({ subject: userWith(['webauthn']) });
  expect(simulate(policies, facts).map(({ kind }) => kind)).toEqual(['identify', 'challenge', 'enroll', 'complete']);
  expect(told(policies, facts)).toEqual(['1 failed webauthn: ']);
});

test('what the profile offers may be skipped once, and what it requires may not', () => {
  const withProfile = (required: readonly string[]) => ({
    ...policiesOf({ app: factors(1), enabled: ['password'] }),
    profile: compilePolicy({
      name: 'profile',
      rules: [{ name: 'Offer', when: {}, then: { required, optional: ['city', 'phone'], terms: [] } }],
    }),
  });
  const facts = (offeredAttributes?: readonly string[]) =>
    factsOf({ subject: userWith(['password'], offeredAttributes && { offeredAttributes }), evidence: [] });
  const failed = '0 failed password: ';
  expect(told(withProfile([]), facts())).toEqual([failed, '1 skipped : complete']);
  expect(told(withProfile([]), facts(['phone']))).toEqual([failed, '1 skipped : complete']);
  expect(told(withProfile([]), facts(['phone', 'city']))).toEqual([failed]);
  expect(told(withProfile(['name']), facts())).toEqual([failed]);
});
