/** What a person can do to complete a sign-in. */

import {
  type AssessedEvidence,
  chainMatches,
  countedFor,
  coveredFactors,
  factorsShort,
  isNamed,
  meetsDemand,
  meetsLayerRequirement,
  unmetDemand,
} from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { Alternative, Requirement } from '../model/policy.ts';

/** Things to prove or enroll that complete together, and of which none can be left out. */
export type SufficientSet = readonly AssessedEvidence[];

interface Node {
  /** One bit per action taken. */
  readonly taken: bigint;
  readonly actions: readonly AssessedEvidence[];
}

/**
 * All minimal completions: sets of `actions` which, added to what was shown, meet every goal, and of which no part does
 * so alone. Breadth first, so that a set is seen after all its parts; it branches only on what meets a demand that is
 * still unmet, which every minimal completion has to contain. More never hurts, so if all actions together do not
 * complete, nothing does. Empty: nothing completes. `[[]]`: all is met.
 */
export function minimalSufficientSets(
  requirements: readonly LayerRequirement[],
  evidence: readonly AssessedEvidence[],
  actions: readonly AssessedEvidence[],
): readonly SufficientSet[] {
  if (!requirements.every((requirement) => meetsLayerRequirement(requirement, [...evidence, ...actions]))) return [];
  const found: Node[] = [];
  const seen = new Set<bigint>();
  let level: Node[] = [{ taken: 0n, actions: [] }];
  while (level.length > 0) {
    const next: Node[] = [];
    for (const node of level) {
      if (found.some(({ taken }) => (taken & node.taken) === taken)) continue;
      const showings = [...evidence, ...node.actions];
      const unmet = requirements.find((requirement) => !meetsLayerRequirement(requirement, showings));
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

function helps(action: AssessedEvidence, goal: LayerRequirement, evidence: readonly AssessedEvidence[]): boolean {
  if (countedFor(goal, [action]).length === 0) return false;
  const counted = countedFor(goal, evidence);
  return goal.anyOf.some((requirement) => helpsRequirement(action, requirement, counted));
}

function helpsRequirement(
  action: AssessedEvidence,
  requirement: Requirement,
  evidence: readonly AssessedEvidence[],
): boolean {
  if ('anyOf' in requirement)
    return requirement.anyOf.some((alternative) => helpsAlternative(action, alternative, evidence));
  return requirement.chains.some((chain) => chain.some((step) => meetsDemand(step, action)));
}

function helpsAlternative(
  action: AssessedEvidence,
  alternative: Alternative,
  evidence: readonly AssessedEvidence[],
): boolean {
  const demand = unmetDemand(alternative, evidence);
  if (demand !== undefined) return meetsDemand(demand, action);
  if (factorsShort(alternative, evidence) <= 0) return false;
  if (action.auxiliary && !isNamed(action, alternative)) return false;
  const covered = coveredFactors(alternative, evidence);
  return action.factors.some((factor) => !covered.includes(factor));
}

/** Those of a completion that may be done now: a step of a chain comes after the steps before it. */
export function actionsNow(
  sufficientSet: SufficientSet,
  requirements: readonly LayerRequirement[],
  evidence: readonly AssessedEvidence[],
): readonly AssessedEvidence[] {
  const all = [...evidence, ...sufficientSet];
  const open = requirements.filter((goal) => !meetsLayerRequirement(goal, evidence));
  const ready = sufficientSet.filter((action) => open.every((goal) => isReady(action, goal, sufficientSet, all)));
  // Two layers may ask for opposite orders; then any order has to do.
  return ready.length > 0 ? ready : sufficientSet;
}

function isReady(
  action: AssessedEvidence,
  goal: LayerRequirement,
  sufficientSet: SufficientSet,
  all: readonly AssessedEvidence[],
): boolean {
  return goal.anyOf.some((requirement) => {
    if ('anyOf' in requirement) return meetsLayerRequirement({ ...goal, anyOf: [requirement] }, all);
    return requirement.chains.some((chain) =>
      chainMatches(chain, countedFor(goal, all)).some((matched) => {
        const first = matched.findIndex((assessed) => sufficientSet.includes(assessed));
        const position = matched.indexOf(action);
        return position <= first;
      }),
    );
  });
}
