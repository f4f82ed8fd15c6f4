/** Places of which the conditions say the same are one class. */
import { expect, test } from '@jest/globals';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { Formula, Universe } from '../../../../src/core/policy/theories/theory.ts';
import { universe } from '../../support/universe.ts';

const office: Conditions = { network: { any: ['office'] } };

test.each<[string, Universe['places'], inside: string, outside: string]>([
  [
    'the first place',
    [
      { ip: '192.0.2.1', zones: [] },
      { ip: '192.0.2.2', zones: ['other'] },
      { ip: '192.0.2.3', zones: ['office', 'other'] },
      { ip: '192.0.2.4', zones: ['office'] },
    ],
    '192.0.2.3',
    '192.0.2.1',
  ],
  [
    'the first place that is not ruled out',
    [
      { ip: '192.0.2.1', zones: [], isRuledOut: true },
      { ip: '192.0.2.2', zones: ['office'], isRuledOut: true },
      { ip: '192.0.2.3', zones: ['office', 'other'], isRuledOut: true },
      { ip: '192.0.2.4', zones: ['office', 'more'] },
      { ip: '192.0.2.5', zones: ['office', 'most'], isRuledOut: true },
      { ip: '192.0.2.6', zones: ['most'] },
      { ip: '192.0.2.7', zones: ['other'] },
    ],
    '192.0.2.4',
    '192.0.2.6',
  ],
  [
    'no place if all are ruled out',
    [
      { ip: '192.0.2.1', zones: [] },
      { ip: '192.0.2.2', zones: ['office'], isRuledOut: true },
    ],
    '192.0.2.1',
    '192.0.2.1',
  ],
])('an example is in %s that has the zones that conditions name', (_, places, inside, outside) => {
  const space = ruleSpace([office], universe({ places }));
  const addressWhere = (formula: Formula) => {
    const found = findModel([formula], newBudget());
    return typeof found === 'object' && space.factsOf(found.model).network.ip;
  };
  expect(addressWhere(space.applies(office))).toBe(inside);
  expect(addressWhere(space.misses(office))).toBe(outside);
});
