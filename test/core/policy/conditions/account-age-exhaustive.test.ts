/**
 * Rules about the age of an account, its last sign-in and a long absence: an account is as old as what it did. Every
 * combination of facts that can be gathered together is tried, and the analysis says the same.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import type { RiskSignal } from '../../../../src/core/model/risk.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { riskOf } from '../../../../src/core/policy/values/risk.ts';
import { factsOf, fixedNow, proof, riskScoring, userWith } from '../../support/fixtures.ts';
import { isGathered } from '../../support/gathered.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const scoring = { ...riskScoring, away: 90 * oneDay };
const bounds = [1, 30, 90, 120].map((days) => days * oneDay);
const durations = [undefined, 0, ...bounds.flatMap((seconds) => [seconds - 1, seconds])];
const signals: readonly (readonly RiskSignal[])[] = [[], ['newDevice'], ['longAway'], ['newDevice', 'longAway']];
const before = (duration: number | undefined) => (duration === undefined ? undefined : fixedNow - duration);

const everything: readonly Facts[] = signals.flatMap((unusual) =>
  [true, false].flatMap((known) =>
    durations.flatMap((age) =>
      durations.map((past) => {
        const createdAt = before(age);
        const lastSignIn = before(past);
        return factsOf({
          evidence: [proof('password', 0)],
          device: { known, platform: 'desktop', os: 'windows' },
          risk: riskOf(unusual, [], scoring),
          ...(lastSignIn !== undefined && { lastSignIn }),
          subject: { ...userWith(['password']), ...(createdAt !== undefined && { createdAt }) },
        });
      }),
    ),
  ),
);
const gathered = everything.filter((facts) => isGathered(facts, scoring));

const bound = fc.constantFrom(...bounds);
const lastSignIn = fc.oneof(fc.record({ within: bound }), fc.record({ notWithin: bound }));
const conditions: fc.Arbitrary<ConditionSet> = fc.record(
  {
    accountAge: fc.oneof(fc.record({ below: bound }), fc.record({ atLeast: bound })),
    lastSignIn,
    risk: fc.constantFrom<NonNullable<ConditionSet['risk']>>(
      { any: ['longAway'] },
      { none: ['longAway'] },
      { any: ['newDevice'], none: ['longAway'] },
    ),
  },
  { requiredKeys: [] },
);
const either: fc.Arbitrary<Conditions> = fc
  .tuple(conditions, fc.option(lastSignIn, { nil: undefined, freq: 2 }))
  .map(([when, signedIn]) =>
    signedIn ? { ...when, any: [{ lastSignIn: signedIn }, { risk: { any: ['longAway'] } }] } : when,
  );

test('a rule decides somewhere exactly if the analysis says so', () => {
  const counts = { decides: 0, contradictory: 0, shadowed: 0, undecided: 0 };
  fc.assert(
    fc.property(fc.array(either, { minLength: 2, maxLength: 4 }), (whens) => {
      const rules = whens.map((when, at): RuleHead => ({ name: String(at), when }));
      const policy = compilePolicy({ name: 'policy', rules });
      const deciding = new Set(gathered.map((facts) => findRule(policy, facts).rule));
      const found = ruleVerdicts(policy, ruleSpace(whens, universe({ risk: scoring })));
      for (const { kind } of found) counts[kind] += 1;
      expect(found.map(({ kind }) => kind === 'decides')).toEqual(rules.map((rule) => deciding.has(rule)));
    }),
    seeded(120),
  );
  expect(counts.undecided).toBe(0);
  for (const kind of ['decides', 'contradictory', 'shadowed'] as const) expect(counts[kind]).toBeGreaterThan(enough(5));
});
