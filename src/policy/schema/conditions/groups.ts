/** The condition `groups` as it is written in a file. */
import { anyAllNone } from '../fields/membership.ts';

export const groupsSchema = anyAllNone('groups').optional().describe('Groups of the user.');
