/** The condition `accountAge` as it is written in a file. */
import { closedNotEmpty, duration, whenSound } from '../fields/fields.ts';

export const accountAgeSchema = closedNotEmpty({
  atLeast: duration().optional().describe('The account is at least this old.'),
  below: duration().optional().describe('The account is younger than this.'),
})
  .refine(({ atLeast, below }) => atLeast === undefined || below === undefined || atLeast < below, {
    error: '`atLeast` is not below `below`: no account can match',
    when: whenSound,
  })
  .optional()
  .describe('Age of the account.');
