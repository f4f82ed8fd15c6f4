/** Compares how long what was proved counts: in a session, at an app, and in a browser that remembers it. */
import type { Seconds } from '../../model/facts.ts';
import type { AllowTerms } from '../../model/policy.ts';

/** The terms of a session rule and a rule of the sign-on policy together. */
export interface LimitingTerms {
  readonly session: AllowTerms;
  readonly app: AllowTerms;
}

/** A limit that is longer than it was. Absent: there was, or is, none. */
export interface LongerLimit {
  readonly what: 'absolute' | 'idle' | 'kept' | 'kept_idle' | 'at_app' | 'kept_at_app' | 'remembered';
  readonly before?: Seconds;
  readonly now?: Seconds;
}

/** Only limits that make a difference: what the app ends before does not count. */
export function longerLimits(before: LimitingTerms, now: LimitingTerms): readonly LongerLimit[] {
  const [old, current] = [limitsOf(before), limitsOf(now)];
  const kinds = Object.keys(current) as readonly LongerLimit['what'][];
  const [then, next] = [effectOf(old), effectOf(current)];
  const [isLonger, isKeptLonger] = [next.absolute > then.absolute, next.kept > then.kept];
  const hasEffect: Readonly<Partial<Record<LongerLimit['what'], boolean>>> = {
    absolute: isLonger,
    kept: isKeptLonger,
    kept_idle: next.kept > 0,
    at_app: isLonger || isKeptLonger,
    kept_at_app: isKeptLonger,
  };
  return kinds
    .filter((what) => current[what] > old[what] && (hasEffect[what] ?? true))
    .map((what) => ({ what, ...shown('before', old[what]), ...shown('now', current[what]) }));
}

/** How long what was proved counts at the app, in a session and in one that is kept. */
function effectOf({ absolute, kept, at_app, kept_at_app }: Limits): Pick<Limits, 'absolute' | 'kept'> {
  return { absolute: Math.min(absolute, at_app), kept: Math.min(kept, at_app, kept_at_app) };
}

function shown<Name extends 'before' | 'now'>(name: Name, seconds: Seconds): { readonly [Key in Name]?: Seconds } {
  return Number.isFinite(seconds) && seconds > 0 ? ({ [name]: seconds } as { [Key in Name]: Seconds }) : {};
}

/** A missing limit is infinite; a missing grant is zero. */
function limitsOf({ session: { session }, app: { appSession, remember } }: LimitingTerms): Limits {
  const { keep } = session ?? {};
  return {
    absolute: session?.absolute ?? Number.POSITIVE_INFINITY,
    idle: session?.idle ?? Number.POSITIVE_INFINITY,
    kept: keep?.absolute ?? 0,
    kept_idle: keep?.idle ?? 0,
    at_app: appSession?.absolute ?? Number.POSITIVE_INFINITY,
    kept_at_app: appSession?.unkept ? 0 : Number.POSITIVE_INFINITY,
    remembered: remember ?? 0,
  };
}

type Limits = Readonly<Record<LongerLimit['what'], Seconds>>;
