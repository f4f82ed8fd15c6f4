/**
 * What actions do for one alternative or one chain, as a finite automaton: a state says how much is done, an effect
 * says what one action adds. Sets of actions that do the same lead to one state, so a search looks at them once.
 */

import { type AssessedEvidence, isFresh, isNamed, meetsDemand, unmetDemands } from '../evidence/requirement.ts';
import type { Factor } from '../model/facts.ts';
import type { Alternative, Demand } from '../model/policy.ts';

/** States and effects are numbers whose bits mean something to the automaton alone. */
export interface Automaton {
  /** The state that the evidence alone has reached. */
  readonly start: number;
  readonly isMet: (state: number) => boolean;
  /** Actions of equal effects can stand for one another. 0: the action does nothing. */
  readonly effectOf: (action: AssessedEvidence) => number;
  /** The state after an action with this effect. More actions never undo anything. */
  readonly next: (state: number, effect: number) => number;
  /** Whether an action may come before the others. Absent: the automaton has no order. */
  readonly mayComeFirst?: (effect: number, others: readonly number[]) => boolean;
}

/** Whether actions with these effects lead to a state in which the alternative or chain is met. */
export function isMetBy({ start, next, isMet }: Automaton, effects: readonly number[]): boolean {
  return isMet(effects.reduce(next, start));
}

const factorBits: Readonly<Record<Factor, number>> = { knowledge: 1, possession: 2, inherence: 4 };
/** The lowest bits of a state: the factor types that auxiliary actions cover, and those that all others cover. */
const allFactors = 0b111_111;
const NON_AUXILIARY = 3;
const DEMANDS = 6;

/** An alternative: above the bits for factor types, a state has one bit for each demand that is met. */
export function alternativeAutomaton(alternative: Alternative, evidence: readonly AssessedEvidence[]): Automaton {
  const { demands, maxAge } = alternative;
  const complete = (1 << (DEMANDS + demands.length)) - 1;
  // Once the factor types suffice, it makes no difference which they are.
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
  return demands.reduce((bits, demand, index) => (isMet(demand) ? bits | (1 << (DEMANDS + index)) : bits), 0);
}

function coveredBy(assessed: AssessedEvidence, alternative: Alternative): number {
  if (assessed.auxiliary && !isNamed(assessed, alternative)) return 0;
  const bits = assessed.factors.reduce((sum, factor) => sum | factorBits[factor], 0);
  return assessed.auxiliary ? bits : bits << NON_AUXILIARY;
}

/** How many distinct factor types a state covers. Auxiliary actions cover some only beside others. */
function factorsIn(state: number): number {
  const nonAuxiliary = (state >> NON_AUXILIARY) & 7;
  if (nonAuxiliary === 0) return 0;
  const covered = nonAuxiliary | (state & 7);
  return (covered & 1) + ((covered >> 1) & 1) + (covered >> 2);
}
