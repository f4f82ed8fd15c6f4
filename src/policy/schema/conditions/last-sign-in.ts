/** The condition `lastSignIn` as it is written in a file. */
import { closed, duration, eitherBound } from '../fields/fields.ts';

export const lastSignInSchema = closed({
  within: duration().optional().describe('The user signed in less than so long ago, in an earlier session.'),
  notWithin: duration().optional().describe('The user did not; an account that never signed in is meant, too.'),
})
  .transform(eitherBound)
  .optional()
  .describe('How long ago the user signed in before this session.');
