/**
 * What an audit trace says of why proofs and offers were left out of a sign-in: the browser remembered a proof, or the
 * user had skipped an enrollment. See decision 164.
 */
import type { Characteristic, Facts, Seconds, SkipReason } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';

/** The most proofs, and the most enrollments, that a trace names. */
export const mostTraced = 12;

/** What a trace says of any proof. */
export interface TracedEvidence {
  readonly authenticator: string;
  readonly method?: string;
  /** Seconds before the decision. */
  readonly age: Seconds;
  readonly factors: readonly string[];
  readonly characteristics?: readonly Characteristic[];
}

/** One proof that the browser remembered, whether or not a rule let it count. */
export interface TracedMemory extends TracedEvidence {
  /** Seconds for which the browser remembers it still. */
  readonly left: Seconds;
}

/** How often the user had skipped an enrollment, and how long ago (seconds) for the last time. */
export interface TracedSkips {
  readonly authenticator: string;
  readonly reason: SkipReason;
  readonly count: number;
  readonly age: Seconds;
}

export function tracedMemories({
  device: { remembered = [] },
  subject,
  now,
}: Facts): readonly TracedMemory[] | undefined {
  if (subject === undefined || remembered.length === 0) return undefined;
  return remembered
    .toSorted((a, b) => b.at - a.at)
    .slice(0, mostTraced)
    .map(({ authenticator, method, at, until, factors, characteristics }) =>
      omitUndefined({
        authenticator,
        method,
        age: Math.max(0, now - at),
        factors,
        characteristics: characteristics.length > 0 ? characteristics : undefined,
        left: until - now,
      }),
    );
}

export function tracedSkips({ subject, now }: Facts): readonly TracedSkips[] | undefined {
  const skips = Object.entries(subject?.skipped ?? {}).flatMap(([authenticator, byReason]) =>
    Object.entries(byReason).map(([reason, { count, at }]) => {
      return { authenticator, reason: reason as SkipReason, count, age: Math.max(0, now - at) };
    }),
  );
  return skips.length === 0 ? undefined : skips.slice(0, mostTraced);
}
