import type { Seconds } from '../core/model.ts';
import type { NewCredential } from './credentials.ts';

/**
 * Draws a temporary access code of `length` signs that counts `uses` times, until `expiresAt` (epoch seconds). `code` is for the person,
 * to be shown once. Whoever puts the commands together hands it in.
 */
export type IssueAccessCode = (terms: {
  readonly length: number;
  readonly uses: number;
  readonly expiresAt: Seconds;
}) => Promise<{ readonly code: string; readonly credential: NewCredential }>;
