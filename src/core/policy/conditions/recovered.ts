/** The condition `recovered`: how long ago the account was recovered. An account that never was is a miss. */
import { type ConditionDescriptor, resultOf } from '../condition-descriptor.ts';

export const recoveredCondition: ConditionDescriptor<'recovered'> = {
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
  samples: () => [{}],
};
