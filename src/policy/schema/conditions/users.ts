/** The condition `users` as it is written in a file. */
import { anyNone } from '../fields/membership.ts';

export const usersSchema = anyNone('users (ids or identifiers)').optional().describe('Who signs in.');
