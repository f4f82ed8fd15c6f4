/** When the history of an account counts. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import { withProof } from '../../../../src/core/policy/theories/theory.ts';
import { hasPast } from '../../../../src/core/policy/values/risk.ts';
import { conditions, facts } from '../../support/fact-arbitraries.ts';
import { seeded } from '../../support/seeded.ts';

const resultOf = (policy: ReturnType<typeof compilePolicy>, some: UserFacts) =>
  findRule(policy, some).traces[0]?.result;

test('without risk and distance, no condition tells facts before a proof from those after it', () => {
  fc.assert(
    fc.property(conditions, facts, (when, { risk: _, distance: __, ...some }) => {
      const before: UserFacts = { ...some, evidence: [] };
      const policy = compilePolicy({ name: 'app', rules: [{ name: 'one', when, then: { kind: 'deny' } }] });
      expect(hasPast(before)).toBe(false);
      expect(resultOf(policy, withProof(before))).toBe(resultOf(policy, before));
    }),
    seeded(2_000),
  );
});

test('with either of them, a proof may tell them apart', () => {
  expect(hasPast({ distance: 0 })).toBe(true);
  expect(hasPast({ risk: { reasons: [], level: 'low' } })).toBe(true);
});
