import type { NewCredential } from '../authenticators/authenticator.ts';
import type { Seconds } from '../core/model/facts.ts';

/** What an administrator may issue. */
export interface AccessCodeBounds {
  /** Letters and digits. */
  readonly minLength: number;
  readonly maxLifetime: Seconds;
  readonly maxUses: number;
}

/** Temporary access codes, as whoever puts the commands together hands them in. */
export interface AccessCodes {
  /** By the settings of all authenticators, by key; the widest bounds when they say nothing about it. */
  bounds(settings: Readonly<Record<string, unknown>>): AccessCodeBounds;
  /**
   * Draws one of `length` signs that counts `uses` times, until `expiresAt` (epoch seconds). `code` is for the person, to be shown once.
   */
  issue(terms: {
    readonly length: number;
    readonly uses: number;
    readonly expiresAt: Seconds;
  }): Promise<{ readonly code: string; readonly credential: NewCredential }>;
}
