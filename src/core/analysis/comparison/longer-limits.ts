/**
 * Compares how long what was proved counts: in a session, at an app, in a browser that remembers it, and by refresh
 * tokens.
 */
import type { Seconds } from '../../model/facts.ts';
import type { AllowTerms } from '../../model/policy.ts';
import { oldestRefreshed, type RefreshLimits } from '../proofs/refreshed-proofs.ts';

/** The terms of a session rule and a rule of the sign-on policy together. */
export interface LimitingTerms {
  readonly session: AllowTerms;
  readonly app: AllowTerms;
}

/** A limit that is longer than it was. Absent: there was, or is, none. */
export interface LongerLimit {
  readonly what: 'absolute' | 'idle' | 'kept' | 'kept_idle' | 'at_app' | 'kept_at_app' | 'remembered' | 'refreshed';
  readonly before?: Seconds;
  readonly now?: Seconds;
}

/**
 * Only limits that make a difference: what the app ends before does not count. `refresh`: of the app's refresh tokens.
 * Absent: it has none. Refresh tokens are named only where nothing counts for longer in a session.
 */
export function longerLimits(
  before: LimitingTerms,
  now: LimitingTerms,
  refresh?: RefreshLimits,
): readonly LongerLimit[] {
  const [old, limits] = [limitsOf(before), limitsOf(now)];
  // Once none can be kept, a session that was goes on like any other.
  const current = old.kept > 0 && limits.kept === 0 ? { ...limits, kept_idle: limits.idle } : limits;
  const kinds = Object.keys(current) as readonly LongerLimit['what'][];
  const [then, next] = [effectOf(old, refresh), effectOf(current, refresh)];
  const isLonger = next.absolute > then.absolute;
  // Where kept sessions count like others, that they are offered changes nothing.
  const isKept = old.kept > 0 || current.kept_at_app > 0;
  const [isKeptLonger, isPauseLonger] = [isKept && next.kept > then.kept, isKept && next.kept_idle > then.kept_idle];
  const hasEffect: Readonly<Partial<Record<LongerLimit['what'], boolean>>> = {
    absolute: isLonger,
    kept: isKeptLonger,
    kept_idle: isPauseLonger,
    at_app: isLonger || isKeptLonger,
    kept_at_app: isKeptLonger || isPauseLonger,
    refreshed: next.refreshed > then.refreshed && !isLonger && !isKeptLonger,
  };
  return kinds
    .filter((what) => current[what] > old[what] && (hasEffect[what] ?? true))
    .map((what) => ({ what, ...shown('before', old[what]), ...shown('now', current[what]) }));
}

/** How long what was proved counts at the app: in a session, in one that is kept, and by refresh tokens. */
function effectOf(
  { absolute, idle, kept, kept_idle, at_app, kept_at_app, refreshed }: Limits,
  refresh: RefreshLimits | undefined,
): Pick<Limits, 'absolute' | 'kept' | 'kept_idle' | 'refreshed'> {
  const like = kept_at_app > 0 ? { absolute: kept, idle: kept_idle } : { absolute, idle };
  const inSession = Math.min(absolute, at_app);
  const inKept = Math.min(kept, at_app, like.absolute);
  const byTokens = refresh ? Math.min(refreshed, oldestRefreshed(Math.max(inSession, inKept), refresh)) : 0;
  return { absolute: inSession, kept: inKept, kept_idle: Math.min(kept_idle, like.idle), refreshed: byTokens };
}

function shown<Name extends 'before' | 'now'>(name: Name, seconds: Seconds): { readonly [Key in Name]?: Seconds } {
  return Number.isFinite(seconds) && seconds > 0 ? ({ [name]: seconds } as { [Key in Name]: Seconds }) : {};
}

/** A missing limit is infinite; a missing grant is zero. */
function limitsOf({ session: { session }, app: { appSession, remember } }: LimitingTerms): Limits {
  const { keep } = session ?? {};
  const absolute = session?.absolute ?? Number.POSITIVE_INFINITY;
  const atApp = appSession?.absolute ?? Number.POSITIVE_INFINITY;
  return {
    absolute,
    idle: session?.idle ?? Number.POSITIVE_INFINITY,
    kept: keep?.absolute ?? 0,
    kept_idle: keep?.idle ?? 0,
    at_app: atApp,
    kept_at_app: appSession?.unkept ? 0 : Number.POSITIVE_INFINITY,
    remembered: remember ?? 0,
    refreshed: appSession?.unkept ? Math.min(atApp, absolute) : atApp,
  };
}

type Limits = Readonly<Record<LongerLimit['what'], Seconds>>;
