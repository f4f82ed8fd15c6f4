/**
 * A chain as an automaton, by Hall's theorem (P. Hall, 1935): a chain is met if every set of its steps has at least as
 * many enrollments that fit one of them as it has steps. The numbers that the sets lack simply add up, so assignments
 * are never enumerated.
 */

import { type AssessedEvidence, meetsDemand } from '../evidence/requirement.ts';
import { type ChainStep, longestChain } from '../model/policy.ts';
import type { Automaton } from './alternative-automaton.ts';

/** A set of steps of a chain: one bit for each step. */
type Steps = number;

/** A state has two bits for each set of steps: how many enrollments the set lacks. */
const shiftOf = (set: Steps): number => 2 * (set - 1);
/** One more bit: all evidence so far is auxiliary. */
const auxiliaryOnly = 1 << shiftOf(1 << longestChain);
/**
 * Above these, an effect records the steps that the enrollment fitted before the action and those that it fits
 * afterwards.
 */
const beforeShift = shiftOf(1 << longestChain) + 1;
const afterShift = beforeShift + longestChain;

/** @throws RangeError for a chain that is longer than a checked configuration allows */
export function chainAutomaton(chain: readonly ChainStep[], evidence: readonly AssessedEvidence[]): Automaton {
  if (chain.length > longestChain) throw new RangeError(`a chain of ${chain.length} steps`);
  const every: Steps = (1 << chain.length) - 1;
  const sets = Array.from({ length: every }, (_, index): Steps => index + 1);
  const proved = stepsByEnrollment(chain, evidence);
  const has = (set: Steps) => countOf(proved, set);
  const hasNonAuxiliary = evidence.some(({ enrollment, auxiliary }) => !auxiliary && proved.get(enrollment));
  const lacking = sets.reduce((state, set) => state | (Math.max(0, sizeOf(set) - has(set)) << shiftOf(set)), 0);
  return {
    start: hasNonAuxiliary ? lacking : lacking | auxiliaryOnly,
    isMet: (state) => state === 0,
    effectOf: (action) => effectOf(action, { chain, sets, before: proved.get(action.enrollment) ?? 0 }),
    // Subtracts 1 from each pair of bits that is not 0 and for which the effect has a bit.
    next: (state, effect) => state - ((state | (state >> 1)) & effect),
    mayComeFirst: (effect, others) =>
      sets.some((step) => sizeOf(step) === 1 && isFirstAt(step, { effect, others, sets: setsWithin(sets, step), has })),
  };
}

interface EffectContext {
  readonly chain: readonly ChainStep[];
  readonly sets: readonly Steps[];
  readonly before: Steps;
}

/** An action contributes to the sets of steps that its enrollment fits now and did not fit before. */
function effectOf(action: AssessedEvidence, { chain, sets, before }: EffectContext): number {
  const after = before | stepsOf(chain, action);
  if (after === before) return 0;
  const gains = sets.filter((set) => (after & set) !== 0 && (before & set) === 0);
  const bits = gains.reduce((sum, set) => sum | (1 << shiftOf(set)), 0);
  return bits | (action.auxiliary ? 0 : auxiliaryOnly) | (before << beforeShift) | (after << afterShift);
}

interface FirstContext {
  readonly effect: number;
  readonly others: readonly number[];
  /** The sets of all steps but this one. */
  readonly sets: readonly Steps[];
  readonly has: (set: Steps) => number;
}

/**
 * Whether the action can take this step, so that earlier steps use only what is already proved. Later steps may also
 * use the other actions.
 */
function isFirstAt(step: Steps, { effect, others, sets, has }: FirstContext): boolean {
  if ((provedAfter(effect) & step) === 0) return false;
  return sets.every((set) => {
    const own = (provedBefore(effect) & set) === 0 ? 0 : 1;
    const earlier = set & (step - 1);
    const gains = others.filter(
      (other) => (provedBefore(other) & set) === 0 && (provedAfter(other) & (set & ~earlier)) !== 0,
    );
    return has(set) - own + gains.length >= sizeOf(set);
  });
}

function provedBefore(effect: number): Steps {
  return (effect >> beforeShift) & ((1 << longestChain) - 1);
}

function provedAfter(effect: number): Steps {
  return effect >> afterShift;
}

function setsWithin(sets: readonly Steps[], without: Steps): readonly Steps[] {
  return sets.filter((set) => (set & without) === 0);
}

function stepsByEnrollment(chain: readonly ChainStep[], evidence: readonly AssessedEvidence[]) {
  const found = new Map<string, Steps>();
  for (const assessed of evidence) {
    found.set(assessed.enrollment, (found.get(assessed.enrollment) ?? 0) | stepsOf(chain, assessed));
  }
  return found;
}

function stepsOf(chain: readonly ChainStep[], assessed: AssessedEvidence): Steps {
  return chain.reduce((steps, step, index) => (meetsDemand(step, assessed) ? steps | (1 << index) : steps), 0);
}

function countOf(proved: ReadonlyMap<string, Steps>, set: Steps): number {
  let count = 0;
  for (const steps of proved.values()) if ((steps & set) !== 0) count += 1;
  return count;
}

function sizeOf(set: Steps): number {
  return set === 0 ? 0 : (set & 1) + sizeOf(set >> 1);
}
