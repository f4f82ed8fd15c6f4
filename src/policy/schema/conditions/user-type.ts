/** The condition `userType` as it is written in a file. */
import { text } from '../fields/fields.ts';
import { anyNone } from '../fields/membership.ts';

export const userTypeSchema = anyNone('user types', text).optional().describe('User type of the user.');
