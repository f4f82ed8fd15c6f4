/** The condition `recovered`: how long ago the account was recovered. An account that was never recovered is a miss. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { among, type UserFacts, type Variable } from '../theories/theory.ts';

export const recoveredCondition: ConditionDescriptor<'recovered'> = {
  about: 'account',
  units: { within: 'seconds' },
  compile: ({ within }) => [
    {
      name: 'recovered',
      test: ({ subject, now }) => {
        if (subject === undefined) return 'unknown';
        return resultOf(subject.recovery !== undefined && now - subject.recovery.at < within);
      },
    },
  ],
  varies: true,
  theory: (conditions) => {
    // Just now, and as long ago as each bound. Between two of these ages nothing changes.
    const ages = [...new Set([0, ...conditions.map(({ within }) => within)])].sort((a, b) => a - b);
    const classes = [
      { applyTo: (facts: UserFacts) => facts },
      ...ages.map((age) => ({ applyTo: recoveredSince(age) })),
    ];
    const variable: Variable = { name: 'recovered', classes };
    return ({ within }) => [
      { path: ['within'], formula: among(variable, (at) => at > 0 && (ages[at - 1] ?? within) < within) },
    ];
  },
};

function recoveredSince(age: number): (facts: UserFacts) => UserFacts {
  return ({ subject, ...facts }) => ({ ...facts, subject: { ...subject, recovery: { at: facts.now - age, by: [] } } });
}
