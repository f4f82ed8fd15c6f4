/**
 * Finds what a user can do to complete a sign-in: minimal sets of actions (proofs and enrollments) that together meet
 * every requirement.
 */

import { independentParts } from '../evidence/recovered-password.ts';
import type { AssessedEvidence } from '../evidence/requirement.ts';
import type { LayerRequirement } from '../model/decision.ts';
import { actionsNow } from './asking-order.ts';
import { search } from './search.ts';
import { type ActionClass, searchSpace } from './search-space.ts';

/**
 * Actions that together complete the sign-in, none of which can be left out. Any member of a class may be used for its
 * action.
 */
export interface SufficientSet {
  readonly actions: readonly ActionClass[];
  /** The actions that the user may take next. Never empty. */
  readonly now: readonly ActionClass[];
}

/** Minimal sufficient sets, and the cost of finding them. */
export interface SufficientSets {
  /** Empty if no set suffices. */
  readonly sets: readonly SufficientSet[];
  /** How many actions the search tried: a measure of cost that does not depend on the machine. */
  readonly steps: number;
}

/** What the user has proved, and could prove or enroll. */
export interface EvidenceAndActions {
  readonly evidence: readonly AssessedEvidence[];
  readonly actions: readonly AssessedEvidence[];
}

/** How many actions a search tries before it settles for substitutes. No realistic configuration comes near. */
const searchLimit = 3000;

/**
 * Minimal sufficient sets: subsets of `actions` that, added to the evidence, meet every requirement, while no smaller
 * part of them does. Not all such sets are returned, but for each useful action one of the smallest. More evidence
 * never hurts, so if all actions together do not suffice, no set does. See decision 29.
 */
export function sufficientSets(
  requirements: readonly LayerRequirement[],
  { evidence, actions }: EvidenceAndActions,
  limit: number = searchLimit,
): SufficientSets {
  const parts = independentParts([...evidence, ...actions]);
  const found = parts.map((part) => {
    const within = (all: readonly AssessedEvidence[]) =>
      parts.length > 1 ? all.filter((proof) => part.includes(proof)) : all;
    return setsOfPart(requirements, { evidence: within(evidence), actions: within(actions) }, limit);
  });
  return { sets: found.flatMap(({ sets }) => sets), steps: found.reduce((sum, { steps }) => sum + steps, 0) };
}

function setsOfPart(
  requirements: readonly LayerRequirement[],
  { evidence, actions }: EvidenceAndActions,
  limit: number,
): SufficientSets {
  const space = searchSpace(requirements, evidence, actions);
  if (space === undefined) return { sets: [], steps: 0 };
  const { found, steps } = search(space, limit);
  const sets = found.map((taken) => taken.flatMap((index) => space.classes[index] ?? []));
  return { sets: sets.map((set) => ({ actions: set, now: actionsNow(set, space) })), steps };
}
