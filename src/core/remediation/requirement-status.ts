/** How a person can go on from what they have shown: to prove more, to enroll, or not at all. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { type AssessedEvidence, meetsLayerRequirement } from '../evidence/requirement.ts';
import { findSupportingEvidence } from '../evidence/supporting-evidence.ts';
import type { ChallengeOption, LayerRequirement } from '../model/decision.ts';
import { accountManagementOf, type Capabilities, enrollable, forAccountManagement, provable } from './capabilities.ts';
import { optionsBestFirst } from './option-order.ts';
import { actionsNow, minimalSufficientSets, type SufficientSet } from './sufficient-sets.ts';

export type RequirementStatus =
  | { readonly kind: 'met'; readonly witness: readonly CountedEvidence[] }
  | {
      readonly kind: 'challenge';
      readonly options: readonly ChallengeOption[];
      /** It is only asked so that one of these can be enrolled. */
      readonly toEnroll?: readonly string[];
    }
  | { readonly kind: 'enroll'; readonly choices: readonly string[] }
  | { readonly kind: 'impossible' };

/**
 * Existing enrollments first; enrolling is for those who cannot complete without it, and only after they have proved
 * the strongest level that their account can reach (Law 7), also by what the enrollment policy disables here. Whatever
 * is offered is part of a completion of which no part can be left out.
 */
export function requirementStatus(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): RequirementStatus {
  const able = requirements.some(({ isAccountManagement }) => isAccountManagement)
    ? forAccountManagement(capabilities)
    : capabilities;
  const supportingEvidence = findSupportingEvidence(requirements, able.evidence);
  if (supportingEvidence !== undefined)
    return { kind: 'met', witness: supportingEvidence.filter(({ accountManagementOnly }) => !accountManagementOnly) };
  const byProof = minimalSufficientSets(requirements, able.evidence, provable(able, requirements));
  if (byProof.length > 0) return challenge(byProof, requirements, able);
  return enrollingWay(requirements, capabilities);
}

function enrollingWay(requirements: readonly LayerRequirement[], capabilities: Capabilities): RequirementStatus {
  const able = forAccountManagement(capabilities);
  const bar = accountManagementOf(capabilities);
  const proofFirst = [bar, ...requirements];
  const sufficientSets = minimalSufficientSets(proofFirst, able.evidence, [
    ...provable(able, requirements),
    ...enrollable(capabilities, requirements),
  ]);
  if (sufficientSets.length === 0) return { kind: 'impossible' };
  if (meetsLayerRequirement(bar, able.evidence)) return enrollOrProveFirst(sufficientSets, requirements, able);
  const proofs = challenge(sufficientSets, proofFirst, able);
  // That there is something to enroll says what the account has not: only to somebody who has proved something.
  return able.evidence.length === 0
    ? proofs
    : { ...proofs, toEnroll: inOrder(sufficientSets.flatMap(keysToEnroll), capabilities) };
}

/**
 * Enrolling waits for a proof only if without that proof an authenticator could not be chosen that might complete with
 * it.
 */
function enrollOrProveFirst(
  sufficientSets: readonly SufficientSet[],
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): RequirementStatus {
  const isReady = (sufficientSet: SufficientSet) =>
    actionsNow(sufficientSet, requirements, capabilities.evidence).every(({ toEnroll }) => toEnroll);
  const ready = sufficientSets.filter(isReady);
  const waiting = sufficientSets.filter((sufficientSet) => !isReady(sufficientSet));
  const choices = ready.flatMap((sufficientSet) =>
    keysToEnroll(actionsNow(sufficientSet, requirements, capabilities.evidence)),
  );
  const waitingFor = waiting.flatMap(keysToEnroll);
  if (choices.length === 0 || !waitingFor.every((key) => choices.includes(key)))
    return challenge(waiting, requirements, capabilities);
  return { kind: 'enroll', choices: inOrder(choices, capabilities) };
}

function inOrder(keys: readonly string[], { policies }: Capabilities): readonly string[] {
  return policies.authenticators.map(({ key }) => key).filter((key) => keys.includes(key));
}

function keysToEnroll(actions: readonly AssessedEvidence[]): readonly string[] {
  return actions.filter((action) => action.toEnroll).map((action) => action.authenticator);
}

/** What to prove now for one of these completions. */
export function challenge(
  sufficientSets: readonly SufficientSet[],
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): Extract<RequirementStatus, { kind: 'challenge' }> {
  const shortest = new Map<AssessedEvidence, number>();
  for (const sufficientSet of sufficientSets) {
    for (const action of proofsNow(sufficientSet, requirements, capabilities.evidence)) {
      shortest.set(action, Math.min(sufficientSet.length, shortest.get(action) ?? Number.POSITIVE_INFINITY));
    }
  }
  return { kind: 'challenge', options: optionsBestFirst(shortest, capabilities) };
}

/**
 * Where a chain wants something enrolled first that may not be enrolled yet, the proofs come first all the same. What
 * is auxiliary comes last, whatever a chain says: a question is a hint, which nobody sees before the rest is proved.
 */
function proofsNow(
  sufficientSet: SufficientSet,
  requirements: readonly LayerRequirement[],
  evidence: readonly AssessedEvidence[],
): readonly AssessedEvidence[] {
  const isProof = (action: AssessedEvidence) => !action.toEnroll;
  const isSolid = (action: AssessedEvidence) => isProof(action) && !action.auxiliary;
  const ready = actionsNow(sufficientSet, requirements, evidence);
  const ways = [
    ready.filter(isSolid),
    sufficientSet.filter(isSolid),
    ready.filter(isProof),
    sufficientSet.filter(isProof),
  ];
  return ways.find((actions) => actions.length > 0) ?? [];
}
