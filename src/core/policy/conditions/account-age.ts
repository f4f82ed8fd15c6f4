/** The condition `accountAge`: how long ago the account was made. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';

/** The time of plain samples, and one after all that samples of time have (epoch seconds). */
const SAMPLE_TIME = 1_800_000_000;
const LATER_THAN_SAMPLES = 1_840_000_000;

export const accountAgeCondition: ConditionDescriptor<'accountAge'> = {
  compile: ({ atLeast, below }) => [
    {
      name: 'accountAge',
      test: ({ subject, now }) => {
        if (subject === undefined) return 'unknown';
        // Of an account that does not exist: it looks like one that was always there.
        const age = subject.createdAt === undefined ? Number.POSITIVE_INFINITY : now - subject.createdAt;
        return resultOf((atLeast === undefined || age >= atLeast) && (below === undefined || age < below));
      },
    },
  ],
  varies: true,
  // An account without a date counts as one that was always there.
  samples: ({ one, other }) => {
    if (one?.below === undefined && other?.below === undefined) return [{}];
    const atLeast = one?.atLeast ?? other?.atLeast;
    return [{ subject: { createdAt: atLeast === undefined ? LATER_THAN_SAMPLES : SAMPLE_TIME - atLeast } }];
  },
};
