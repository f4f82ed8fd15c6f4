/** The condition `claims` as it is written in a file. */
import { anyAllNone } from '../fields/membership.ts';

export const claimsSchema = anyAllNone('claims')
  .optional()
  .describe('Claims that the app calls essential in the `claims` parameter of its request.');
