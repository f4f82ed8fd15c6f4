/** The condition `authenticated` as it is written in a file. */
import { closedNotEmpty, listOf, proofName } from '../fields/fields.ts';

export const authenticatedSchema = closedNotEmpty({
  any: listOf(proofName)
    .optional()
    .describe('Holds when the user signed in with at least one of these authenticators, or methods of them.'),
  all: listOf(proofName)
    .optional()
    .describe('Holds when the user signed in with all of these authenticators, or methods of them.'),
})
  .optional()
  .describe('How the user signed in. For rules about what happens afterwards: enrollment and profile.');
