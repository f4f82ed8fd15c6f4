import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';

/** What an administrator may issue. */
export interface AccessCodeBounds {
  /** Letters and digits. */
  readonly minLength: number;
  readonly maxLifetime: Seconds;
  readonly maxUses: number;
}

/** Temporary access codes, as the composition root hands them to the commands. */
export interface AccessCodes {
  /**
   * By the settings of all authenticators, by key; the widest bounds when they say nothing about it. Undefined: they
   * are not enabled, so that no code would be taken.
   */
  bounds(settings: Readonly<Record<string, unknown>>): AccessCodeBounds | undefined;
  /**
   * Draws a code of `length` characters that can be used `uses` times until `expiresAt` (epoch seconds). `code` is
   * shown once, for the user.
   */
  issue(terms: {
    readonly length: number;
    readonly uses: number;
    readonly expiresAt: Seconds;
  }): Promise<{ readonly code: string; readonly credential: NewCredential }>;
}
