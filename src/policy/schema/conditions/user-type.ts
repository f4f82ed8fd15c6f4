/** The condition `userType` as it is written in a file. */
import { anyNone } from '../fields/membership.ts';

export const userTypeSchema = anyNone('user types').optional().describe('User type of the user.');
