/** What `explain` reports as missing, against tables and against the naive reading. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assessedEvidence, type MissingEvidence, missingOf } from '../../../src/core/decision/missing-evidence.ts';
import type { Evidence } from '../../../src/core/model/facts.ts';
import type { ChainStep, Requirement } from '../../../src/core/model/policy.ts';
import { world } from '../support/arbitraries.ts';
import { allow, always, factors, factsOf, fixedNow, policiesOf, proof, userWith } from '../support/fixtures.ts';
import { naivelyMeets } from '../support/naive-evaluator.ts';
import { enough, seeded } from '../support/seeded.ts';

const everything = userWith(['password', 'totp', 'webauthn', 'security_question']);

function missing(requirement: Requirement, evidence: readonly Evidence[]): readonly MissingEvidence[] {
  return missingOf(requirement, assessedEvidence(policiesOf(), factsOf({ subject: everything, evidence })));
}

const knowledge = { factor: 'knowledge', authenticators: ['password'], maxAge: 300 } as const;
const base = { kind: 'alternative', demands: [], covered: [] } as const;

test.each<[string, Requirement, readonly Evidence[], readonly MissingEvidence[]]>([
  ['met', factors(1), [proof('password', 10)], []],
  ['no evidence', factors(2), [], [{ ...base, factors: 2 }]],
  ['one of two', factors(2), [proof('password', 10)], [{ ...base, factors: 1, covered: ['knowledge'] }]],
  [
    'two of one type are one',
    factors(2),
    [proof('password', 10), proof('security_question', 10)],
    [{ ...base, factors: 1, covered: ['knowledge'] }],
  ],
  [
    'a demand covers its factor type',
    factors(2, { demands: [knowledge] }),
    [],
    [{ ...base, demands: [knowledge], factors: 1 }],
  ],
  [
    'evidence too old for a demand still covers its type',
    factors(2, { demands: [knowledge] }),
    [proof('password', 301), proof('totp', 10)],
    [{ ...base, demands: [knowledge], factors: 0, covered: ['possession', 'knowledge'] }],
  ],
  [
    'demands without a factor type cover one together',
    factors(3, { demands: [{ authenticators: ['totp'] }, { authenticators: ['webauthn'] }] }),
    [],
    [{ ...base, demands: [{ authenticators: ['totp'] }, { authenticators: ['webauthn'] }], factors: 2 }],
  ],
  [
    'a demand without a factor type covers none beside evidence',
    factors(2, { demands: [{ authenticators: ['totp'] }] }),
    [proof('password', 10)],
    [{ ...base, demands: [{ authenticators: ['totp'] }], factors: 1, covered: ['knowledge'] }],
  ],
  [
    'evidence too old for all meets no demand',
    factors(1, { maxAge: 60, demands: [{ factor: 'knowledge' }] }),
    [proof('password', 61)],
    [{ ...base, demands: [{ factor: 'knowledge' }], factors: 0, maxAge: 60 }],
  ],
  [
    'evidence too old for all covers nothing',
    factors(2, { maxAge: 60 }),
    [proof('password', 61)],
    [{ ...base, factors: 2, maxAge: 60 }],
  ],
  [
    'one entry for each alternative',
    { anyOf: [...(factors(2) as { anyOf: [] }).anyOf, { factors: 3, demands: [] }] },
    [proof('totp', 10)],
    [
      { ...base, factors: 1, covered: ['possession'] },
      { ...base, factors: 2, covered: ['possession'] },
    ],
  ],
])('%s', (_, requirement, evidence, expected) => {
  expect(missing(requirement, evidence)).toEqual(expected);
});

test('a user who has not identified has no evidence', () => {
  expect(assessedEvidence(policiesOf(), factsOf({ evidence: [proof('password', 10)] }))).toEqual([]);
});

const step = (...authenticators: string[]): ChainStep => ({ authenticators });

test('a chain lacks the fewest steps that are left', () => {
  const chains = (...chain: ChainStep[]): Requirement => ({ chains: [chain] });
  const left = (requirement: Requirement, ...shown: Evidence[]) =>
    missing(requirement, shown).map((lacking) => lacking.kind === 'chain' && lacking.steps);
  expect(left(chains(step('password'), step('totp')), proof('totp', 5))).toEqual([[step('password')]]);
  // Either step could be what is left: the first is named.
  const either = step('password', 'totp');
  expect(left(chains(either, step('totp')), proof('totp', 5))).toEqual([[either]]);
  // The evidence that fits both steps is not spent on the first.
  const evidence = [proof('totp', 5), proof('password', 5)];
  expect(left(chains(step('totp', 'password'), step('totp')), ...evidence)).toEqual([]);
});

test('nothing is missing exactly when the requirement is met', () => {
  const seen = { met: 0, unmet: 0 };
  const worlds = world({ requirement: fc.constantFrom(factors(1)), enrollments: 4, evidence: 4 });
  fc.assert(
    fc.property(worlds, ({ has, evidence }) => {
      const subject = userWith([], { enrollments: has });
      const policies = policiesOf({ session: always(allow(factors(1), { idle: 1000, absolute: 1000 })) });
      const facts = factsOf({ subject, evidence });
      for (const count of [1, 2, 3] as const) {
        const requirement = factors(count, { maxAge: 300 });
        const isMet = naivelyMeets(requirement, evidence, { now: fixedNow, transaction: 'tx-now', maxAge: 1000 });
        const lacks = missingOf(requirement, assessedEvidence(policies, facts));
        expect(lacks.length === 0).toBe(isMet);
        for (const lack of lacks) expect(lack.kind === 'alternative' && lack.factors).toBeGreaterThan(0);
        seen[isMet ? 'met' : 'unmet'] += 1;
      }
    }),
    seeded(300),
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(enough(50));
});
