/**
 * Finds what a user can do to complete a sign-in: all minimal sets of actions (proofs and enrollments) that together
 * meet every requirement.
 */

import {
  type AssessedEvidence,
  chainMatches,
  countedFor,
  coverages,
  factorsShort,
  isNamed,
  meetsDemand,
  meetsLayerRequirement,
  unmetDemand,
} from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import type { Alternative, Requirement } from '../model/policy.ts';

/** Actions that complete the sign-in together, and of which none can be left out. */
export type SufficientSet = readonly AssessedEvidence[];

/** A set of actions in the search. */
interface Node {
  /** One bit per action taken. */
  readonly taken: bigint;
  readonly actions: readonly AssessedEvidence[];
}

/**
 * All minimal sufficient sets: sets of `actions` which, added to the evidence, meet every requirement, and of which no
 * proper part does. The search is breadth first, so that a set comes after all its parts. It branches only on actions
 * that meet a demand which is still unmet, as every minimal set has to contain one of them. More evidence never hurts,
 * so if all actions together do not suffice, no set does. Empty: no set suffices. `[[]]`: all requirements are met.
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
      const withActions = [...evidence, ...node.actions];
      const unmet = requirements.find((requirement) => !meetsLayerRequirement(requirement, withActions));
      if (unmet === undefined) {
        found.push(node);
        continue;
      }
      actions.forEach((action, index) => {
        const taken = node.taken | (1n << BigInt(index));
        if (seen.has(taken) || !helps(action, unmet, withActions)) return;
        seen.add(taken);
        next.push({ taken, actions: [...node.actions, action] });
      });
    }
    level = next;
  }
  return found.map((node) => node.actions);
}

function helps(action: AssessedEvidence, required: LayerRequirement, evidence: readonly AssessedEvidence[]): boolean {
  if (countedFor(required, [action]).length === 0) return false;
  const counted = countedFor(required, evidence);
  return required.anyOf.some((requirement) => helpsRequirement(action, requirement, counted));
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
  return coverages(alternative, evidence).some((covered) => action.factors.some((factor) => !covered.includes(factor)));
}

/** The actions of a set that the user may take now: a step of a chain comes after the steps before it. */
export function actionsNow(
  sufficientSet: SufficientSet,
  requirements: readonly LayerRequirement[],
  evidence: readonly AssessedEvidence[],
): readonly AssessedEvidence[] {
  const all = [...evidence, ...sufficientSet];
  const open = requirements.filter((required) => !meetsLayerRequirement(required, evidence));
  const ready = sufficientSet.filter((action) =>
    open.every((required) => isReady(action, required, { sufficientSet, all })),
  );
  // Two layers may ask for opposite orders. Then any order is right.
  return ready.length > 0 ? ready : sufficientSet;
}

function isReady(
  action: AssessedEvidence,
  required: LayerRequirement,
  { sufficientSet, all }: { readonly sufficientSet: SufficientSet; readonly all: readonly AssessedEvidence[] },
): boolean {
  return required.anyOf.some((requirement) => {
    if ('anyOf' in requirement) return meetsLayerRequirement({ ...required, anyOf: [requirement] }, all);
    return requirement.chains.some((chain) =>
      chainMatches(chain, countedFor(required, all)).some((matched) => {
        const first = matched.findIndex((assessed) => sufficientSet.includes(assessed));
        const position = matched.indexOf(action);
        return position <= first;
      }),
    );
  });
}
