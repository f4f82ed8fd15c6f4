/** The condition `apps` as it is written in a file. */
import { anyNone } from '../fields/membership.ts';

export const appsSchema = anyNone('apps (client ids)').optional().describe('App that the user signs in to.');
