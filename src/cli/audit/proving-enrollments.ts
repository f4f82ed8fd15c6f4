/** By which of the user's enrollments the proofs of an audit line were given. The line does not name them. */
import { matchedCandidates } from '../../core/evidence/chain-matching.ts';
import type { Enrollment } from '../../core/model/facts.ts';
import type { TracedProof } from '../../flow/audit-trace.ts';
import type { TracedMemory } from '../../flow/traced-memories.ts';

/**
 * One entry for each proof: an enrollment that can show as much. Proofs are by different enrollments, except those that
 * the line says are by the same one as a newer proof. Undefined: the user has none that is left. `proofs`: newest
 * first.
 */
export function provingEnrollments(
  proofs: readonly TracedProof[],
  enrollments: readonly Enrollment[],
): readonly (Enrollment | undefined)[] {
  const ids = matchedCandidates(proofs.map((proof) => (proof.again ? [] : ableTo(proof, proofs, enrollments))));
  const byFirst = ids.map((id) => enrollments.find((enrollment) => enrollment.id === id));
  return proofs.map((proof, index) => {
    if (!proof.again) return byFirst[index];
    return byFirst.slice(0, index).find((enrollment) => enrollment && canShow(enrollment, proof));
  });
}

/** Ids of those that can show it. First what can show the repeated proofs, too, and of these what shows least. */
function ableTo(
  proof: TracedProof,
  proofs: readonly TracedProof[],
  enrollments: readonly Enrollment[],
): readonly string[] {
  const repeatedBy = (enrollment: Enrollment) => proofs.filter((other) => other.again && canShow(enrollment, other));
  return enrollments
    .filter((enrollment) => canShow(enrollment, proof))
    .toSorted(
      (a, b) => repeatedBy(b).length - repeatedBy(a).length || a.characteristics.length - b.characteristics.length,
    )
    .map(({ id }) => id);
}

/** Whether it can prove as much. */
export function canShow(
  { authenticator, methods, characteristics }: Enrollment,
  proof: TracedProof | TracedMemory,
): boolean {
  const isByMethod = proof.method === undefined || methods === undefined || methods.includes(proof.method);
  const shown = proof.characteristics ?? [];
  return authenticator === proof.authenticator && isByMethod && shown.every((each) => characteristics.includes(each));
}
