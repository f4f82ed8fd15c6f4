/** The condition `scopes`: the OAuth scopes of the request. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { meetsLists } from '../values/membership.ts';

export const scopesCondition: ConditionDescriptor<'scopes'> = {
  about: 'scope',
  units: {},
  compile: (lists) => [{ name: 'scopes', test: ({ request }) => resultOf(meetsLists(lists, request.scopes)) }],
  varies: true,
  // A request for an API may name scopes that the configuration does not know.
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'scopes',
      add: ({ request, ...facts }, name) => ({ ...facts, request: { ...request, scopes: [...request.scopes, name] } }),
    }),
};
