/** The condition `claims`: the claims that the request marks as essential. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { fewestMembers, meetsLists } from '../membership.ts';
import { membershipTheory } from '../membership-theory.ts';

export const claimsCondition: ConditionDescriptor<'claims'> = {
  about: 'other',
  holdsSeconds: false,
  compile: (lists) => [
    { name: 'claims', test: ({ request }) => resultOf(meetsLists(lists, request.essentialClaims ?? [])) },
  ],
  varies: true,
  // A request may combine any claims.
  samples: ({ one, other }) => [{ request: { essentialClaims: [...fewestMembers(one), ...fewestMembers(other)] } }],
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'claims',
      add: ({ request, ...facts }, name) => ({
        ...facts,
        request: { ...request, essentialClaims: [...(request.essentialClaims ?? []), name] },
      }),
    }),
};
