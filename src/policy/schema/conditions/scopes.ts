/** The condition `scopes` as it is written in a file. */
import { anyAllNone } from '../fields/membership.ts';

export const scopesSchema = anyAllNone('scopes').optional().describe('OAuth scopes of the request.');
