/** The condition `device` as it is written in a file. */
import { z } from 'zod';
import { operatingSystems, platforms } from '../../model/platforms.ts';
import { closedNotEmpty, listOf, text } from '../fields/fields.ts';
import { anyAllNone } from '../fields/membership.ts';

export const deviceSchema = closedNotEmpty({
  known: z
    .boolean()
    .optional()
    .describe(
      'Before this session the user signed in with this browser, at the strongest level that the account can reach.',
    ),
  platform: listOf(z.enum(platforms)).optional().describe('Kind of device.'),
  os: listOf(z.enum(operatingSystems)).optional().describe('Operating system.'),
  registered: z.boolean().optional().describe('A trusted source says that the device is one of yours.'),
  managed: z.boolean().optional().describe('A trusted source says that it is managed.'),
  assurance: anyAllNone('assurances', listOf(text))
    .optional()
    .describe('Assurances of `deviceSignals` that the device meets.'),
})
  .optional()
  .describe(
    'The browser, and its device: `known`, `platform` and `os` as the browser says, the others by `deviceSignals`.',
  );
