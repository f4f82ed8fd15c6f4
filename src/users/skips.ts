/** What a user skipped to enroll, as it is stored with the user. */
import type { Skippable } from '../core/model/decision.ts';
import type { Seconds, Skipped, Skips } from '../core/model/facts.ts';

/**
 * By authenticator. Records of former versions do not say why something was skipped: they count for every reason, as
 * they did.
 */
export type KeptSkips = Readonly<Record<string, Skips | Skipped>>;

/** By authenticator and reason, whatever version they are of. */
export function readSkips(kept: KeptSkips): Readonly<Record<string, Skips>> {
  return Object.fromEntries(Object.entries(kept).map(([key, one]) => [key, byReason(one)]));
}

function byReason(kept: Skips | Skipped): Skips {
  if (!('count' in kept)) return kept;
  return { grace: kept, optional: kept, promotion: kept };
}

/** With one more for each of these. `at`: epoch seconds. */
export function withSkip(kept: KeptSkips, { authenticators, reason }: Skippable, at: Seconds): KeptSkips {
  const skips = readSkips(kept);
  const counted = authenticators.map((key) => {
    const before = Object.hasOwn(skips, key) ? skips[key] : undefined;
    return [key, { ...before, [reason]: { count: (before?.[reason]?.count ?? 0) + 1, at } }] as const;
  });
  return { ...skips, ...Object.fromEntries(counted) };
}
