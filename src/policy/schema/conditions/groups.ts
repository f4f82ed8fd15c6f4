/** The condition `groups` as it is written in a file. */
import { listOfNames } from '../fields/composed-names.ts';
import { anyAllNone } from '../fields/membership.ts';

export const groupsSchema = anyAllNone('groups', listOfNames).optional().describe('Groups of the user.');
