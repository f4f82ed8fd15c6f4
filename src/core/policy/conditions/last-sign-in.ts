/** The condition `lastSignIn`: how long ago the user signed in before this session. */
import type { Seconds } from '../../model/facts.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { among, type UserFacts, type Variable } from '../theories/theory.ts';
import { boundOf, isWithinBound } from '../values/bound.ts';

export const lastSignInCondition: ConditionDescriptor<'lastSignIn'> = {
  about: 'past',
  units: { within: 'seconds', notWithin: 'seconds' },
  compile: (condition) => [
    {
      name: 'lastSignIn',
      test: ({ subject, lastSignIn, now }) => {
        if (subject === undefined) return 'unknown';
        if (lastSignIn === 'unknown') return 'error';
        const age = lastSignIn === undefined ? Number.POSITIVE_INFINITY : now - lastSignIn;
        return resultOf(isWithinBound(condition, age));
      },
    },
  ],
  varies: true,
  theory: (conditions) => {
    // Classes: never, just now, and as long ago as each bound except the longest, which "never" already covers.
    const bounds = conditions.map(boundOf);
    const ages = [...new Set([0, ...bounds])].sort((a, b) => a - b).slice(0, -1);
    const never = { applyTo: (facts: UserFacts) => facts };
    const variable: Variable = {
      name: 'lastSignIn',
      classes: [never, ...ages.map((age) => ({ applyTo: signedIn(age) }))],
    };
    const ageAt = (index: number) => ages[index - 1] ?? Number.POSITIVE_INFINITY;
    return (condition) => [
      {
        path: ['within' in condition ? 'within' : 'notWithin'],
        formula: among(variable, (at) => isWithinBound(condition, ageAt(at))),
      },
    ];
  },
};

function signedIn(age: Seconds): (facts: UserFacts) => UserFacts {
  return (facts) => ({ ...facts, lastSignIn: facts.now - age });
}
