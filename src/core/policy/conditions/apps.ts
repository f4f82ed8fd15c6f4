/** The condition `apps`: the client id of the request. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { choiceTheory } from '../theories/membership-theory.ts';
import { meetsLists } from '../values/membership.ts';

export const appsCondition: ConditionDescriptor<'apps'> = {
  about: 'app',
  units: {},
  compile: (lists) => [{ name: 'apps', test: ({ request }) => resultOf(meetsLists(lists, [request.clientId])) }],
  varies: false,
  theory: (_, { clientIds }) =>
    choiceTheory(
      'apps',
      clientIds.map((clientId) => ({
        names: [clientId],
        applyTo: (facts) => ({ ...facts, request: { ...facts.request, clientId } }),
      })),
    ),
};
