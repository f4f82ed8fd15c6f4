/** The condition `userType` as it is written in a file. */
import { listOfNames } from '../fields/composed-names.ts';
import { anyNone } from '../fields/membership.ts';

export const userTypeSchema = anyNone('user types', listOfNames).optional().describe('User type of the user.');
