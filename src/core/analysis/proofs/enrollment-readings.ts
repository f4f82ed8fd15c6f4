/** Which proofs of a set may be of one enrollment: only chains count enrollments. */
import { meetsRequirement } from '../../evidence/requirement.ts';
import type { Requirement } from '../../model/policy.ts';
import type { EvidenceSet } from './evidence-set.ts';

/** Larger sets are read only with the fewest enrollments. */
const mostProofs = 6;

/**
 * The same proofs, by more or fewer enrollments of their authenticators, in every way that meets all of `premises`.
 * What holds for each of these, and of more evidence as well, holds for every user who proved the set. `set`: every
 * proof is of an enrollment of its own.
 */
export function readingsOf(set: EvidenceSet, premises: readonly Requirement[]): readonly EvidenceSet[] {
  const meets = (evidenceSet: EvidenceSet) => premises.every((premise) => meetsRequirement(premise, evidenceSet));
  const fewest = set.map((item) => ({ ...item, enrollment: item.authenticator }));
  // What holds with the fewest enrollments holds with more. If even more are not enough, the set lacks a proof.
  if (meets(fewest) || !meets(set) || set.length > mostProofs) return [fewest];
  return partitions(set).filter(meets);
}

/** Each item takes the enrollment of an earlier one of its authenticator, or keeps its own. */
function partitions(set: EvidenceSet): readonly EvidenceSet[] {
  return set.reduce<readonly EvidenceSet[]>(
    (found, item) =>
      found.flatMap((earlier) => {
        const same = earlier.filter(({ authenticator }) => authenticator === item.authenticator);
        const enrollments = new Set([...same, item].map(({ enrollment }) => enrollment));
        return [...enrollments].map((enrollment) => [...earlier, { ...item, enrollment }]);
      }),
    [[]],
  );
}
