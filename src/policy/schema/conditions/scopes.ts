/** The condition `scopes` as it is written in a file. */
import { listOf, text } from '../fields/fields.ts';
import { anyAllNone } from '../fields/membership.ts';

export const scopesSchema = anyAllNone('scopes', listOf(text)).optional().describe('OAuth scopes of the request.');
