/** The condition `lastSignIn` as it is written in a file. */
import { z } from 'zod';
import { closed, duration } from '../fields/fields.ts';

export const lastSignInSchema = closed({
  within: duration().optional().describe('The last sign-in before this session was less than this long ago.'),
  notWithin: duration()
    .optional()
    .describe(
      'The last sign-in before this session was at least this long ago. An account that never signed in matches, too.',
    ),
})
  .transform(({ within, notWithin }, context) => {
    if (within !== undefined && notWithin === undefined) return { within };
    if (notWithin !== undefined && within === undefined) return { notWithin };
    context.addIssue({ code: 'custom', message: 'give either `within` or `notWithin`' });
    return z.NEVER;
  })
  .optional()
  .describe('How long before this session the user last signed in.');
