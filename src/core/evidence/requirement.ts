/**
 * Decides whether evidence meets a requirement: alternatives, demands, distinct factor types, ages, chains. Promises
 * that more evidence never turns a yes into a no; the search for sufficient sets relies on it.
 */

import type { LayerRequirement } from '../model/decision.ts';
import { clockSkew } from '../model/durations.ts';
import type { Characteristic, Evidence, Factor, Facts, RecoveredPart, RequestFacts, Seconds } from '../model/facts.ts';
import type { Alternative, ChainStep, Demand, Requirement } from '../model/policy.ts';
import { type Candidates, isMatchable } from './chain-matching.ts';
import { isTaken, type NamedProof } from './proof-names.ts';
import { independentParts } from './recovered-password.ts';

/** Evidence as a requirement sees it, real or hypothetical: what the user has proved, or would prove by an action. */
export interface AssessedEvidence extends NamedProof {
  readonly enrollment: string;
  readonly factors: readonly Factor[];
  readonly characteristics: readonly Characteristic[];
  /** Seconds. `now`: proved in this transaction, which is fresh for every requirement. */
  readonly age: Seconds | 'now';
  /** The longest time without activity since then (seconds). Absent: none. */
  readonly longestPause?: Seconds;
  /** Hypothetical: the user would have to enroll the authenticator first. */
  readonly toEnroll?: true;
  /** As in the descriptor of its authenticator. */
  readonly auxiliary?: true;
  /** As in its enrollment. */
  readonly recovered?: RecoveredPart;
  /** As in its enrollment: it counts for the account-management requirement (Law 7) only. */
  readonly accountManagementOnly?: true;
}

/** The age of evidence (seconds). Undefined for evidence from the future: it is not reliable. */
export function ageOf(evidence: Evidence, facts: Facts): AssessedEvidence['age'] | undefined {
  if (!(evidence.at <= facts.now + clockSkew)) return undefined;
  if (facts.transaction !== undefined && evidence.transaction === facts.transaction.id) return 'now';
  return Math.max(0, facts.now - evidence.at);
}

/** The maximum age that the request allows (seconds). `prompt=login`: 0 (OpenID Connect Core section 3.1.2.1). */
export function requestMaxAge({ promptLogin, maxAge }: RequestFacts): Seconds | undefined {
  return promptLogin ? 0 : maxAge;
}

/** Whether an age is within the limit. 0: only this transaction counts. Absent: any age does. */
export function isFresh(age: AssessedEvidence['age'], maxAge: Seconds | undefined): boolean {
  return maxAge === undefined || age === 'now' || (maxAge > 0 && age <= maxAge);
}

/** The stricter of two limits of age. */
export function stricterMaxAge(a: Seconds | undefined, b: Seconds | undefined): Seconds | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** Whether the evidence meets any of the layer's requirements. */
export function meetsLayerRequirement(required: LayerRequirement, evidence: readonly AssessedEvidence[]): boolean {
  return independentParts(evidence).some((part) => isLayerMet(required, part));
}

/** As above, for one independent part of the evidence. */
function isLayerMet(required: LayerRequirement, part: readonly AssessedEvidence[]): boolean {
  const counted = countedFor(required, part);
  return required.anyOf.some((requirement) => isRequirementMet(requirement, counted));
}

/**
 * The evidence that may count for this layer. Hypothetical enrollments do not count for the account-management
 * requirement; evidence that the enrollment policy disables counts for nothing else.
 */
export function countedFor(
  { isAccountManagement }: LayerRequirement,
  evidence: readonly AssessedEvidence[],
): readonly AssessedEvidence[] {
  const counts = ({ toEnroll, accountManagementOnly }: AssessedEvidence) =>
    !(isAccountManagement ? toEnroll : accountManagementOnly);
  return evidence.every(counts) ? evidence : evidence.filter(counts);
}

/** Whether the evidence meets an alternative or a chain of the requirement. */
export function meetsRequirement(requirement: Requirement, evidence: readonly AssessedEvidence[]): boolean {
  return independentParts(evidence).some((part) => isRequirementMet(requirement, part));
}

/** Whether one independent part of the evidence meets all layers. */
export function meetsAll(requirements: readonly LayerRequirement[], evidence: readonly AssessedEvidence[]): boolean {
  return independentParts(evidence).some((part) => requirements.every((requirement) => isLayerMet(requirement, part)));
}

function isRequirementMet(requirement: Requirement, evidence: readonly AssessedEvidence[]): boolean {
  if ('anyOf' in requirement) return requirement.anyOf.some((alternative) => meetsAlternative(alternative, evidence));
  return requirement.chains.some((chain) => meetsChain(chain, evidence));
}

function meetsAlternative(alternative: Alternative, evidence: readonly AssessedEvidence[]): boolean {
  for (const demand of alternative.demands) if (!isDemandMet(demand, alternative.maxAge, evidence)) return false;
  return factorsShort(alternative, evidence) <= 0;
}

