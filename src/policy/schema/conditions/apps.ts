/** The condition `apps` as it is written in a file. */
import { listOf, text } from '../fields/fields.ts';
import { anyNone } from '../fields/membership.ts';

export const appsSchema = anyNone('apps (client ids)', listOf(text))
  .optional()
  .describe('App that the user signs in to.');
