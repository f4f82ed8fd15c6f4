/** The condition `network` as it is written in a file. */
import { anyAllNone } from '../fields/membership.ts';

export const networkSchema = anyAllNone('zones')
  .optional()
  .describe('Network zones of the address that the request comes from.');
