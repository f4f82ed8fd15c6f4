/** What a user cannot open for the time being, since no attempt is left at an authenticator. */

import type { Subject } from '../../../core/model/facts.ts';
import { passwordRuling } from '../../../core/policy/rules/password-terms.ts';
import type { App } from '../../../policy/model/app.ts';
import type { Store } from '../../../stores/store.ts';
import { lockEndText } from '../../explain/explain-text.ts';
import { factsFromOptions } from '../../explain/facts-from-options.ts';
import { type Locked, lockedAuthenticators } from '../../explain/locked-authenticators.ts';
import { getOrMake } from '../../shared/values/get-or-make.ts';
import type { AskedSignIns, Outcome } from './fresh-sign-ins.ts';

/**
 * What is locked of this user at an app, in a browser that the user has not signed in with. The apps whose password
 * policy has the same lockout share the answer. Rejects with `StoreUnavailable`, or if a policy cannot be read.
 */
export function lockedAtApps(
  store: Store,
  user: Subject,
  { snapshot, authenticators, now }: AskedSignIns,
): (app: App) => Promise<readonly Locked[]> {
  const byLockout = new Map<string, Promise<readonly Locked[]>>();
  return async (app) => {
    const facts = factsFromOptions({}, { snapshot, app, user, authenticators, now });
    const policies = await snapshot.policies(app);
    const lockout = passwordRuling(policies, facts)?.terms.lockout;
    return getOrMake(byLockout, JSON.stringify(lockout ?? null), () =>
      lockedAuthenticators(store, user, { kinds: authenticators, policies, facts }),
    );
  };
}

/** What each way in takes of it, e.g. `totp, locked for 4 min 52 s`. Empty if there is another way. */
export function lockedWays({ asked }: Pick<Outcome, 'asked'>, locked: readonly Locked[]): readonly string[] {
  const sets = asked?.proofs.sets ?? [];
  const lockedIn = sets.map((set) =>
    locked.filter(({ authenticator }) =>
      set.some((action) => action.authenticator === authenticator && !action.toEnroll),
    ),
  );
  if (sets.length === 0 || lockedIn.some(({ length }) => length === 0)) return [];
  return [...new Set(lockedIn.flat())].map((entry) => `${entry.authenticator}, locked ${lockEndText(entry)}`);
}
