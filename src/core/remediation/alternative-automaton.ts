/**
 * What actions contribute to one alternative or chain, as a finite automaton: a state says how much is done, and an
 * effect says what one action adds. Sets of actions with the same result lead to the same state, so a search handles
 * them once.
 */

import { type AssessedEvidence, isFresh, meetsAnyDemand, meetsDemand, unmetDemands } from '../evidence/requirement.ts';
import type { Factor } from '../model/facts.ts';
import type { Alternative, Demand } from '../model/policy.ts';

/** States and effects are bit fields that only the automaton itself can interpret. */
export interface Automaton {
  /** The state for the evidence alone. */
  readonly start: number;
  readonly isMet: (state: number) => boolean;
  /** Actions with equal effects are interchangeable. 0: the action contributes nothing. */
  readonly effectOf: (action: AssessedEvidence) => number;
  /** The state after an action with this effect. Another action never undoes anything. */
  readonly next: (state: number, effect: number) => number;
  /** Whether an action may come before the others. Absent if the order does not matter. */
  readonly mayComeFirst?: (effect: number, others: readonly number[]) => boolean;
}

/** Whether actions with these effects meet the alternative or chain. */
export function isMetBy({ start, next, isMet }: Automaton, effects: readonly number[]): boolean {
  return isMet(effects.reduce(next, start));
}

const factorBits: Readonly<Record<Factor, number>> = { knowledge: 1, possession: 2, inherence: 4 };
/**
 * Layout of a state: the three lowest bits are the factor types of auxiliary actions, the next three those of all other
 * actions, followed by one bit for each demand.
 */
const allFactors = 0b111_111;
const nonAuxiliaryShift = 3;
const demandShift = 6;

/** The automaton of an alternative. A demand's bit is set once the demand is met. */
export function alternativeAutomaton(alternative: Alternative, evidence: readonly AssessedEvidence[]): Automaton {
  const { demands, maxAge } = alternative;
  const complete = (1 << (demandShift + demands.length)) - 1;
  // Once enough factor types are covered, it makes no difference which they are.
  const settle = (state: number) => (factorsIn(state) < Math.max(1, alternative.factors) ? state : state | allFactors);
  const unmet = unmetDemands(alternative, evidence);
  const fresh = evidence.filter(({ age }) => isFresh(age, maxAge));
  const covered = fresh.reduce((bits, assessed) => bits | coveredBy(assessed, alternative), 0);
  const start = settle(bitsOf(demands, (demand) => !unmet.includes(demand)) | covered);
  return {
    start,
    isMet: (state) => state === complete,
    effectOf: (action) =>
      (bitsOf(demands, (demand) => meetsDemand(demand, action)) | coveredBy(action, alternative)) & ~start,
    next: (state, effect) => settle(state | effect),
  };
}

function bitsOf(demands: readonly Demand[], isMet: (demand: Demand) => boolean): number {
  return demands.reduce((bits, demand, index) => (isMet(demand) ? bits | (1 << (demandShift + index)) : bits), 0);
}

function coveredBy(assessed: AssessedEvidence, alternative: Alternative): number {
  if (assessed.auxiliary && !meetsAnyDemand(assessed, alternative)) return 0;
  const bits = assessed.factors.reduce((sum, factor) => sum | factorBits[factor], 0);
  return assessed.auxiliary ? bits : bits << nonAuxiliaryShift;
}

/** How many distinct factor types a state covers. Those of auxiliary actions count only together with others. */
function factorsIn(state: number): number {
  const nonAuxiliary = (state >> nonAuxiliaryShift) & 7;
  if (nonAuxiliary === 0) return 0;
  const covered = nonAuxiliary | (state & 7);
  return (covered & 1) + ((covered >> 1) & 1) + (covered >> 2);
}
