/**
 * The condition `distance`: how far the address is from the nearest place that the user usually signs in from. Before
 * the first proof, and as long as there is no usual place, no user is far away.
 */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { among, type UserFacts, type Variable, withProof } from '../theories/theory.ts';
import { pastCounts } from '../values/risk.ts';

export const distanceCondition: ConditionDescriptor<'distance'> = {
  about: 'other',
  holdsSeconds: false,
  compile: (condition) => [{ name: 'distance', test: (facts) => distanceResult(condition, facts) }],
  varies: true,
  // The distance counts after a proof only, which samples have none of.
  samples: () => [{}],
  theory: (conditions, { knowsCountries }) => {
    // At the usual place, and as far away as each bound: between these distances nothing changes.
    const bounds = knowsCountries ? conditions.map(boundOf) : [];
    const distances = [...new Set([0, ...bounds])].sort((a, b) => a - b);
    const variable: Variable = {
      name: 'distance',
      classes: distances.map((distance) => ({ place: farAway(distance) })),
    };
    return (condition) => [
      {
        path: ['within' in condition ? 'within' : 'notWithin'],
        formula: among(variable, (at) => isMet(condition, distances[at] ?? 0)),
      },
    ];
  },
};

function boundOf(condition: ConditionOf<'distance'>): number {
  return 'within' in condition ? condition.within : condition.notWithin;
}

function farAway(distance: number): (facts: UserFacts) => UserFacts {
  return (facts) => (distance === 0 ? facts : withProof({ ...facts, distance }));
}

function isMet(condition: ConditionOf<'distance'>, kilometres: number): boolean {
  return 'within' in condition ? kilometres < condition.within : kilometres >= condition.notWithin;
}

function distanceResult(condition: ConditionOf<'distance'>, facts: Facts): ConditionResult {
  if (facts.subject === undefined) return 'unknown';
  const distance = (pastCounts(facts) ? facts.distance : undefined) ?? 0;
  if (distance === 'unknown') return 'error';
  const kilometres = distance === 'nowhere' ? Number.POSITIVE_INFINITY : distance;
  return resultOf(isMet(condition, kilometres));
}
