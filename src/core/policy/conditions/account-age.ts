/** The condition `accountAge`: how long ago the account was created. */
import type { ConditionOf } from '../../model/conditions.ts';
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';
import { among, type UserFacts, type Variable } from '../theories/theory.ts';

export const accountAgeCondition: ConditionDescriptor<'accountAge'> = {
  about: 'account',
  units: { atLeast: 'seconds', below: 'seconds' },
  compile: ({ atLeast, below }) => [
    {
      name: 'accountAge',
      test: ({ subject, now }) => {
        if (subject === undefined) return 'unknown';
        // An account without a date counts as infinitely old.
        const age = subject.createdAt === undefined ? Number.POSITIVE_INFINITY : now - subject.createdAt;
        return resultOf((atLeast === undefined || age >= atLeast) && (below === undefined || age < below));
      },
    },
  ],
  varies: true,
  theory: (conditions) => {
    // One account of each age at which an answer changes, and a new one. Between two of these ages nothing changes.
    const bounds = conditions.flatMap(({ atLeast = 0, below = 0 }) => [atLeast, below]);
    const ages = [...new Set([0, ...bounds])].sort((a, b) => b - a);
    const classes = ages.map((age) => ({ applyTo: madeSince(age) }));
    const variable: Variable = { name: 'accountAge', classes };
    const isWithin = ({ atLeast = 0, below = Number.POSITIVE_INFINITY }: ConditionOf<'accountAge'>, age: number) =>
      age >= atLeast && age < below;
    return (condition) => [
      { path: [], formula: among(variable, (at) => ages[at] !== undefined && isWithin(condition, ages[at])) },
    ];
  },
};

function madeSince(age: number): (facts: UserFacts) => UserFacts {
  return ({ subject, ...facts }) => ({ ...facts, subject: { ...subject, createdAt: facts.now - age } });
}
