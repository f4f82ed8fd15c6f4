/** Limits and settings that authenticators share. */
import { z } from 'zod';
import type { Seconds } from '../../core/model/facts.ts';
import type { Limit } from '../../stores/store.ts';

/** How long a challenge counts (seconds; NIST SP 800-63B-4 section 3.1.3.2: at most ten minutes for sent codes). */
export const challengeLifetime: Seconds = 600;

/**
 * Limits for a guessable secret: a few attempts per period, and at most 100 consecutive failures, after which only an
 * administrator unlocks it (NIST SP 800-63B-4 section 3.2.2).
 */
export function guessingLimits(inAWhile: Limit): readonly Limit[] {
  return [inAWhile, { limit: 100, window: 0 }];
}

/** The setting `enabled` that every authenticator has. */
export function enabledSetting(isEnabled: boolean) {
  return z.boolean().default(isEnabled).describe('Users can enroll it, and sign in with it.');
}
