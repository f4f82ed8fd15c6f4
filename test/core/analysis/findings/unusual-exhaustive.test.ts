/**
 * Rules about risk, distance, devices and the last sign-in: every combination of facts that can be gathered together is
 * tried, and the analysis says the same.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ConditionSet, Conditions } from '../../../../src/core/model/conditions.ts';
import { oneDay } from '../../../../src/core/model/durations.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { type RiskScoring, type RiskSignal, riskSignals } from '../../../../src/core/model/risk.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { riskOf } from '../../../../src/core/policy/values/risk.ts';
import { factsOf, fixedNow, proof, riskScoring, userWith } from '../../support/fixtures.ts';
import { isGathered } from '../../support/gathered.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const subsets = riskSignals.reduce<readonly (readonly RiskSignal[])[]>(
  (all, signal) => all.flatMap((set) => [set, [...set, signal]]),
  [[]],
);
const distances: readonly NonNullable<Facts['distance']>[] = [0, 50, 300, 'nowhere', 'unknown'];

type Past = Pick<Facts, 'risk' | 'distance' | 'device' | 'evidence'>;

const evidence = [proof('password', 60)];
const device = (known: boolean) => ({ known, platform: 'desktop', os: 'windows' }) as const;

/** Whatever can be found, and what cannot be found out. */
function pasts(scoring: RiskScoring, knowsCountries: boolean): readonly Past[] {
  const ofPlaces: readonly RiskSignal[] = ['newCountry', 'impossibleTravel'];
  const risks = subsets
    .filter((set) => knowsCountries || !ofPlaces.some((ofPlace) => set.includes(ofPlace)))
    .flatMap((set) => (knowsCountries ? [[], ofPlaces] : [[]]).map((unknown) => riskOf(set, unknown, scoring)));
  const unrecorded = { risk: riskOf([], riskSignals, scoring), distance: 'unknown' as const };
  return [true, false].flatMap((known) => [
    { ...unrecorded, device: device(known), evidence },
    ...risks.flatMap((unusual) =>
      (knowsCountries ? distances : ([0] as const)).flatMap((distance) =>
        [[], evidence].map((proofs) => ({ risk: unusual, distance, device: device(known), evidence: proofs })),
      ),
    ),
  ]);
}

function everything(scoring: RiskScoring, knowsCountries: boolean): readonly Facts[] {
  const found = pasts(scoring, knowsCountries).flatMap((past) =>
    [[], ['a']].flatMap((groups) =>
      [undefined, 1, 10, 60].map((days) =>
        factsOf({
          ...past,
          ...(days !== undefined && { lastSignIn: fixedNow - days * oneDay }),
          subject: userWith(['password'], { id: 'ann', groups }),
        }),
      ),
    ),
  );
  return found.filter((facts) => facts.risk?.unknown?.length === riskSignals.length || isGathered(facts, scoring));
}

const signals = fc.subarray([...riskSignals], { minLength: 1, maxLength: 3 });
const level = fc.constantFrom('medium' as const, 'high' as const);
const risk: fc.Arbitrary<ConditionSet> = fc
  .oneof(
    fc.record({ atLeast: level }),
    fc.record({ below: level }),
    fc.record({ any: signals }),
    fc.record({ none: signals }),
    fc.record({ atLeast: level, none: signals }),
    fc.record({ any: signals, below: level }),
  )
  .map((condition) => ({ risk: condition }));
const bound = fc.constantFrom(40, 200);
const age = fc.constantFrom(5 * oneDay, 30 * oneDay);
const other: fc.Arbitrary<ConditionSet> = fc.oneof(
  fc.oneof(fc.record({ within: bound }), fc.record({ notWithin: bound })).map((distance) => ({ distance })),
  fc.oneof(fc.record({ within: age }), fc.record({ notWithin: age })).map((lastSignIn) => ({ lastSignIn })),
  fc.boolean().map((known) => ({ device: { known } })),
  fc.constantFrom({ any: ['a'] }, { none: ['a'] }).map((groups) => ({ groups })),
);
const signalSet = fc.oneof(
  { weight: 4, arbitrary: risk },
  { weight: 2, arbitrary: other },
  { weight: 2, arbitrary: fc.tuple(risk, other).map(([ofRisk, more]) => ({ ...ofRisk, ...more })) },
);
const conditions: fc.Arbitrary<Conditions> = fc
  .tuple(signalSet, fc.option(fc.array(signalSet, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 }))
  .map(([when, any]) => ({ ...when, ...(any && { any }) }));
const points = fc.constantFrom(0, 10, 20, 60);
const scorings = fc
  .record({
    newDevice: points,
    newNetwork: points,
    newCountry: points,
    impossibleTravel: points,
    recentFailures: points,
    longAway: points,
  })
  .map((drawn): RiskScoring => ({ ...riskScoring, points: drawn }));

test('the analysis says that a rule decides if and only if it does in some sign-in', () => {
  const counts = { decides: 0, contradictory: 0, shadowed: 0, undecided: 0 };
  const drawn = [fc.array(conditions, { minLength: 2, maxLength: 4 }), scorings, fc.boolean()] as const;
  fc.assert(
    fc.property(...drawn, (whens, scoring, knowsCountries) => {
      const rules = whens.map((when, at): RuleHead => ({ name: String(at), when }));
      const policy = compilePolicy({ name: 'policy', rules });
      const all = everything(scoring, knowsCountries);
      const deciding = new Set(all.map((facts) => findRule(policy, facts).rule));
      const found = ruleVerdicts(policy, ruleSpace(whens, universe({ risk: scoring, knowsCountries })));
      for (const { kind } of found) counts[kind] += 1;
      expect(found.map(({ kind }) => kind === 'decides')).toEqual(rules.map((rule) => deciding.has(rule)));
    }),
    seeded(40),
  );
  expect(counts.undecided).toBe(0);
  for (const kind of ['decides', 'contradictory', 'shadowed'] as const) expect(counts[kind]).toBeGreaterThan(enough(0));
});
