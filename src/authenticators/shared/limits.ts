/** The limits and settings that authenticators have in common. */
import { z } from 'zod';
import type { Seconds } from '../../core/model/facts.ts';
import type { Limit } from '../../stores/store.ts';

/**
 * Seconds for which a challenge counts (NIST SP 800-63B-4 section 3.1.3.2: at most ten minutes for codes that are
 * sent).
 */
export const challengeLifetime: Seconds = 600;

/**
 * Limits for a secret that can be guessed: a few attempts in a while, and at most 100 failures in a row, after which
 * only an administrator unlocks it (NIST SP 800-63B-4 section 3.2.2).
 */
export function guessingLimits(inAWhile: Limit): readonly Limit[] {
  return [inAWhile, { limit: 100, window: 0 }];
}

/** The switch that every authenticator has. */
export function enabledSetting(isEnabled: boolean) {
  return z.boolean().default(isEnabled).describe('Can be enrolled, used, and counts.');
}
