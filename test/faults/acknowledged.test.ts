/** The short form of `npm run faults`: what was acknowledged stays, and nothing counts twice. 503 is always allowed. */
import { expect, test } from '@jest/globals';
import { experiment, stopUntilPromotion } from './lab/experiments.ts';

/** Ends what hangs: the waits of an experiment end by themselves before (milliseconds). */
const timeout = 400_000;

test.each(['Sentinel', 'Cluster'] as const)(
  '%s, two replicas: the master stalls until another was elected',
  async (kind) => {
    const { lost, twice } = await experiment(kind, 2, stopUntilPromotion);
    expect({ lost, twice }).toEqual({ lost: [], twice: [] });
  },
  timeout,
);
