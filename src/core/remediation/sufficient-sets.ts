/** What a person can do to complete a sign-in. */

import {
  chainMatches,
  countedFor,
  coveredFactors,
  factorsShort,
  isNamed,
  meetsDemand,
  meetsGoal,
  type Showing,
  unmetDemand,
} from '../evidence/requirement.ts';
import type { Goal } from '../model/decision.ts';
import type { Alternative, Requirement } from '../model/policy.ts';

/** Things to prove or enroll that complete together, and of which none can be left out. */
export type Completion = readonly Showing[];

interface Node {
  /** One bit per action taken. */
  readonly taken: bigint;
  readonly actions: readonly Showing[];
}

/**
 * All minimal completions: sets of `actions` which, added to what was shown, meet every goal, and of which no part does so alone.
 * Breadth first, so that a set is seen after all its parts; it branches only on what meets a demand that is still unmet, which every
 * minimal completion has to contain. More never hurts, so if all actions together do not complete, nothing does. Empty: nothing
 * completes. `[[]]`: all is met.
 */
export function minimalCompletions(
  goals: readonly Goal[],
  shown: readonly Showing[],
  actions: readonly Showing[],
): readonly Completion[] {
  if (!goals.every((goal) => meetsGoal(goal, [...shown, ...actions]))) return [];
  const found: Node[] = [];
  const seen = new Set<bigint>();
  let level: Node[] = [{ taken: 0n, actions: [] }];
  while (level.length > 0) {
    const next: Node[] = [];
    for (const node of level) {
      if (found.some(({ taken }) => (taken & node.taken) === taken)) continue;
      const showings = [...shown, ...node.actions];
      const unmet = goals.find((goal) => !meetsGoal(goal, showings));
      if (unmet === undefined) {
        found.push(node);
        continue;
      }
      actions.forEach((action, index) => {
        const taken = node.taken | (1n << BigInt(index));
        if (seen.has(taken) || !helps(action, unmet, showings)) return;
        seen.add(taken);
        next.push({ taken, actions: [...node.actions, action] });
      });
    }
    level = next;
  }
  return found.map((node) => node.actions);
}

function helps(action: Showing, goal: Goal, showings: readonly Showing[]): boolean {
  if (countedFor(goal, [action]).length === 0) return false;
  const counted = countedFor(goal, showings);
  return goal.anyOf.some((requirement) => helpsRequirement(action, requirement, counted));
}

function helpsRequirement(action: Showing, requirement: Requirement, showings: readonly Showing[]): boolean {
  if ('anyOf' in requirement)
    return requirement.anyOf.some((alternative) => helpsAlternative(action, alternative, showings));
  return requirement.chains.some((chain) => chain.some((step) => meetsDemand(step, action)));
}

function helpsAlternative(action: Showing, alternative: Alternative, showings: readonly Showing[]): boolean {
  const demand = unmetDemand(alternative, showings);
  if (demand !== undefined) return meetsDemand(demand, action);
  if (factorsShort(alternative, showings) <= 0) return false;
  if (action.auxiliary && !isNamed(action, alternative)) return false;
  const covered = coveredFactors(alternative, showings);
  return action.factors.some((factor) => !covered.includes(factor));
}

/** Those of a completion that may be done now: a step of a chain comes after the steps before it. */
export function firstOf(completion: Completion, goals: readonly Goal[], shown: readonly Showing[]): readonly Showing[] {
  const all = [...shown, ...completion];
  const open = goals.filter((goal) => !meetsGoal(goal, shown));
  const ready = completion.filter((action) => open.every((goal) => isReady(action, goal, completion, all)));
  // Two layers may ask for opposite orders; then any order has to do.
  return ready.length > 0 ? ready : completion;
}

function isReady(action: Showing, goal: Goal, completion: Completion, all: readonly Showing[]): boolean {
  return goal.anyOf.some((requirement) => {
    if ('anyOf' in requirement) return meetsGoal({ ...goal, anyOf: [requirement] }, all);
    return requirement.chains.some((chain) =>
      chainMatches(chain, countedFor(goal, all)).some((matched) => {
        const first = matched.findIndex((showing) => completion.includes(showing));
        const position = matched.indexOf(action);
        return position <= first;
      }),
    );
  });
}
