/** Which of a user's authenticators have no attempts left. */
import type { Facts, Seconds, Subject } from '../../core/model/facts.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { passwordRuling } from '../../core/policy/rules/password-terms.ts';
import { limitsOf } from '../../flow/actions/guessing/lockout.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { attemptCounter } from '../../stores/keys.ts';
import type { Limit, Store } from '../../stores/store.ts';

export interface Locked {
  readonly authenticator: string;
  /** Seconds until the next attempt. Absent if only `users unlock` or a reset allows one. */
  readonly retryAfter?: Seconds;
}

/** A limit that no attempt can meet, so that an attempt is refused and nothing is counted. */
const never: Limit = { limit: 0, window: 1 };

/**
 * Reads the counters of the account without counting. A browser that the user has signed in with has separate
 * attempts (decision 35). Rejects with `StoreUnavailable`.
 */
export async function lockedAuthenticators(
  store: Store,
  subject: Subject,
  { kinds, policies, facts }: LockedBy,
): Promise<readonly Locked[]> {
  const keys = [...new Set(subject.enrollments.map(({ authenticator }) => authenticator))];
  const all = await Promise.all(
    keys.map(async (authenticator): Promise<readonly Locked[]> => {
      const limits = limitsFor(authenticator, { kinds, policies, facts });
      if (limits.length === 0) return [];
      const { retryAfter } = await store.reserve(attemptCounter(subject.id, authenticator), [...limits, never]);
      if (retryAfter < 0) return [{ authenticator }];
      return retryAfter > never.window ? [{ authenticator, retryAfter }] : [];
    }),
  );
  return all.flat();
}

interface LockedBy {
  readonly kinds: readonly AuthenticatorKind[];
  readonly policies: PolicySet;
  readonly facts: Facts;
}

function limitsFor(key: string, { kinds, policies, facts }: LockedBy): readonly Limit[] {
  const kind = kinds.find((authenticatorKind) => authenticatorKind.key === key);
  if (!kind?.underPasswordPolicy) return kind?.attemptLimits ?? [];
  const lockout = passwordRuling(policies, facts)?.terms.lockout;
  return lockout ? limitsOf(lockout) : [];
}
