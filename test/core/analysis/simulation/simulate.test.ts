/** The steps that `explain` predicts, against tables and against the evaluator. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { simulate, walkThrough } from '../../../../src/core/analysis/simulation/simulate.ts';
import type { SimulatedStep } from '../../../../src/core/analysis/simulation/simulated-answers.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Policy } from '../../../../src/core/model/policy.ts';
import type { ProfileRule } from '../../../../src/core/model/profile-policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { type World, world } from '../../support/arbitraries.ts';
import {
  allow,
  always,
  type FactParts,
  factors,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  userWith,
} from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';

const worlds = world({
  requirement: fc.constantFrom(factors(1), factors(2)),
  enrollments: 4,
  evidence: 3,
});

function named(step: SimulatedStep): string {
  if (step.kind === 'identify')
    return step.identifyWith === undefined ? 'identify' : `identify with ${step.identifyWith}`;
  if (step.kind === 'select') return `select ${step.purpose} ${step.options.join('|')}`;
  if (step.kind === 'denied') return `denied ${step.reason}`;
  if (step.kind === 'profile') return `profile ${step.required.join(' ')}`;
  if (step.kind === 'consent') return `consent ${step.scopes.map(({ scope }) => scope).join(' ')}`;
  if (step.kind === 'keep_account') return `keep account ${step.dueAt}`;
  if (step.kind === 'complete') return `complete ${step.acr ?? ''}`;
  const others = step.alternatives.map(({ authenticator }) => `|${authenticator}`).join('');
  return `${step.kind} ${step.authenticator}${others}${step.unanswerable ? ' (unanswerable)' : ''}`;
}

const denyOutside: Policy = {
  name: 'deny',
  rules: [
    { name: 'outside', when: { network: { any: ['world'] } }, then: { kind: 'deny' } },
    { name: 'others', when: {}, then: allow(factors(1)) },
  ],
};
const denyContractors: Policy = {
  name: 'deny',
  rules: [
    { name: 'contractors', when: { groups: { any: ['contractors'] } }, then: { kind: 'deny' } },
    { name: 'others', when: {}, then: allow(factors(1)) },
  ],
};
const password = factors(1, { demands: [{ authenticators: ['password'] }] });
const twoWithPassword = factors(2, { demands: [{ factor: 'knowledge', authenticators: ['password'] }] });
const two = ['password', 'totp'] as const;

test.each<[string, readonly string[], FactParts, Parameters<typeof policiesOf>[0]]>([
  ['no user', ['identify with password'], {}, { app: password }],
  [
    'no user, whatever some user proved before',
    ['identify with password'],
    { evidence: [proof('password', 100)] },
    { app: password },
  ],
  ['no user, where a rule denies every user', ['denied rule'], {}, { app: denyOutside }],
  [
    'one page for one factor',
    ['identify with password', 'complete pwd'],
    { subject: userWith(['password']) },
    { app: password },
  ],
  [
    'the second factor is enrolled when there is none',
    ['identify with password', 'enroll totp', 'complete 2fa'],
    { subject: userWith(['password']) },
    { app: twoWithPassword, enabled: two },
  ],
  [
    'several to enroll: a choice first',
    ['identify with password', 'select enroll phone|totp', 'enroll phone|totp', 'complete 2fa'],
    { subject: userWith(['password']) },
    { app: twoWithPassword, enabled: ['password', 'phone', 'totp'] },
  ],
  [
    'other options',
    ['identify', 'challenge webauthn|totp', 'complete phr'],
    { subject: userWith(['totp', 'webauthn']) },
    { enabled: ['totp', 'webauthn'] },
  ],
  [
    'what was used last with this browser first',
    ['identify', 'challenge totp|webauthn', 'complete 1fa'],
    {
      subject: userWith(['totp', 'webauthn']),
      device: { known: true, platform: 'desktop', os: 'linux', lastUsed: ['totp'] },
    },
    { enabled: ['totp', 'webauthn'] },
  ],
  [
    'a session asks for the missing part only',
    ['challenge totp', 'complete 2fa'],
    { subject: userWith(two), evidence: [proof('password', 100)] },
    { app: factors(2) },
  ],
  ['single sign-on', ['complete pwd'], { subject: userWith(two), evidence: [proof('password', 100)] }, {}],
  [
    'a denial is withheld until something is proved',
    ['identify with password', 'denied rule'],
    { subject: userWith(['password'], { groups: ['contractors'] }) },
    { app: denyContractors, enabled: two },
  ],
  [
    'suspended',
    ['identify with password', 'denied account_inactive'],
    { subject: userWith(['password'], { status: 'suspended' }) },
    { app: password },
  ],
  [
    'nothing enrolled: no answer is right, and the page does not reveal it',
    ['identify with password', 'challenge password (unanswerable)'],
    { subject: userWith([]) },
    { app: password },
  ],
  [
    'prompt=login asks for a new proof, but not for the identifier',
    ['challenge password', 'complete pwd'],
    { subject: userWith(['password']), evidence: [proof('password', 100)], request: { promptLogin: true } },
    { app: password },
  ],
  [
    'an essential acr out of reach',
    ['denied acr_unattainable'],
    {
      subject: userWith(two),
      evidence: [proof('password', 100)],
      request: { acrValues: ['phr'], acrEssential: true },
    },
    { app: password, enabled: two },
  ],
])('%s', (_, expected, facts, policies) => {
  expect(simulate(policiesOf(policies), factsOf(facts)).map(named)).toEqual(expected);
});

test('the steps after the proofs are asked once, and the sign-in continues', () => {
  const profile = compilePolicy<ProfileRule>({
    name: 'profile',
    rules: [{ name: 'names', when: {}, then: { required: ['name'], optional: [], terms: [] } }],
  });
  const policies = { ...policiesOf({ app: password }), profile, consent: { required: [], scopeOfClaim: {} } };
  const facts = factsOf({ subject: userWith(['password'], { deletionDueAt: fixedNow + 60 }) });
  expect(simulate(policies, facts).map(named)).toEqual([
    'identify with password',
    `keep account ${fixedNow + 60}`,
    'profile name',
    'consent openid',
    'complete pwd',
  ]);
});

/** A user with only a security question is like a user without enrollments: no challenge can be answered. */
const hasSolid = ({ has }: World) => has.some(({ authenticator }) => authenticator !== 'security_question');

