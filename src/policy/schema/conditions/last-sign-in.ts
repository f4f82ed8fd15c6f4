/** The condition `lastSignIn` as it is written in a file. */
import { z } from 'zod';
import { closed, duration } from '../fields/fields.ts';

export const lastSignInSchema = closed({
  within: duration().optional().describe('The user signed in less than so long ago, in an earlier session.'),
  notWithin: duration().optional().describe('The user did not; an account that never signed in is meant, too.'),
})
  .transform(({ within, notWithin }, context) => {
    if (within !== undefined && notWithin === undefined) return { within };
    if (notWithin !== undefined && within === undefined) return { notWithin };
    context.addIssue({ code: 'custom', message: 'give either `within` or `notWithin`' });
    return z.NEVER;
  })
  .optional()
  .describe('How long ago the user signed in before this session.');
