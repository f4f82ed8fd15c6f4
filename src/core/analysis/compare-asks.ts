/** Compares what is asked for now with what was asked for before a change. */
import { meetsRequirement } from '../evidence/requirement.ts';
import type { AuthenticatorDescriptor } from '../model/facts.ts';
import type { Requirement } from '../model/policy.ts';
import { type EvidenceSet, evidenceFor, holdsForAll, withMethodsOf } from './strictness.ts';

export type Comparison =
  /** All evidence that is enough now was enough before. */
  | 'as_strict'
  /** This evidence is enough now, and was not before. */
  | { readonly evidence: EvidenceSet }
  | 'undecided';

/** `next`: what users can prove now; `counted`: whether an authenticator counted before. */
export interface UsableThen {
  readonly next: readonly AuthenticatorDescriptor[];
  readonly counted: (authenticator: string) => boolean;
}

/** Two-sided: proved by the weakest evidence that is enough now, refuted by evidence that users can give. */
export function compareAsks(
  now: readonly Requirement[],
  before: readonly Requirement[],
  { next, counted }: UsableThen,
): Comparison {
  const isSame = (one: Requirement) => now.some((other) => JSON.stringify(other) === JSON.stringify(one));
  const open = next.every(({ key }) => counted(key)) ? before.filter((one) => !isSame(one)) : before;
  const meets = (set: EvidenceSet) => {
    const kept = set.filter(({ authenticator }) => counted(authenticator));
    return open.every((requirement) => meetsRequirement(requirement, kept));
  };
  const proofs = withMethodsOf({ authenticators: next }, [...now, ...before]);
  // A chain counts enrollments, and one proof may be counted here for two.
  const isProvable = !open.some((one) => 'chains' in one);
  if (open.length === 0 || (isProvable && holdsForAll(now, meets, proofs))) return 'as_strict';
  const evidence = evidenceFor(now, proofs).find((set) => !meets(set));
  return evidence === undefined ? 'undecided' : { evidence };
}
