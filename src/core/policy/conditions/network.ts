/**
 * The condition `network`: the network zones of the address that sends the request. A zone that could not be looked up
 * is an error, unless the other zones decide.
 */
import type { AnyAllNone, ConditionResult } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { allOf, anyOf } from '../condition-result.ts';
import { choiceTheory, namesIn } from '../theories/membership-theory.ts';
import type { Universe, UserFacts } from '../theories/theory.ts';
import { meetsLists } from '../values/membership.ts';

export const networkCondition: ConditionDescriptor<'network'> = {
  about: 'circumstance',
  units: {},
  compile: (lists) => [
    {
      name: 'network',
      test: ({ network }) =>
        network.unknownZones === undefined ? resultOf(meetsLists(lists, network.zones)) : uncertain(lists, network),
    },
  ],
  varies: true,
  theory: (conditions, { places }) => {
    const named = new Set(conditions.flatMap(namesIn));
    return choiceTheory(
      'network',
      distinctPlaces(places, named).map(({ isRuledOut, ...network }) => ({
        names: network.zones,
        ...(!isRuledOut && { applyTo: (facts: UserFacts) => ({ ...facts, network }) }),
      })),
    );
  },
};

function uncertain({ any, all = [], none = [] }: AnyAllNone, network: Facts['network']): ConditionResult {
  const isIn = (zone: string): ConditionResult =>
    network.unknownZones?.includes(zone) ? 'error' : resultOf(network.zones.includes(zone));
  const isOutside = (zone: string): ConditionResult =>
    network.unknownZones?.includes(zone) ? 'error' : resultOf(!network.zones.includes(zone));
  return allOf([...(any === undefined ? [] : [anyOf(any.map(isIn))]), ...all.map(isIn), ...none.map(isOutside)]);
}

/** One place for each distinct set of the zones that conditions name, one for examples if there is one. */
function distinctPlaces(places: Universe['places'], named: ReadonlySet<string>): Universe['places'] {
  const bySet = new Map<string, Universe['places'][number]>();
  for (const place of places) {
    const key = JSON.stringify(place.zones.filter((zone) => named.has(zone)).sort());
    const known = bySet.get(key);
    if (known === undefined || (known.isRuledOut && !place.isRuledOut)) bySet.set(key, place);
  }
  return [...bySet.values()];
}
