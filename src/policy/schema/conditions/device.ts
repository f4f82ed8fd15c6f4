/** The condition `device` as it is written in a file. */
import { z } from 'zod';
import { closedNotEmpty, listOf } from '../fields.ts';

export const deviceSchema = closedNotEmpty({
  known: z.boolean().optional().describe('The user has signed in with this browser before.'),
  platform: listOf(z.enum(['desktop', 'mobile', 'other']))
    .optional()
    .describe('Kind of device.'),
  os: listOf(z.enum(['windows', 'macos', 'linux', 'chromeos', 'ios', 'android', 'other']))
    .optional()
    .describe('Operating system.'),
})
  .optional()
  .describe('The device, as its browser describes itself. A hint, not a proof.');
