/** The condition `network`: the network zones of the address that the request comes from. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { jointMembers, meetsLists } from '../membership.ts';

export const networkCondition: ConditionDescriptor<'network'> = {
  compile: (lists) => [{ name: 'network', test: ({ network }) => resultOf(meetsLists(lists, network.zones)) }],
  varies: true,
  samples: ({ one, other }) => {
    const zones = jointMembers(one, other);
    return zones === undefined ? [] : [{ network: { zones } }];
  },
};
