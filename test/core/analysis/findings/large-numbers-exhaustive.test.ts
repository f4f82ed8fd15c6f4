/** Rules about numbers of any size: next to each bound there are other numbers, and the analysis knows of them. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { ValueTest } from '../../../../src/core/model/conditions.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { readAttribute } from '../../../../src/core/profile/attribute-value.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { ruleVerdicts } from '../../support/rule-verdicts.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const serial = { type: 'number', read: 'admin', write: 'admin' } as const;
const bounds = [0, 1, 2 ** 53, 2 ** 53 + 2, 2 ** 60, 1e300, Number.MAX_VALUE, Number.MIN_VALUE].flatMap((value) => [
  value,
  -value,
]);
/** The bounds, and the numbers next to them. */
const numbers = [...new Set(bounds.flatMap((value) => [next(value, -1), value, next(value, 1)]))].filter(
  Number.isFinite,
);

/** The next double in a direction (IEEE 754-2019, section 5.3.1, nextUp and nextDown). */
function next(value: number, direction: 1 | -1): number {
  if (value === 0) return direction * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 === direction > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

const bound = fc.constantFrom(...bounds);
const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ above: bound }),
  fc.record({ below: bound }),
  fc.record({ atLeast: bound }),
  fc.record({ equals: bound }),
  fc.record({ above: bound, below: bound }),
);

test('the analysis says that a rule decides if and only if it does for some number', () => {
  const counts = { decides: 0, contradictory: 0, shadowed: 0, undecided: 0 };
  const known = universe({ attribute: () => serial, isKept: (_, value) => readAttribute(serial, value).ok });
  fc.assert(
    fc.property(fc.array(valueTest, { minLength: 1, maxLength: 4 }), (tests) => {
      const rules = tests.map((asked, at): RuleHead => ({ name: String(at), when: { attributes: { serial: asked } } }));
      const policy = compilePolicy({ name: 'policy', rules });
      const facts = numbers.map((value) => factsOf({ subject: userWith([], { profile: { serial: value } }) }));
      const deciding = new Set(facts.map((user) => findRule(policy, user).rule));
      const space = ruleSpace(
        rules.map(({ when }) => when),
        known,
      );
      const found = ruleVerdicts(policy, space);
      for (const { kind } of found) counts[kind] += 1;
      expect(found.map(({ kind }) => kind === 'decides')).toEqual(rules.map((rule) => deciding.has(rule)));
    }),
    seeded(150),
  );
  expect(counts.undecided).toBe(0);
  for (const kind of ['decides', 'contradictory', 'shadowed'] as const) expect(counts[kind]).toBeGreaterThan(enough(8));
});
