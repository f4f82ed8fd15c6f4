/**
 * The condition `authenticated`: how the user signed in. It stays unknown until the user has proved everything that the
 * sign-in asks for, so its rules cannot change what the sign-in asks for.
 */
import { authenticatorIn } from '../../model/authenticator-name.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { meetsLists } from '../values/membership.ts';

export const authenticatedCondition: ConditionDescriptor<'authenticated'> = {
  about: 'evidence',
  units: {},
  compile: (lists) => [
    {
      name: 'authenticated',
      test: ({ subject, signedInWith }) => {
        if (subject === undefined || signedInWith === undefined) return 'unknown';
        return resultOf(meetsLists(lists, signedInWith));
      },
    },
  ],
  varies: true,
  theory: (conditions) =>
    membershipTheory(conditions, {
      what: 'authenticated',
      add: (facts, name) => ({
        ...facts,
        signedInWith: [...new Set([...(facts.signedInWith ?? []), name, authenticatorIn(name)])],
      }),
      // A proof by a method is also a proof by its authenticator.
      implied: authenticatorIn,
    }),
};
