/** Places of which the conditions say the same are one class. */
import { expect, test } from '@jest/globals';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Formula } from '../../../../src/core/policy/theories/theory.ts';
import { universe } from '../../support/universe.ts';

test('an example is in the first place that has the zones that conditions name', () => {
  const places = [
    { ip: '192.0.2.1', zones: [] },
    { ip: '192.0.2.2', zones: ['other'] },
    { ip: '192.0.2.3', zones: ['office', 'other'] },
    { ip: '192.0.2.4', zones: ['office'] },
  ];
  const office: Conditions = { network: { any: ['office'] } };
  const space = ruleSpace([office], universe({ places }));
  const addressWhere = (formula: Formula) => {
    const found = findModel([formula], newBudget());
    return typeof found === 'object' && space.factsOf(found.model).network.ip;
  };
  expect(addressWhere(space.applies(office))).toBe('192.0.2.3');
  expect(addressWhere(space.misses(office))).toBe('192.0.2.1');
});
