/** The condition `claims`: the claims that the request marks as essential. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { meetsLists } from '../values/membership.ts';

export const claimsCondition: ConditionDescriptor<'claims'> = {
  about: 'other',
  units: {},
  compile: (lists) => [
    { name: 'claims', test: ({ request }) => resultOf(meetsLists(lists, request.essentialClaims ?? [])) },
  ],
  varies: true,
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'claims',
      add: ({ request, ...facts }, name) => ({
        ...facts,
        request: { ...request, essentialClaims: [...(request.essentialClaims ?? []), name] },
      }),
    }),
};
