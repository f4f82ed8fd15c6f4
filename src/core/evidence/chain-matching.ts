/**
 * Gives the steps of a chain enrollments of their own: a bipartite matching, found by augmenting paths (H. W. Kuhn,
 * 1955). No assignment is enumerated, so the time grows with the number of enrollments and not with its power.
 */

/** Ids of the enrollments that one step may take. */
export type Candidates = readonly string[];

/** Whether each step can have an enrollment of its own. */
export function isMatchable(steps: readonly Candidates[]): boolean {
  return unmatchedSteps(steps).length === 0;
}

/** Positions of the fewest steps without which the others can be matched; of equally few, the earliest. */
export function unmatchedSteps(steps: readonly Candidates[]): readonly number[] {
  const matching = { steps, takenBy: new Map<string, number>() };
  // A step that is matched stays so, with this enrollment or another: hence later steps come before earlier ones.
  const lastFirst = steps.map((_, index) => steps.length - 1 - index);
  return lastFirst.filter((step) => !match(step, matching, new Set())).reverse();
}

/** An enrollment for each step, for as many steps as possible. Undefined: none is left for it. */
export function matchedCandidates(steps: readonly Candidates[]): readonly (string | undefined)[] {
  const matching = { steps, takenBy: new Map<string, number>() };
  for (const step of steps.keys()) match(step, matching, new Set());
  const taken = [...matching.takenBy];
  return steps.map((_, step) => taken.find(([, taker]) => taker === step)?.[0]);
}

interface Matching {
  readonly steps: readonly Candidates[];
  readonly takenBy: Map<string, number>;
}

function match(step: number, matching: Matching, tried: Set<string>): boolean {
  for (const enrollment of matching.steps[step] ?? []) {
    if (tried.has(enrollment)) continue;
    tried.add(enrollment);
    const taker = matching.takenBy.get(enrollment);
    if (taker !== undefined && !match(taker, matching, tried)) continue;
    matching.takenBy.set(enrollment, step);
    return true;
  }
  return false;
}
