/** Compares how long what was proved counts: in a session, at an app, and in a browser that remembers it. */
import type { Seconds } from '../model/facts.ts';
import type { AllowTerms } from '../model/policy.ts';

/** What a session rule and a rule of the sign-on policy say together. */
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

export function longerLimits(before: LimitingTerms, now: LimitingTerms): readonly LongerLimit[] {
  const [old, current] = [limitsOf(before), limitsOf(now)];
  return current.flatMap(({ what, seconds }, at) => {
    const then = old[at]?.seconds ?? 0;
    if (seconds <= then) return [];
    return [{ what, ...shown('before', then), ...shown('now', seconds) }];
  });
}

function shown<Name extends 'before' | 'now'>(name: Name, seconds: Seconds): { readonly [Key in Name]?: Seconds } {
  return Number.isFinite(seconds) && seconds > 0 ? ({ [name]: seconds } as { [Key in Name]: Seconds }) : {};
}

/** What is not limited lasts for ever, and what is not granted lasts no time. */
function limitsOf({ session: { session }, app: { appSession, remember } }: LimitingTerms) {
  const { keep } = session ?? {};
  return [
    { what: 'absolute', seconds: session?.absolute ?? Number.POSITIVE_INFINITY },
    { what: 'idle', seconds: session?.idle ?? Number.POSITIVE_INFINITY },
    { what: 'kept', seconds: keep?.absolute ?? 0 },
    { what: 'kept_idle', seconds: keep?.idle ?? 0 },
    { what: 'at_app', seconds: appSession?.absolute ?? Number.POSITIVE_INFINITY },
    { what: 'kept_at_app', seconds: appSession?.unkept ? 0 : Number.POSITIVE_INFINITY },
    { what: 'remembered', seconds: remember ?? 0 },
  ] as const;
}
