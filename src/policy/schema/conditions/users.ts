/** The condition `users` as it is written in a file. */
import { anyNone } from '../membership.ts';

export const usersSchema = anyNone('users (ids or identifiers)').optional().describe('Who signs in.');
