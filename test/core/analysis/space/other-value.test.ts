/** Formulas about the other value of an attribute. */
import { expect, test } from '@jest/globals';
import { otherValueOf } from '../../../../src/core/analysis/space/other-value.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import { universe } from '../../support/universe.ts';

test('each formula has one copy, and what says nothing of the attribute is its own, so that a search reads it once', () => {
  const inGroup: Conditions = { groups: { any: ['a', 'b'] } };
  const both: Conditions = { ...inGroup, attributes: { plan: { equals: 'gold' } } };
  const space = ruleSpace([inGroup, both], universe());
  const { withOther } = otherValueOf('plan', [inGroup, both], space);
  const [alone, together] = [space.applies(inGroup), space.applies(both)];
  expect(withOther(alone)).toBe(alone);
  expect(withOther(together)).not.toBe(together);
  expect(withOther(together)).toBe(withOther(together));
});
