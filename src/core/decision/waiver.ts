/**
 * Waives the second factor in a browser that remembers its proof, if a rule allows this for some time. Only the
 * requirement of that rule is reduced. Nothing is added to the evidence, so `acr`, `amr` and `auth_time` stay true. See
 * decision 18.
 */

import { type AssessedEvidence, meetsAll, meetsDemand, requestMaxAge } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { clockSkew } from '../model/durations.ts';
import type { Factor, Facts, RememberedProof, Seconds } from '../model/facts.ts';
import type { AllowTerms, Alternative, Demand, Requirement } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/**
 * The proofs that this browser remembers for this user and that still count: the enrollment must exist and be usable. A
 * proof made for a recovery consumes its enrollment and so no longer counts. `max_age` and `prompt=login` ask for new
 * proofs, so nothing is remembered then.
 */
export function rememberedProofs({ authenticators }: PolicySet, facts: Facts): readonly RememberedProof[] {
  const { now, subject, device, request } = facts;
  if (!device.remembered || !subject || requestMaxAge(request) !== undefined) return [];
  return device.remembered.filter(
    ({ authenticator, enrollment, at, until }) =>
      at <= now + clockSkew &&
      now < until &&
      authenticators.some(({ key, recovery }) => key === authenticator && !recovery) &&
      subject.enrollments.some(
        (owned) => owned.id === enrollment && owned.authenticator === authenticator && !owned.consumed,
      ),
  );
}

/** What a rule requires instead in this browser. */
export interface Waiver {
  /** The requirement of the rule without the waiver. */
  readonly requirement: Requirement;
  /** The reduced alternatives, which are added to those of the rule. */
  readonly alternatives: readonly Alternative[];
  /** Authenticators whose remembered proof replaces the second factor. */
  readonly authenticators: readonly string[];
}

/** The rule's requirement after remembered proofs have replaced the second factor. Undefined if nothing is waived. */
export function waiverOf(terms: AllowTerms, proofs: readonly RememberedProof[], now: Seconds): Waiver | undefined {
  // If a rule has no `remember`, no proof is recent enough.
  const { requirement, remember = Number.NEGATIVE_INFINITY } = terms;
  const fresh = proofs.filter(({ at }) => now - at < remember);
  const candidates = fresh.map((proof) => ({
    proof,
    alternatives: withoutSecondFactor(requirement, { ...proof, ...(proof.method && { methods: [proof.method] }) }),
  }));
  const alternatives = candidates.flatMap((candidate) => candidate.alternatives);
  if (alternatives.length === 0) return undefined;
  const used = candidates
    .filter((candidate) => candidate.alternatives.length > 0)
    .map(({ proof }) => proof.authenticator);
  return { requirement, alternatives, authenticators: [...new Set(used)] };
}

/**
 * Whether something may be waived beside these requirements: proofs of no possession meet them. If they do not, the
 * user proves a possession anyway, and it must be one that the rule accepts.
 */
export function canWaiveBeside(
  requirements: readonly LayerRequirement[],
  proofs: readonly AssessedEvidence[],
): boolean {
  return meetsAll(
    requirements,
    proofs.filter(({ factors }) => !factors.includes('possession')),
  );
}

/** Whether a remembered proof could waive the second factor in any alternative of this requirement. */
export function canWaiveSecondFactor(requirement: Requirement): boolean {
  if ('chains' in requirement) return false;
  return requirement.anyOf.some(({ factors, maxAge, demands }) => {
    const possession = demands.find(({ factor }) => factor === 'possession');
    return factors > 1 && maxAge !== 0 && (possession === undefined || isWaivable(possession));
  });
}

type Proved = Pick<AssessedEvidence, 'authenticator' | 'methods' | 'enrollment' | 'factors' | 'characteristics'>;

/**
 * The alternatives that remain when this proof replaces their second factor. The factor is always a possession, which
 * the remembering browser represents.
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
  // The remaining factor types must differ from possession: two possessions are still one factor.
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
 * Whether a remembered proof may stand for what a member of a demand asks for. A proof with user verification covers
 * two factor types at once, so it has no separate second factor. `maxIdle` cannot be checked, because a remembering
 * browser does not record when it was used.
 */
const waivable: Readonly<Record<keyof Demand, (demand: Demand) => boolean>> = {
  factor: () => true,
  authenticators: () => true,
  exclude: () => true,
  characteristics: ({ characteristics }) => !characteristics?.includes('userVerification'),
  maxAge: ({ maxAge }) => maxAge !== 0,
  maxIdle: ({ maxIdle }) => maxIdle === undefined,
};

const waivableTests = Object.values(waivable);

function isWaivable(demand: Demand): boolean {
  return waivableTests.every((test) => test(demand));
}

function choicesOf(factors: readonly Factor[], count: number): readonly (readonly Factor[])[] {
  if (count <= 0) return [[]];
  return count >= factors.length ? [factors] : factors.map((factor) => [factor]);
}