test('every simulation ends, asks nothing twice, and asks nothing exactly where single sign-on allows', () => {
  const ends = { complete: 0, denied: 0 };
  fc.assert(
    fc.property(worlds.filter(hasSolid), ({ session, app, has, evidence, request }) => {
      const policies = policiesOf({ session: always(allow(session)), app });
      const facts: Facts = factsOf({ subject: userWith([], { enrollments: has }), evidence, request });
      const steps = simulate(policies, facts);
      const last = steps.at(-1);
      if (last?.kind !== 'complete' && last?.kind !== 'denied') throw new Error(`ends with ${last?.kind}`);
      ends[last.kind] += 1;
      const asked = steps.filter(({ kind }) => kind === 'challenge' || kind === 'enroll');
      expect(new Set(asked.map(named)).size).toBe(asked.length);
      const { transaction: _, ...silent } = facts;
      const decision = evaluate(policies, silent);
      if (evidence.length > 0) expect(steps.length === 1 && last.kind === 'complete').toBe(decision.kind === 'allow');
      if (last.kind === 'denied' && steps.length > 1) expect(['challenge', 'deny']).toContain(decision.kind);
    }),
    seeded(500),
  );
  for (const count of Object.values(ends)) expect(count).toBeGreaterThan(enough(5));
});

test('a sign-in is simulated once for all questions about it', () => {
  const policies = policiesOf({ app: password });
  const facts = factsOf({ subject: userWith(['password']) });
  let questions = 0;
  const groups: typeof policies.session.groups = (of) => {
    questions += 1;
    return policies.session.groups(of);
  };
  const counted = { ...policies, session: { ...policies.session, groups } };
  const steps = simulate(counted, facts);
  const asked = questions;
  expect(asked).toBeGreaterThan(0);
  expect(simulate(counted, facts)).toEqual(steps);
  expect(questions).toBe(asked);
  expect(walkThrough(policies, facts)).not.toBe(walkThrough(counted, facts));
  simulate(counted, { ...facts });
  expect(questions).toBe(3 * asked);
});
