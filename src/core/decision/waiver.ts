/**
 * Remembered devices: a rule may spare a browser that proved the second factor from proving it again for a while. Only
 * the requirement of that rule becomes smaller; nothing is added to what was shown, so `acr`, `amr` and `auth_time`
 * stay true.
 */

import { type AssessedEvidence, meetsDemand, meetsRequirement, requestMaxAge } from '../evidence/requirement.ts';
import type { Factor, Facts, RememberedProof, Seconds } from '../model/facts.ts';
import type { Alternative, Demand, Requirement, Rule } from '../model/policy.ts';
import type { PolicySet } from '../policy/compile.ts';

/**
 * What this browser remembers of this person and may be relied on: usable enrollments that they still have. What exists
 * for recovery is used up by use, and stands for nothing afterwards. `max_age` and `prompt=login` ask for proofs, so
 * then there is nothing.
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

export interface Waiver {
  /** Each stands beside the alternatives of the rule. */
  readonly alternatives: readonly Alternative[];
  /** Those whose proof stands for the second factor. */
  readonly authenticators: readonly string[];
}

/**
 * What is left of the rule's requirement once the remembered proofs stand for the second factor. `undefined`: nothing
 * is waived.
 */
export function waiverOf(rule: Rule, proofs: readonly RememberedProof[], now: Seconds): Waiver | undefined {
  if (rule.then.kind !== 'allow' || rule.then.remember === undefined) return undefined;
  const { requirement, remember } = rule.then;
  const fresh = proofs.filter(({ at }) => now - at < remember);
  const standing = fresh.map((proof) => ({ proof, alternatives: withoutSecondFactor(requirement, proof) }));
  const alternatives = standing.flatMap((one) => one.alternatives);
  if (alternatives.length === 0) return undefined;
  const used = standing.filter((one) => one.alternatives.length > 0).map(({ proof }) => proof.authenticator);
  return { alternatives, authenticators: [...new Set(used)] };
}

/** Nothing had to be waived. */
export function meetsWithoutWaiver({ then }: Rule, evidence: readonly AssessedEvidence[]): boolean {
  return then.kind === 'allow' && meetsRequirement(then.requirement, evidence);
}

/**
 * So long (seconds) the rule lets a browser remember the second factor. `undefined`: not at all, or the request asks
 * for proofs of its own.
 */
export function rememberDuration({ then }: Rule, { request }: Facts): Seconds | undefined {
  return then.kind === 'allow' && requestMaxAge(request) === undefined ? then.remember : undefined;
}

/** Is there an alternative whose second factor any proof at all could spare? */
export function canWaiveSecondFactor(requirement: Requirement): boolean {
  if ('chains' in requirement) return false;
  return requirement.anyOf.some(({ factors, maxAge, demands }) => {
    const possession = demands.find(({ factor }) => factor === 'possession');
    return factors > 1 && maxAge !== 0 && (possession === undefined || isWaivable(possession));
  });
}

type Proved = Pick<AssessedEvidence, 'authenticator' | 'enrollment' | 'factors' | 'characteristics'>;

/**
 * The alternatives that are left when this proof stands for their second factor: that is always possession, which the
 * browser vouches for.
 */
export function withoutSecondFactor(requirement: Requirement, proof: Proved): readonly Alternative[] {
  if ('chains' in requirement || !proof.factors.includes('possession')) return [];
  return requirement.anyOf.flatMap((alternative) => reduced(alternative, proof));
}

const others: readonly Factor[] = ['knowledge', 'inherence'];

function reduced(alternative: Alternative, proof: Proved): readonly Alternative[] {
  const { factors, demands, maxAge } = alternative;
  if (factors < 2 || maxAge === 0) return [];
  const possession = demands.find(({ factor }) => factor === 'possession');
  if (possession && !standsFor(proof, possession)) return [];
  const met = possession ?? demands.find((demand) => demand.factor === undefined && standsFor(proof, demand));
  const rest = demands.filter((demand) => demand !== met);
  const open = others.filter((factor) => !rest.some((demand) => demand.factor === factor));
  const left = (factors - 1) as 1 | 2;
  // What is left must be of the other factor types: two things that somebody has are still one.
  return choicesOf(open, left - (others.length - open.length)).map((added) => ({
    ...alternative,
    factors: left,
    demands: [...rest, ...added.map((factor) => ({ factor }))],
  }));
}

function standsFor(proof: Proved, demand: Demand): boolean {
  return isWaivable(demand) && meetsDemand(demand, { ...proof, age: 'now' });
}

/**
 * One proof that must verify its user covers two factor types at once: it has no second factor that could be left out.
 */
function isWaivable({ maxAge, characteristics }: Demand): boolean {
  return maxAge !== 0 && !characteristics?.includes('userVerification');
}

function choicesOf(factors: readonly Factor[], count: number): readonly (readonly Factor[])[] {
  if (count <= 0) return [[]];
  return count >= factors.length ? [factors] : factors.map((factor) => [factor]);
}
