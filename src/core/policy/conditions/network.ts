/** The condition `network`: the network zones of the address that the request comes from. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { jointMembers, meetsLists } from '../membership.ts';
import { choiceTheory, namesIn } from '../membership-theory.ts';
import type { Universe } from '../theory.ts';

export const networkCondition: ConditionDescriptor<'network'> = {
  compile: (lists) => [{ name: 'network', test: ({ network }) => resultOf(meetsLists(lists, network.zones)) }],
  varies: true,
  samples: ({ one, other }) => {
    const zones = jointMembers(one, other);
    return zones === undefined ? [] : [{ network: { zones } }];
  },
  theory: (conditions, { places }) => {
    const named = new Set(conditions.flatMap(namesIn));
    return choiceTheory(
      'network',
      distinctPlaces(places, named).map((network) => ({
        names: network.zones,
        place: (facts) => ({ ...facts, network }),
      })),
    );
  },
};

/** One place for each set of the zones that conditions name. */
function distinctPlaces(places: Universe['places'], named: ReadonlySet<string>): Universe['places'] {
  const bySet = new Map<string, Universe['places'][number]>();
  for (const place of places) {
    const key = JSON.stringify(place.zones.filter((zone) => named.has(zone)).sort());
    if (!bySet.has(key)) bySet.set(key, place);
  }
  return [...bySet.values()];
}
