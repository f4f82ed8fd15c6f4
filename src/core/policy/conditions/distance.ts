/**
 * The condition `distance`: how far the address is from the nearest place that the user usually signs in from. Before
 * the first proof, and while the user has no usual place, nothing counts as distant.
 */
import type { ConditionOf, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { among, type UserFacts, type Variable, withProof } from '../theories/theory.ts';
import { boundOf, isWithinBound } from '../values/bound.ts';
import { pastCounts } from '../values/risk.ts';

export const distanceCondition: ConditionDescriptor<'distance'> = {
  about: 'other',
  units: { within: 'kilometres', notWithin: 'kilometres' },
  compile: (condition) => [{ name: 'distance', test: (facts) => distanceResult(condition, facts) }],
  varies: true,
  onceProved: true,
  theory: (conditions, { knowsCountries }) => {
    // The usual place, and a place at the distance of each bound. Between two of these distances nothing changes.
    const bounds = knowsCountries ? conditions.map(boundOf) : [];
    const distances = [...new Set([0, ...bounds])].sort((a, b) => a - b);
    const variable: Variable = {
      name: 'distance',
      classes: distances.map((distance) => ({ applyTo: farAway(distance) })),
    };
    return (condition) => [
      {
        path: ['within' in condition ? 'within' : 'notWithin'],
        formula: among(variable, (at) => isWithinBound(condition, distances[at] ?? 0)),
      },
    ];
  },
};

function farAway(distance: number): (facts: UserFacts) => UserFacts {
  return (facts) => (distance === 0 ? facts : withProof({ ...facts, distance }));
}

function distanceResult(condition: ConditionOf<'distance'>, facts: Facts): ConditionResult {
  if (facts.subject === undefined) return 'unknown';
  const distance = (pastCounts(facts) ? facts.distance : undefined) ?? 0;
  if (distance === 'unknown') return 'error';
  const kilometres = distance === 'nowhere' ? Number.POSITIVE_INFINITY : distance;
  return resultOf(isWithinBound(condition, kilometres));
}
