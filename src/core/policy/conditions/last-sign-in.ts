/** The condition `lastSignIn`: how long ago the user signed in before this session. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';

export const lastSignInCondition: ConditionDescriptor<'lastSignIn'> = {
  compile: (condition) => [
    {
      name: 'lastSignIn',
      test: ({ subject, lastSignIn, now }) => {
        if (subject === undefined) return 'unknown';
        const age = lastSignIn === undefined ? Number.POSITIVE_INFINITY : now - lastSignIn;
        return resultOf('within' in condition ? age < condition.within : age >= condition.notWithin);
      },
    },
  ],
  varies: true,
  // An account that never signed in before meets `notWithin`. Of the others, a sign-in after all times of samples.
  samples: ({ one, other }) =>
    [one, other].some((condition) => condition && 'within' in condition) ? [{ lastSignIn: 1_840_000_000 }] : [{}],
};
