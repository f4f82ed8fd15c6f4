/** Comparing what requirements demand, against evidence of every kind. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evidenceBetween, impliesAll } from '../../src/core/analysis/strictness.ts';
import { type AssessedEvidence, meetsRequirement } from '../../src/core/evidence/requirement.ts';
import { allEnrollments, requirement, verificationOf } from './support/arbitraries.ts';
import { descriptor } from './support/fixtures.ts';
import { seeded } from './support/seeded.ts';

const proofs = { authenticators: Object.values(descriptor) };

const evidence: fc.Arbitrary<AssessedEvidence> = fc
  .record({
    enrollment: fc.constantFrom(...allEnrollments),
    lesser: fc.boolean(),
    age: fc.constantFrom<number | 'now'>('now', 0, 60, 61, 300, 3600, 99_999),
    idle: fc.constantFrom(0, 60, 61, 300, 301, 3600),
  })
  .map(({ enrollment, lesser, age, idle }) => ({
    ...verificationOf(enrollment, lesser),
    authenticator: enrollment.authenticator,
    enrollment: enrollment.id,
    age,
    idle,
    ...(enrollment.authenticator === 'security_question' && { auxiliary: true as const }),
  }));

test('no evidence refutes what is said to follow', () => {
  let implied = 0;
  fc.assert(
    fc.property(
      requirement,
      requirement,
      fc.array(fc.array(evidence, { maxLength: 4 }), { minLength: 30, maxLength: 30 }),
      (premise, conclusion, sets) => {
        if (!impliesAll([premise], [conclusion], proofs)) return;
        implied += 1;
        for (const set of sets)
          if (meetsRequirement(premise, set)) expect(meetsRequirement(conclusion, set)).toBe(true);
      },
    ),
    seeded(600),
  );
  expect(implied).toBeGreaterThan(5);
});

test('evidence between two requirements meets the one and not the other', () => {
  let found = 0;
  fc.assert(
    fc.property(requirement, requirement, (met, unmet) => {
      const set = evidenceBetween([met], unmet, proofs);
      if (set === undefined) return;
      found += 1;
      expect([meetsRequirement(met, set), meetsRequirement(unmet, set)]).toEqual([true, false]);
      expect(impliesAll([met], [unmet], proofs)).toBe(false);
    }),
    seeded(300),
  );
  expect(found).toBeGreaterThan(50);
});

const alternative = (maxIdle?: number) => ({
  anyOf: [{ factors: 1 as const, demands: [{ factor: 'possession' as const, ...(maxIdle && { maxIdle }) }] }],
});

test('a proof without a limit of pauses may be from before one', () => {
  expect(impliesAll([alternative()], [alternative(60)], proofs)).toBe(false);
  expect(evidenceBetween([alternative()], alternative(60), proofs)).toBeDefined();
  expect(impliesAll([alternative(60)], [alternative()], proofs)).toBe(true);
});

test('no session is without activity for longer, and none is older, than it says', () => {
  const young = { anyOf: [{ factors: 1 as const, demands: [{ factor: 'possession' as const, maxAge: 300 }] }] };
  expect(impliesAll([alternative()], [alternative(60)], { ...proofs, longestPause: 60 })).toBe(true);
  expect(impliesAll([alternative()], [alternative(60)], { ...proofs, longestPause: 61 })).toBe(false);
  expect(impliesAll([alternative()], [young], { ...proofs, oldest: 300 })).toBe(true);
  expect(impliesAll([alternative()], [young], { ...proofs, oldest: 301 })).toBe(false);
});
