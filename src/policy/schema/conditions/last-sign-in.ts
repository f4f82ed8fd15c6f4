/** The condition `lastSignIn` as it is written in a file. */
import { closed, duration, eitherBound } from '../fields/fields.ts';

export const lastSignInSchema = closed({
  within: duration()
    .optional()
    .describe(
      'The last sign-in before this session, at the strongest level of the account, was less than this long ago.',
    ),
  notWithin: duration()
    .optional()
    .describe(
      'The last sign-in before this session was at least this long ago. An account that never signed in matches, too.',
    ),
})
  .transform(eitherBound)
  .optional()
  .describe('How long before this session the user last signed in.');
