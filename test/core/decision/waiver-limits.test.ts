/** What a remembered proof can stand for, alternative by alternative, and which remembered proofs count. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { canWaiveSecondFactor, withoutSecondFactor } from '../../../src/core/decision/waiver.ts';
import { oneHour } from '../../../src/core/model/durations.ts';
import type { Enrollment, Factor, RememberedProof } from '../../../src/core/model/facts.ts';
import type { Alternative, Demand, Requirement } from '../../../src/core/model/policy.ts';
import {
  allow,
  always,
  enrolled,
  type FactParts,
  factors,
  factsOf,
  fixedNow,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  rememberedProof,
  userWith,
} from '../support/fixtures.ts';

function enrollmentOf(key: Key): Enrollment {
  return enrolled(key)[0] as Enrollment;
}

const remembered = (key: Key, more: Partial<RememberedProof> = {}) => rememberedProof(key, oneHour, more);

const demanding = (...demands: readonly Demand[]) => factors(2, { demands });
const of = (...types: readonly Factor[]): readonly Demand[] => types.map((factor) => ({ factor }));
const possession = (more: Partial<Demand> = {}): Demand => ({ factor: 'possession', ...more });

test.each<[string, Requirement, boolean]>([
  ['two factors', factors(2), true],
  ['three factors', factors(3), true],
  ['one factor', factors(1), false],
  ['two factors that may be a second old', factors(2, { maxAge: 1 }), true],
  ['two factors at each sign-in', factors(2, { maxAge: 0 }), false],
  ['possession among them', demanding(possession()), true],
  ['possession at each sign-in', demanding(possession({ maxAge: 0 })), false],
  ['possession with user verification', demanding(possession({ characteristics: ['userVerification'] })), false],
  ['possession within a pause', demanding(possession({ maxIdle: 600 })), false],
  ['knowledge at each sign-in', demanding({ factor: 'knowledge', maxAge: 0 }), true],
  [
    'one of two ways that has two',
    {
      anyOf: [
        { factors: 1, demands: [] },
        { factors: 2, demands: [] },
      ],
    },
    true,
  ],
  ['a chain', { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] }, false],
])('whether a rule may remember where it asks for %s', (_, requirement, expected) => {
  expect(canWaiveSecondFactor(requirement)).toBe(expected);
});

describe('what is left once a proof of possession is remembered', () => {
  const totp = remembered('totp');
  const password = { authenticators: ['password'] } as const;

  test.each<[string, Requirement, readonly Alternative[]]>([
    [
      'of any two factors is one of another type',
      factors(2),
      [
        { factors: 1, demands: of('knowledge') },
        { factors: 1, demands: of('inherence') },
      ],
    ],
    ['of three factors are the two others', factors(3), [{ factors: 2, demands: of('knowledge', 'inherence') }]],
    [
      'of a demand for another type is that demand',
      demanding({ factor: 'knowledge', ...password }),
      [{ factors: 1, demands: [{ factor: 'knowledge', ...password }] }],
    ],
    [
      'of three factors with a demand is that demand and the third type',
      factors(3, { demands: [{ factor: 'inherence', maxAge: 60 }] }),
      [{ factors: 2, demands: [{ factor: 'inherence', maxAge: 60 }, ...of('knowledge')] }],
    ],
    [
      'of a demand that it meets is the other type',
      demanding({ authenticators: ['totp'] }),
      [
        { factors: 1, demands: of('knowledge') },
        { factors: 1, demands: of('inherence') },
      ],
    ],
    [
      'of a demand that it does not meet is that demand',
      demanding(password),
      [
        { factors: 1, demands: [password, ...of('knowledge')] },
        { factors: 1, demands: [password, ...of('inherence')] },
      ],
    ],
    [
      'keeps its age',
      factors(2, { maxAge: 60, demands: of('knowledge') }),
      [{ factors: 1, maxAge: 60, demands: of('knowledge') }],
    ],
    ['of one factor is nothing', factors(1, { demands: of('possession') }), []],
    ['of a chain is nothing', { chains: [[{ authenticators: ['totp'] }]] }, []],
  ])('%s', (_, requirement, left) => {
    expect(withoutSecondFactor(requirement, totp)).toEqual(left);
  });

  test('of a demand for inherence is inherence, whatever else the proof covered', () => {
    expect(withoutSecondFactor(demanding(...of('inherence')), remembered('webauthn'))).toEqual([
      { factors: 1, demands: of('inherence') },
    ]);
  });

  test('is nothing where the proof was none of possession', () => {
    expect(withoutSecondFactor(factors(2), remembered('password'))).toEqual([]);
  });
});

describe('a browser that remembers', () => {
  const ann = userWith(['password', 'totp', 'phone', 'webauthn']);
  const app = (requirement: Requirement) => always({ kind: 'allow', requirement, remember: 10 * oneHour });
  const decide = (device: readonly RememberedProof[], parts: FactParts = {}, more: PolicyParts = {}) => {
    const facts = factsOf({ subject: ann, evidence: [proof('password', 'now')], ...parts });
    const policies = policiesOf({ app: app(factors(2)), ...more });
    return evaluate(policies, { ...facts, device: { ...facts.device, remembered: device } });
  };
  const isWaived = (...args: Parameters<typeof decide>) => decide(...args).kind === 'allow';

  test.each<[string, Partial<RememberedProof>, boolean]>([
    ['of which the clock was a minute fast', { at: fixedNow + 60 }, true],
    ['of which the clock was faster than that', { at: fixedNow + 61 }, false],
    ['until the next second', { until: fixedNow + 1 }, true],
    ['until now', { until: fixedNow }, false],
    ['as one of another authenticator', { authenticator: 'phone' }, false],
  ])('a proof %s', (_, more, expected) => {
    expect(isWaived([remembered('totp', more)])).toBe(expected);
  });

  test('a proof whose enrollment is used up', () => {
    const enrollments = [enrollmentOf('password'), { ...enrollmentOf('totp'), consumed: true as const }];
    expect(isWaived([remembered('totp')], { subject: userWith([], { enrollments }) })).toBe(false);
  });

  test('nothing that the rule asks for says nothing of it', () => {
    const decision = decide([remembered('password')], { evidence: [proof('password', 'now'), proof('totp', 'now')] });
    expect(decision.kind).toBe('allow');
    expect(decision).not.toHaveProperty('waived');
    for (const layer of decision.trace.layers) expect(layer).not.toHaveProperty('remembered');
  });

  test('two proofs names the one that waived something', () => {
    const tested = app(demanding(possession({ authenticators: ['totp'] })));
    const both = [remembered('phone'), remembered('totp')];
    expect(decide(both, {}, { app: tested })).toMatchObject({ kind: 'allow', waived: ['totp'] });
  });

  test('a proof that counts for two enrollments of one authenticator names it once', () => {
    const totp = enrollmentOf('totp');
    const subject = userWith([], { enrollments: [enrollmentOf('password'), totp, { ...totp, id: 'totp2' }] });
    const both = [remembered('totp'), remembered('totp', { enrollment: 'totp2' })];
    expect(decide(both, { subject })).toMatchObject({ kind: 'allow', waived: ['totp'] });
  });

  test('a proof that the rule does not need has no influence on the session policy', () => {
    const session = always(allow(factors(1, { demands: [{ characteristics: ['phishingResistant'] }] })));
    const evidence = [proof('password', 'now'), proof('totp', 60)];
    expect(decide([remembered('totp')], { evidence }, { session })).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'webauthn' }],
    });
  });

  test('a proof, as long as no user has identified', () => {
    const { subject: _, ...facts } = factsOf();
    const device = { ...facts.device, remembered: [remembered('totp')] };
    expect(evaluate(policiesOf({ app: app(factors(2)) }), { ...facts, device }).kind).toBe('identify');
  });
});
