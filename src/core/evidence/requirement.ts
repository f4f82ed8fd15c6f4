/** Does a set of evidence meet a requirement? More evidence never turns a yes into a no. */

import type { LayerRequirement } from '../model/decision.ts';
import type { Characteristic, Evidence, Factor, Facts, RequestFacts, Seconds } from '../model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../model/policy.ts';

/** Evidence as requirements see it; also what evidence would look like if a person proved or enrolled something. */
export interface AssessedEvidence {
  readonly authenticator: string;
  readonly enrollment: string;
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** Seconds; `'now'`: proved in this transaction, which is always fresh. */
  readonly age: Seconds | 'now';
  /** It would come from an enrollment yet to be made. */
  readonly toEnroll?: true;
  /** As in the traits of its authenticator. */
  readonly auxiliary?: true;
  /** As in its enrollment: it counts for the bar of Law 7 alone. */
  readonly accountManagementOnly?: true;
}

/** How old evidence is. One from the future (beyond a minute of clock skew) is nothing to rely on: undefined. */
export function ageOf(evidence: Evidence, facts: Facts): AssessedEvidence['age'] | undefined {
  if (!(evidence.at <= facts.now + 60)) return undefined;
  if (facts.transaction !== undefined && evidence.transaction === facts.transaction.id) return 'now';
  return Math.max(0, facts.now - evidence.at);
}

/** The age that the request allows: `prompt=login` allows none (OpenID Connect Core section 3.1.2.1). */
export function requestMaxAge({ promptLogin, maxAge }: RequestFacts): Seconds | undefined {
  return promptLogin ? 0 : maxAge;
}

/** `maxAge` 0 asks for this transaction, absent asks for nothing. */
export function isFresh(age: AssessedEvidence['age'], maxAge: Seconds | undefined): boolean {
  return maxAge === undefined || age === 'now' || (maxAge > 0 && age <= maxAge);
}

/** The stricter of two ages. */
export function stricter(a: Seconds | undefined, b: Seconds | undefined): Seconds | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

export function meetsLayerRequirement(goal: LayerRequirement, evidence: readonly AssessedEvidence[]): boolean {
  const counted = countedFor(goal, evidence);
  return goal.anyOf.some((requirement) => meetsRequirement(requirement, counted));
}

/** What may count for this goal at all. */
export function countedFor(
  { isAccountManagement }: LayerRequirement,
  evidence: readonly AssessedEvidence[],
): readonly AssessedEvidence[] {
  return evidence.filter(
    ({ toEnroll, accountManagementOnly }) => !(isAccountManagement ? toEnroll : accountManagementOnly),
  );
}

export function meetsRequirement(requirement: Requirement, evidence: readonly AssessedEvidence[]): boolean {
  if ('anyOf' in requirement) return requirement.anyOf.some((alternative) => meetsAlternative(alternative, evidence));
  return requirement.chains.some((chain) => chain.length > 0 && meetsChain(chain, evidence, []));
}

function meetsAlternative(alternative: Alternative, evidence: readonly AssessedEvidence[]): boolean {
  return unmetDemand(alternative, evidence) === undefined && factorsShort(alternative, evidence) <= 0;
}

/** The first demand that no showing meets. */
export function unmetDemand(alternative: Alternative, evidence: readonly AssessedEvidence[]): Demand | undefined {
  for (const demand of alternative.demands) {
    if (!isMet(demand, alternative.maxAge, evidence)) return demand;
  }
  return undefined;
}

function isMet(demand: Demand, maxAge: Seconds | undefined, evidence: readonly AssessedEvidence[]): boolean {
  for (const assessed of evidence) {
    if (isFresh(assessed.age, maxAge) && meetsDemand(demand, assessed)) return true;
  }
  return false;
}

/** How many distinct factor types are still to be covered. At least one is always asked for. */
export function factorsShort(alternative: Alternative, evidence: readonly AssessedEvidence[]): number {
  return Math.max(1, alternative.factors) - coveredFactors(alternative, evidence).length;
}

/**
 * The distinct factor types of the fresh showings. What is auxiliary covers nothing alone, or where no demand names it.
 */
export function coveredFactors(alternative: Alternative, evidence: readonly AssessedEvidence[]): readonly Factor[] {
  const covered: Factor[] = [];
  const cover = ({ age, factors }: AssessedEvidence): void => {
    if (!isFresh(age, alternative.maxAge)) return;
    for (const factor of factors) if (!covered.includes(factor)) covered.push(factor);
  };
  for (const assessed of evidence) if (!assessed.auxiliary) cover(assessed);
  if (covered.length === 0) return covered;
  for (const showing of evidence) if (showing.auxiliary && isNamed(showing, alternative)) cover(showing);
  return covered;
}

/** A demand is met by what is auxiliary only if it names it. */
export function isNamed(assessed: AssessedEvidence, { demands }: Alternative): boolean {
  return demands.some((demand) => meetsDemand(demand, assessed));
}

/** Every field of a demand must hold for one and the same showing. */
export function meetsDemand(demand: Demand, assessed: AssessedEvidence): boolean {
  return (
    (demand.factor === undefined || assessed.factors.includes(demand.factor)) &&
    (demand.authenticators === undefined || demand.authenticators.includes(assessed.authenticator)) &&
    !demand.exclude?.includes(assessed.authenticator) &&
    (!assessed.auxiliary || demand.authenticators !== undefined) &&
    hasAll(assessed.characteristics, demand.characteristics) &&
    isFresh(assessed.age, demand.maxAge)
  );
}

function hasAll(shown: readonly Characteristic[], requestedEnrollment: readonly Characteristic[] | undefined): boolean {
  return requestedEnrollment === undefined || requestedEnrollment.every((one) => shown.includes(one));
}

/**
 * Gives each step an enrollment of its own. The order of a chain is the order of asking: a step that was proved within
 * its window before is skipped, whichever was proved first, so new evidence never undoes an older one. Not all of it
 * may be auxiliary.
 */
function meetsChain(
  chain: readonly ChainStep[],
  evidence: readonly AssessedEvidence[],
  used: readonly AssessedEvidence[],
): boolean {
  const [step, ...others] = chain;
  if (step === undefined) return used.some(({ auxiliary }) => !auxiliary);
  return evidence.some(
    (assessed) =>
      meetsDemand(step, assessed) &&
      !used.some(({ enrollment }) => enrollment === assessed.enrollment) &&
      meetsChain(others, evidence, [...used, assessed]),
  );
}

/** All ways to give each step of a chain an enrollment of its own. */
export function chainMatches(
  chain: readonly ChainStep[],
  evidence: readonly AssessedEvidence[],
): readonly (readonly AssessedEvidence[])[] {
  if (chain.length === 0) return [];
  let partial: (readonly AssessedEvidence[])[] = [[]];
  for (const step of chain) {
    const fitting = evidence.filter((assessed) => meetsDemand(step, assessed));
    partial = partial.flatMap((matched) =>
      fitting
        .filter((assessed) => !matched.some(({ enrollment }) => enrollment === assessed.enrollment))
        .map((assessed) => [...matched, assessed]),
    );
  }
  return partial;
}