/** The demands that no evidence meets. */
export function unmetDemands(alternative: Alternative, evidence: readonly AssessedEvidence[]): readonly Demand[] {
  return alternative.demands.filter((demand) => !isDemandMet(demand, alternative.maxAge, evidence));
}

function isDemandMet(demand: Demand, maxAge: Seconds | undefined, evidence: readonly AssessedEvidence[]): boolean {
  for (const assessed of evidence) {
    if (isFresh(assessed.age, maxAge) && meetsDemand(demand, assessed)) return true;
  }
  return false;
}

/** How many distinct factor types are missing. Not positive: none. A requirement always asks for at least one. */
function factorsShort(alternative: Alternative, evidence: readonly AssessedEvidence[]): number {
  return Math.max(1, alternative.factors) - coveredFactors(alternative, evidence).length;
}

/**
 * The distinct factor types that fresh evidence covers. Auxiliary evidence covers one only beside other evidence, and
 * only where a demand names its authenticator.
 */
export function coveredFactors(
  alternative: Pick<Alternative, 'demands' | 'maxAge'>,
  evidence: readonly AssessedEvidence[],
): readonly Factor[] {
  const covered: Factor[] = [];
  for (const assessed of evidence) if (!assessed.auxiliary) cover(assessed, alternative.maxAge, covered);
  if (covered.length === 0) return covered;
  for (const assessed of evidence)
    if (assessed.auxiliary && meetsAnyDemand(assessed, alternative)) cover(assessed, alternative.maxAge, covered);
  return covered;
}

function cover({ age, factors }: AssessedEvidence, maxAge: Seconds | undefined, covered: Factor[]): void {
  if (!isFresh(age, maxAge)) return;
  for (const factor of factors) if (!covered.includes(factor)) covered.push(factor);
}

/** Whether the evidence meets a demand. Auxiliary evidence meets only a demand that names its authenticator. */
export function meetsAnyDemand(assessed: AssessedEvidence, { demands }: Pick<Alternative, 'demands'>): boolean {
  return demands.some((demand) => meetsDemand(demand, assessed));
}

/** A demand, or a step of a chain: both are met in the same way. */
export type AnyDemand = Demand & Partial<ChainStep>;

/** One test for each member: one that is left out does not compile. */
export const demandTests: Readonly<
  Record<keyof AnyDemand, (demand: AnyDemand, assessed: AssessedEvidence) => boolean>
> = {
  factor: ({ factor }, { factors }) => factor === undefined || factors.includes(factor),
  authenticators: (demand, assessed) =>
    isTaken(demand, assessed) && (!assessed.auxiliary || demand.authenticators !== undefined),
  // One and the same method must be named and not excluded.
  exclude: (demand, assessed) => demand.exclude === undefined || isTaken(demand, assessed),
  characteristics: ({ characteristics }, assessed) => hasAll(assessed.characteristics, characteristics),
  maxAge: ({ maxAge }, { age }) => isFresh(age, maxAge),
  maxIdle: ({ maxIdle }, assessed) => wasActive(assessed, maxIdle),
};

const allDemandTests = Object.values(demandTests);

/** All fields of a demand must hold for one and the same evidence. */
export function meetsDemand(demand: AnyDemand, assessed: AssessedEvidence): boolean {
  for (const test of allDemandTests) if (!test(demand, assessed)) return false;
  return true;
}

/** What was proved in this transaction has seen no pause yet. */
export function wasActive({ age, longestPause = 0 }: AssessedEvidence, maxIdle: Seconds | undefined): boolean {
  return maxIdle === undefined || age === 'now' || longestPause <= maxIdle;
}

function hasAll(has: readonly Characteristic[], needed: readonly Characteristic[] | undefined): boolean {
  return needed === undefined || needed.every((characteristic) => has.includes(characteristic));
}

/**
 * Gives each step of the chain an enrollment of its own. The order of a chain is the order of asking, not of proving: a
 * step that was proved within its window is skipped, even if a later step was proved before it. So new evidence never
 * undoes older evidence. Not all of the evidence may be auxiliary: evidence that meets one step can always take the
 * place of what was given to that step.
 */
function meetsChain(chain: readonly ChainStep[], evidence: readonly AssessedEvidence[]): boolean {
  const hasNonAuxiliary = evidence.some(
    (assessed) => !assessed.auxiliary && chain.some((step) => meetsDemand(step, assessed)),
  );
  return hasNonAuxiliary && isMatchable(chain.map((step) => candidatesFor(step, evidence, chain.length)));
}

/** The enrollments whose evidence meets the step, at most this many: a chain can use no more than it has steps. */
export function candidatesFor(step: ChainStep, evidence: readonly AssessedEvidence[], most: number): Candidates {
  const found: string[] = [];
  for (const assessed of evidence) {
    if (found.length === most) break;
    if (!found.includes(assessed.enrollment) && meetsDemand(step, assessed)) found.push(assessed.enrollment);
  }
  return found;
}
