/** The condition `risk` as it is written in a file. */
import { z } from 'zod';
import { riskSignals } from '../../../core/model/risk.ts';
import { closedNotEmpty, listOf, whenSound } from '../fields/fields.ts';
import { laterCheck } from '../fields/later-check.ts';

const level = z.enum(['medium', 'high']);

interface Levels {
  readonly atLeast?: z.output<typeof level> | undefined;
  readonly below?: z.output<typeof level> | undefined;
}

const signals = listOf(z.enum(riskSignals));

export const riskSchema = closedNotEmpty({
  atLeast: level.optional().describe('The points of all that is unusual reach this level, or a higher one.'),
  below: level.optional().describe('The points of all that is unusual do not reach this level.'),
  any: signals.optional().describe('One of these is unusual, whatever its points.'),
  none: signals.optional().describe('None of these is unusual.'),
})
  .refine(
    laterCheck(
      ({ atLeast, below }: Levels) =>
        atLeast === undefined || below === undefined || (atLeast === 'medium' && below === 'high'),
    ),
    {
      error: '`atLeast` is not below `below`: no sign-in can match',
      when: whenSound,
    },
  )
  .optional()
  .describe('What is unusual about the sign-in, by `risk` of stepgate.yaml. Counts after the first proof.');
