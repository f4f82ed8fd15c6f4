/** The condition `recovered` as it is written in a file. */
import { closed, duration } from '../fields/fields.ts';

export const recoveredSchema = closed({
  within: duration().describe('The account was recovered less than this long ago.'),
})
  .optional()
  .describe('A recovery set the password recently. An account that was never recovered does not match.');
