/** The condition `users` as it is written in a file. */
import { anyNone } from '../membership.ts';

export const usersSchema = anyNone('people (user ids or identifiers)').optional().describe('Who it is.');
