/** The condition `authenticated` as it is written in a file. */
import { closedNotEmpty, listOf, text } from '../fields.ts';

export const authenticatedSchema = closedNotEmpty({
  any: listOf(text).optional().describe('Holds when the user signed in with at least one of these authenticators.'),
  all: listOf(text).optional().describe('Holds when the user signed in with all of these authenticators.'),
})
  .optional()
  .describe('How the user signed in. For rules about what happens afterwards: enrollment and profile.');
