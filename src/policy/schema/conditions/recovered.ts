/** The condition `recovered` as it is written in a file. */
import { closed, duration } from '../fields/fields.ts';

export const recoveredSchema = closed({
  within: duration().describe('The account was recovered less than so long ago.'),
})
  .optional()
  .describe('The password was set by a recovery not long ago. An account that was never recovered is not meant.');
