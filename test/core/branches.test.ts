/** What follows a skip or a failure, predicted by the evaluator. */
import { expect, test } from '@jest/globals';
import { branchesOf } from '../../src/core/analysis/branches.ts';
import { simulate } from '../../src/core/analysis/simulate.ts';
import { compilePolicy } from '../../src/core/policy/compile.ts';
import { factors, factsOf, policiesOf, userWith } from './support/fixtures.ts';

const facts = factsOf({ subject: userWith(['password', 'totp', 'webauthn']), evidence: [] });

test('a branch belongs to a step, and the failing authenticator is in none of what follows', () => {
  const policies = policiesOf({ app: factors(1), enabled: ['password', 'totp', 'webauthn'] });
  const steps = simulate(policies, facts);
  const branches = branchesOf(policies, facts);
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
  expect(branchesOf(needing, facts)).toMatchObject([{ without: 'password', steps: [] }]);
  const denying = {
    ...needing,
    app: compilePolicy({ name: 'app', rules: [{ name: 'No', when: {}, then: { kind: 'deny' as const } }] }),
  };
  expect(branchesOf(denying, facts)).toEqual([]);
});

test('after a skip the sign-in goes on without that enrollment', () => {
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
  const { subject: _, ...anonymous } = facts;
  expect(branchesOf(policiesOf({ app: factors(1) }), anonymous)).toEqual([]);
});
