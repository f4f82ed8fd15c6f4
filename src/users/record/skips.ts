/** Which enrollments a user skipped, as stored in the user's record. */
import type { Skippable } from '../../core/model/decision.ts';
import type { Seconds, Skips } from '../../core/model/facts.ts';

/** By authenticator and reason. */
export type StoredSkips = Readonly<Record<string, Skips>>;

/** Adds one skip for each of these authenticators. `time`: epoch seconds. */
export function withSkip(skips: StoredSkips, { authenticators, reason }: Skippable, time: Seconds): StoredSkips {
  const counted = authenticators.map((key) => {
    const before = Object.hasOwn(skips, key) ? skips[key] : undefined;
    return [key, { ...before, [reason]: { count: (before?.[reason]?.count ?? 0) + 1, at: time } }] as const;
  });
  return { ...skips, ...Object.fromEntries(counted) };
}
