/**
 * Waives the second factor in a browser that remembers its proof, where a rule allows that for a while. Only the
 * requirement of that rule becomes smaller. Nothing is added to the evidence, so `acr`, `amr` and `auth_time` stay
 * true. See decision 18.
 */

import { type AssessedEvidence, meetsDemand, requestMaxAge } from '../evidence/requirement.ts';
import type { Factor, Facts, RememberedProof, Seconds } from '../model/facts.ts';
import type { AllowTerms, Alternative, Demand, Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/**
 * The proofs of this user that this browser remembers and that may be relied on: of usable enrollments that the user
 * still has. Recovery consumes an enrollment, so its proof stands for nothing afterwards. `max_age` and `prompt=login`
 * ask for proofs, so then nothing is remembered.
 */
export function rememberedProofs({ authenticators }: PolicySet, facts: Facts): readonly RememberedProof[] {
  const { now, subject, device, request } = facts;
  if (!device.remembered || !subject || requestMaxAge(request) !== undefined) return [];
  return device.remembered.filter(
    ({ authenticator, enrollment, at, until }) =>
      at <= now + 60 &&
      now < until &&
      authenticators.some(({ key, recovery }) => key === authenticator && !recovery) &&
      subject.enrollments.some((one) => one.id === enrollment && one.authenticator === authenticator && !one.consumed),
  );
}

/** What a rule requires instead in this browser. */
export interface Waiver {
  /** The requirement of the rule as it stands. */
  readonly requirement: Requirement;
  /** They stand beside the alternatives of the rule. */
  readonly alternatives: readonly Alternative[];
  /** Authenticators whose remembered proof stands for the second factor. */
  readonly authenticators: readonly string[];
}

/**
 * The requirement that is left of a rule's once remembered proofs stand for the second factor. Undefined: nothing is
 * waived.
 */
export function waiverOf(terms: AllowTerms, proofs: readonly RememberedProof[], now: Seconds): Waiver | undefined {
  // No proof is young enough for a rule that remembers none.
  const { requirement, remember = Number.NEGATIVE_INFINITY } = terms;
  const fresh = proofs.filter(({ at }) => now - at < remember);
  const candidates = fresh.map((proof) => ({
    proof,
    alternatives: withoutSecondFactor(requirement, { ...proof, ...(proof.method && { methods: [proof.method] }) }),
  }));
  const alternatives = candidates.flatMap((one) => one.alternatives);
  if (alternatives.length === 0) return undefined;
  const used = candidates.filter((one) => one.alternatives.length > 0).map(({ proof }) => proof.authenticator);
  return { requirement, alternatives, authenticators: [...new Set(used)] };
}

/** Whether the requirement has an alternative whose second factor a proof can waive. */
export function canWaiveSecondFactor(requirement: Requirement): boolean {
  if ('chains' in requirement) return false;
  return requirement.anyOf.some(({ factors, maxAge, demands }) => {
    const possession = demands.find(({ factor }) => factor === 'possession');
    return factors > 1 && maxAge !== 0 && (possession === undefined || isWaivable(possession));
  });
}

type Proved = Pick<AssessedEvidence, 'authenticator' | 'methods' | 'enrollment' | 'factors' | 'characteristics'>;

/**
 * The alternatives that are left when this proof stands for their second factor. That factor is always possession,
 * which the browser vouches for.
 */
export function withoutSecondFactor(requirement: Requirement, proof: Proved): readonly Alternative[] {
  if ('chains' in requirement || !proof.factors.includes('possession')) return [];
  return requirement.anyOf.flatMap((alternative) => reduced(alternative, proof));
}

const otherFactors: readonly Factor[] = ['knowledge', 'inherence'];

function reduced(alternative: Alternative, proof: Proved): readonly Alternative[] {
  const { factors, demands, maxAge } = alternative;
  if (factors < 2 || maxAge === 0) return [];
  const possession = demands.find(({ factor }) => factor === 'possession');
  if (possession && !standsFor(proof, possession)) return [];
  const met = possession ?? demands.find((demand) => demand.factor === undefined && standsFor(proof, demand));
  const rest = demands.filter((demand) => demand !== met);
  const open = otherFactors.filter((factor) => !rest.some((demand) => demand.factor === factor));
  const left = (factors - 1) as 1 | 2;
  // The rest must be of the other factor types: two things that the user has are still one factor.
  return choicesOf(open, left - (otherFactors.length - open.length)).map((added) => ({
    ...alternative,
    factors: left,
    demands: [...rest, ...added.map((factor) => ({ factor }))],
  }));
}

function standsFor(proof: Proved, demand: Demand): boolean {
  return isWaivable(demand) && meetsDemand(demand, { ...proof, age: 'now' });
}

/**
 * A proof with user verification covers two factor types at once: it has no second factor to be left out. Of a browser
 * that remembers a proof nothing is known about pauses.
 */
function isWaivable({ maxAge, maxIdle, characteristics }: Demand): boolean {
  return maxAge !== 0 && maxIdle === undefined && !characteristics?.includes('userVerification');
}

function choicesOf(factors: readonly Factor[], count: number): readonly (readonly Factor[])[] {
  if (count <= 0) return [[]];
  return count >= factors.length ? [factors] : factors.map((factor) => [factor]);
}
