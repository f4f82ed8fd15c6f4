/** What the user of a recorded test has skipped to set up. */
import type { SkipReason, Subject } from '../../core/model/facts.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import type { AuditTrace } from '../../flow/audit-trace.ts';

type TracedSkipping = Pick<AuditTrace, 'skipped' | 'skips' | 'noInteraction'>;
type TracedSkip = NonNullable<AuditTrace['skips']>[number];

/**
 * What the enrollment policy asks for or offers, and the user skipped, with how often. A skip of this very sign-in does
 * not count where the policy asks: the page was shown.
 */
export function recordedSkips(
  subject: Subject,
  policies: PolicySet,
  trace: TracedSkipping | undefined,
): Readonly<Record<string, number>> | undefined {
  const terms = policies.enrollment?.rules.map(({ rule: { then } }) => then) ?? [];
  const promoted = terms.flatMap((each) => each.promoted.map(({ authenticator }) => authenticator));
  const required = terms.flatMap((each) => each.required.flatMap(({ anyOf }) => anyOf));
  const governed = new Set([...required, ...promoted, ...terms.flatMap(({ optional }) => optional)]);
  const here = new Set(trace?.skipped);
  const counts = skipsIn(subject, trace).map(({ authenticator, reason, count }) => {
    const isShown = reason === 'grace' && here.has(authenticator);
    return [authenticator, isShown ? count - 1 : count] as const;
  });
  const most = new Map<string, number>();
  for (const [key, count] of counts) if (governed.has(key)) most.set(key, Math.max(count, most.get(key) ?? 0));
  const skipped = [...most].filter(([, count]) => count > 0);
  return skipped.length === 0 ? undefined : Object.fromEntries(skipped);
}

/** A line of an earlier release does not say it: then it is what the user has skipped until now. */
function skipsIn({ skipped = {} }: Subject, trace: TracedSkipping | undefined): readonly Omit<TracedSkip, 'age'>[] {
  if (trace?.skipped !== undefined || trace?.noInteraction) return trace.skips ?? [];
  return Object.entries(skipped).flatMap(([authenticator, byReason]) =>
    Object.entries(byReason).map(([reason, { count }]) => ({ authenticator, reason: reason as SkipReason, count })),
  );
}
