/** The condition `network` as it is written in a file. */
import { listOf, text } from '../fields/fields.ts';
import { anyAllNone } from '../fields/membership.ts';

export const networkSchema = anyAllNone('zones', listOf(text))
  .optional()
  .describe('Network zones of the address that the request comes from.');
