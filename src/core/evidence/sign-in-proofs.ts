/** Which evidence says how the user signed in. See decisions 50 and 169. */
import type { Evidence } from '../model/facts.ts';

/**
 * Whether the user signed in by this proof. What was enrolled after the sign-in is none, unless it took the
 * place of one that is.
 */
export function isSignInProof({ origin, replacesProof }: Pick<Evidence, 'origin' | 'replacesProof'>): boolean {
  return origin === 'sign_in' || origin === 'registration' || replacesProof === true;
}

/**
 * What the evidence of an enrollment says if the enrollments `gone` made place for it. `evidence`: also from
 * enrollments that the user no longer has.
 */
export function replacementOf(
  gone: readonly { readonly id: string }[],
  { subject, evidence }: { readonly subject: string; readonly evidence: readonly Evidence[] },
): Pick<Evidence, 'replacesProof'> {
  const isReplaced = (proof: Evidence) =>
    proof.subject === subject && isSignInProof(proof) && gone.some(({ id }) => id === proof.enrollment);
  return evidence.some(isReplaced) ? { replacesProof: true } : {};
}
