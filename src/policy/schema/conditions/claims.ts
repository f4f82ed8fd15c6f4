/** The condition `claims` as it is written in a file. */
import { listOf, text } from '../fields/fields.ts';
import { anyAllNone } from '../fields/membership.ts';

export const claimsSchema = anyAllNone('claims', listOf(text))
  .optional()
  .describe('Claims that the app calls essential in the `claims` parameter of its request.');
