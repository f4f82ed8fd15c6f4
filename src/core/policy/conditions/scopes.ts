/** The condition `scopes`: the OAuth scopes of the request. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { fewestMembers, meetsLists } from '../values/membership.ts';

export const scopesCondition: ConditionDescriptor<'scopes'> = {
  about: 'scope',
  holdsSeconds: false,
  compile: (lists) => [{ name: 'scopes', test: ({ request }) => resultOf(meetsLists(lists, request.scopes)) }],
  varies: true,
  // A request may combine any scopes.
  samples: ({ one, other }) => [{ request: { scopes: [...fewestMembers(one), ...fewestMembers(other)] } }],
  // A request for an API may name scopes that the configuration does not know.
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'scopes',
      add: ({ request, ...facts }, name) => ({ ...facts, request: { ...request, scopes: [...request.scopes, name] } }),
    }),
};
