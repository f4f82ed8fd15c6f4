/** Temporary access codes, as commands issue them. */
import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { Seconds } from '../../core/model/facts.ts';

/** The limits for access codes that an administrator issues. */
export interface AccessCodeBounds {
  /** Letters and digits. */
  readonly minLength: number;
  readonly maxLifetime: Seconds;
  readonly maxUses: number;
}

/** Temporary access codes: the interface that `main` gives to the commands. */
export interface AccessCodes {
  /**
   * The limits from the settings of all authenticators, by key; without a setting, the widest ones. Undefined if access
   * codes are not enabled and would not be accepted.
   */
  bounds(settings: Readonly<Record<string, unknown>>): AccessCodeBounds | undefined;
  /**
   * Issues a code of `length` characters that can be used `uses` times until `expiresAt` (epoch seconds). `code` is
   * shown once, to be passed on to the user.
   */
  issue(terms: {
    readonly length: number;
    readonly uses: number;
    readonly expiresAt: Seconds;
  }): Promise<{ readonly code: string; readonly credential: NewCredential }>;
}
