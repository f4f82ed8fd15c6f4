/** The condition `scopes`: the OAuth scopes of the request. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { fewestMembers, meetsLists } from '../membership.ts';

export const scopesCondition: ConditionDescriptor<'scopes'> = {
  compile: (lists) => [{ name: 'scopes', test: ({ request }) => resultOf(meetsLists(lists, request.scopes)) }],
  varies: true,
  // A request may ask for any scopes together.
  samples: ({ one, other }) => [{ request: { scopes: [...fewestMembers(one), ...fewestMembers(other)] } }],
};
