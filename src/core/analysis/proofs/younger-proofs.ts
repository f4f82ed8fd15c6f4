/** Requirements that accept younger proofs only. */
import type { Seconds } from '../../model/facts.ts';
import type { Requirement } from '../../model/policy.ts';
import { impliesAll } from './strictness.ts';
import type { PossibleProofs } from './weakest-proofs.ts';

/** Whether all evidence that is enough is still enough if nothing counts that is older than this. */
export function isYounger(asked: readonly Requirement[], limit: Seconds, proofs: PossibleProofs): boolean {
  const younger = asked.map((requirement) => withMaxAge(requirement, limit));
  return impliesAll(asked, younger, proofs) === 'holds';
}

/** The same requirement, for proofs that are no older than this. */
export function withMaxAge(requirement: Requirement, limit: Seconds): Requirement {
  const younger = <Aged extends { readonly maxAge?: Seconds }>(part: Aged) => ({
    ...part,
    maxAge: Math.min(part.maxAge ?? limit, limit),
  });
  return 'chains' in requirement
    ? { chains: requirement.chains.map((chain) => chain.map(younger)) }
    : { anyOf: requirement.anyOf.map(younger) };
}
