/**
 * The condition `distance`: how far the address is from the nearest place that the user usually signs in from. Before
 * the first proof, and as long as there is no usual place, no user is far away.
 */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { pastCounts } from '../risk.ts';

export const distanceCondition: ConditionDescriptor<'distance'> = {
  compile: (condition) => [{ name: 'distance', test: (facts) => distanceResult(condition, facts) }],
  varies: true,
  // The distance counts after a proof only, which samples have none of.
  samples: () => [{}],
};

function distanceResult(condition: ConditionOf<'distance'>, facts: Facts): ConditionResult {
  if (facts.subject === undefined) return 'unknown';
  const distance = (pastCounts(facts) ? facts.distance : undefined) ?? 0;
  if (distance === 'unknown') return 'error';
  const kilometres = distance === 'nowhere' ? Number.POSITIVE_INFINITY : distance;
  return resultOf('within' in condition ? kilometres < condition.within : kilometres >= condition.notWithin);
}
