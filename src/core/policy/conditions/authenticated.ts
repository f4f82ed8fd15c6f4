/**
 * The condition `authenticated`: how the user signed in. Until the user has proved everything that the sign-in asks
 * for, it is known only where further proofs cannot change it. Its rules never change what the sign-in asks for.
 */
import { authenticatorIn } from '../../model/authenticator-name.ts';
import type { ConditionResult, Conditions } from '../../model/conditions.ts';
import type { SigningInWith } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { membershipTheory } from '../theories/membership-theory.ts';
import { meetsLists } from '../values/membership.ts';

export const authenticatedCondition: ConditionDescriptor<'authenticated'> = {
  about: 'evidence',
  units: {},
  compile: (lists) => [
    {
      name: 'authenticated',
      test: ({ subject, signedInWith, signingInWith }) => {
        if (subject === undefined) return 'unknown';
        if (signedInWith !== undefined) return resultOf(meetsLists(lists, signedInWith));
        return signingInWith ? resultSoFar(lists, signingInWith) : 'unknown';
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

/** `unknown` if proofs that the user can still give decide. */
function resultSoFar(
  { any, all }: NonNullable<Conditions['authenticated']>,
  { proved, possible }: SigningInWith,
): ConditionResult {
  const isProved = (name: string) => proved.includes(name);
  const isPossible = (name: string) => possible.includes(authenticatorIn(name));
  if ((any && !any.some(isPossible)) || (all && !all.every(isPossible))) return 'miss';
  return (!any || any.some(isProved)) && (!all || all.every(isProved)) ? 'hit' : 'unknown';
}
