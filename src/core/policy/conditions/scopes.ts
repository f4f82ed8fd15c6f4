/** The condition `scopes`: the OAuth scopes of the request. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { fewestMembers, meetsLists } from '../values/membership.ts';

export const scopesCondition: ConditionDescriptor<'scopes'> = {
  about: 'scope',
  holdsSeconds: false,
  compile: (lists) => [{ name: 'scopes', test: ({ request }) => resultOf(meetsLists(lists, request.scopes)) }],
  varies: true,
  // A request may ask for any scopes together.
  samples: ({ one, other }) => [{ request: { scopes: [...fewestMembers(one), ...fewestMembers(other)] } }],
  // Together with an API, a request may ask for scopes that no configuration knows.
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'scopes',
      add: ({ request, ...facts }, name) => ({ ...facts, request: { ...request, scopes: [...request.scopes, name] } }),
    }),
};
