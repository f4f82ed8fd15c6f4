/** What the evidence at hand lacks of a requirement. For explanations, never to decide. */

import { unmatchedSteps } from '../evidence/chain-matching.ts';
import { countedEvidence, withinLimits } from '../evidence/counted-evidence.ts';
import {
  type AssessedEvidence,
  candidatesFor,
  coveredFactors,
  isFresh,
  meetsDemand,
  meetsRequirement,
} from '../evidence/requirement.ts';
import type { Factor, Facts, Seconds } from '../model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { enrollmentRuling, usablePolicies } from '../policy/rules/enrollment-terms.ts';
import { evidenceLimits, policyLayersOf } from './layers.ts';

/** What one alternative, or one chain, still lacks. */
export type MissingEvidence =
  | {
      readonly kind: 'alternative';
      /** Demands that no evidence meets. */
      readonly demands: readonly Demand[];
      /** How many more distinct factor types are needed, beyond `covered` and those of the demands. */
      readonly factors: number;
      /** Factor types that the evidence covers. */
      readonly covered: readonly Factor[];
      /** Maximum age of all evidence (seconds). */
      readonly maxAge?: Seconds;
    }
  | { readonly kind: 'chain'; readonly steps: readonly ChainStep[] };

/** The evidence that counts in this decision, in the form that requirements test. Empty without a subject. */
export function assessedEvidence(policies: PolicySet, facts: Facts): readonly AssessedEvidence[] {
  if (facts.subject === undefined) return [];
  const usable = usablePolicies(policies, enrollmentRuling(policies, facts).terms);
  return withinLimits(
    countedEvidence(facts.subject, usable, facts),
    evidenceLimits(facts, policyLayersOf(policies, facts)),
  );
}

/** One entry for each alternative or chain, in order. Empty if the requirement is met. */
export function missingOf(requirement: Requirement, evidence: readonly AssessedEvidence[]): readonly MissingEvidence[] {
  if (meetsRequirement(requirement, evidence)) return [];
  if ('anyOf' in requirement)
    return requirement.anyOf.map((alternative) => missingOfAlternative(alternative, evidence));
  return requirement.chains.map((chain) => ({ kind: 'chain', steps: missingOfChain(chain, evidence) }));
}

function missingOfAlternative(alternative: Alternative, evidence: readonly AssessedEvidence[]): MissingEvidence {
  const { maxAge } = alternative;
  const fresh = evidence.filter(({ age }) => isFresh(age, maxAge));
  const demands = alternative.demands.filter((demand) => !fresh.some((assessed) => meetsDemand(demand, assessed)));
  const covered = coveredFactors(alternative, fresh);
  const demanded = demands.flatMap(({ factor }) => factor ?? []);
  const provided = new Set([...covered, ...demanded]).size;
  // Evidence that meets a demand without a factor type covers at least one type.
  const factors = Math.max(0, alternative.factors - Math.max(provided, Math.min(1, demands.length)));
  return { kind: 'alternative', demands, factors, covered, ...(maxAge !== undefined && { maxAge }) };
}

/** The steps that are still missing: as few as possible, so that the evidence meets all others. */
function missingOfChain(chain: readonly ChainStep[], evidence: readonly AssessedEvidence[]): readonly ChainStep[] {
  const open = unmatchedSteps(chain.map((step) => candidatesFor(step, evidence, chain.length)));
  return chain.filter((_, index) => open.includes(index));
}
