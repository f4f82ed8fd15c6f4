/**
 * How long what was proved counts by the refresh tokens of an app. At a refresh, ages are those of the authorization,
 * except for the session length of the app's rule. So refresh tokens may count for longer than any session. See
 * decision 177.
 */
import type { Conditions } from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { Formula } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import type { RuleSpace } from '../space/rule-space.ts';

/** What ends the refresh tokens of an app, besides the rule of its sign-on policy. */
export interface RefreshLimits {
  /** How long after the authorization the last one expires. */
  readonly lifetime: Seconds;
  /** The longest session, if they end with it. Otherwise infinite. */
  readonly session: Seconds;
}

type Refreshing = Pick<PolicySet, 'session' | 'refreshTokens'>;

/** Undefined: the app has none. `isOffline`: whether the request may ask for `offline_access`. */
export function refreshLimits(
  { session, refreshTokens }: Refreshing,
  isOffline: boolean = !refreshTokens?.endWithSession,
): RefreshLimits | undefined {
  if (refreshTokens === undefined) return undefined;
  const { lifetime } = refreshTokens;
  // The session may have gone on under any rule.
  const lengths = session.rules.map(({ rule: { then } }) => {
    const { session: terms } = then.kind === 'allow' ? then : {};
    return Math.max(terms?.absolute ?? 0, terms?.keep?.absolute ?? 0);
  });
  return { lifetime, session: isOffline ? Number.POSITIVE_INFINITY : Math.max(0, ...lengths) };
}

/** The age of the oldest proof that counts at a refresh. `atSignIn`: of the oldest that counts at the authorization. */
export function oldestRefreshed(atSignIn: Seconds, { lifetime, session }: RefreshLimits): Seconds {
  return Math.min(atSignIn + lifetime, session);
}

const offlineRequest: Conditions = { scopes: { all: ['offline_access'] } };

/** What must hold of a request for refresh tokens that do not end with the session. */
export function asksOffline(space: RuleSpace): Formula {
  return space.applies(offlineRequest);
}

/** Whether requests of the app that these formulas describe may ask for such tokens. */
export function mayBeOffline(
  { refreshTokens }: Pick<PolicySet, 'refreshTokens'>,
  formulas: readonly Formula[],
  space: RuleSpace,
): boolean {
  if (refreshTokens === undefined || refreshTokens.endWithSession) return false;
  return findModel([...formulas, asksOffline(space)], newBudget()) !== 'impossible';
}
