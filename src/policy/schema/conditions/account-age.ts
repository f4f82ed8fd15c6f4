/** The condition `accountAge` as it is written in a file. */
import { closedNotEmpty, duration } from '../fields/fields.ts';

export const accountAgeSchema = closedNotEmpty({
  atLeast: duration().optional().describe('The account was made so long ago, or longer.'),
  below: duration().optional().describe('The account was made less than so long ago.'),
})
  .refine(({ atLeast, below }) => atLeast === undefined || below === undefined || atLeast < below, {
    error: '`atLeast` is not below `below`: no account is meant',
  })
  .optional()
  .describe('How long ago the account was made.');
