/** How the requirements of a sign-in stand: met, to be met by a challenge or an enrollment, or impossible. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { type AssessedEvidence, meetsLayerRequirement } from '../evidence/requirement.ts';
import { findSupportingEvidence } from '../evidence/supporting-evidence.ts';
import type { ChallengeOption, LayerRequirement } from '../model/decision.ts';
import { accountManagementOf, type Capabilities, enrollable, forAccountManagement, provable } from './capabilities.ts';
import { optionsBestFirst } from './option-order.ts';
import { actionsNow, minimalSufficientSets, type SufficientSet } from './sufficient-sets.ts';

/** How the requirements stand, and the user's options. */
export type RequirementStatus =
  | { readonly kind: 'met'; readonly supportingEvidence: readonly CountedEvidence[] }
  | {
      readonly kind: 'challenge';
      readonly options: readonly ChallengeOption[];
      /** The challenge only serves the enrollment of one of these. */
      readonly toEnroll?: readonly string[];
    }
  | { readonly kind: 'enroll'; readonly choices: readonly string[] }
  | { readonly kind: 'impossible' };

/**
 * Existing enrollments come first. Enrolling is for users who cannot complete without it, and only after they have
 * proved the strongest level that their account can reach (Law 7), if need be by what the enrollment policy disables
 * here. Every option is part of a minimal sufficient set.
 */
export function requirementStatus(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): RequirementStatus {
  const able = requirements.some(({ isAccountManagement }) => isAccountManagement)
    ? forAccountManagement(capabilities)
    : capabilities;
  const supportingEvidence = findSupportingEvidence(requirements, able.evidence);
  if (supportingEvidence !== undefined) return metBy(supportingEvidence);
  const byProof = minimalSufficientSets(requirements, able.evidence, provable(able, requirements));
  if (byProof.length > 0) return challenge(byProof, requirements, able);
  return statusByEnrolling(requirements, capabilities);
}

function metBy(evidence: readonly CountedEvidence[]): RequirementStatus {
  return { kind: 'met', supportingEvidence: evidence.filter(({ accountManagementOnly }) => !accountManagementOnly) };
}

function statusByEnrolling(requirements: readonly LayerRequirement[], capabilities: Capabilities): RequirementStatus {
  const able = forAccountManagement(capabilities);
  const accountManagement = accountManagementOf(capabilities);
  const proofFirst = [accountManagement, ...requirements];
  const sufficientSets = minimalSufficientSets(proofFirst, able.evidence, [
    ...provable(able, requirements),
    ...enrollable(capabilities, requirements),
  ]);
  if (sufficientSets.length === 0) return { kind: 'impossible' };
  if (meetsLayerRequirement(accountManagement, able.evidence))
    return enrollOrProveFirst(sufficientSets, requirements, able);
  const proofs = challenge(sufficientSets, proofFirst, able);
  // What is to be enrolled reveals what the account lacks. So it is told only to a user who has proved something.
  return able.evidence.length === 0
    ? proofs
    : { ...proofs, toEnroll: inOrder(sufficientSets.flatMap(keysToEnroll), capabilities) };
}

/**
 * Asks for a proof before the enrollment only if an authenticator that might complete the sign-in could not be chosen
 * without that proof.
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

/** A challenge for the proofs that come next in any of these sets. */
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
 * Proofs come first even where a chain wants an enrollment before them that may not happen yet. Auxiliary
 * authenticators come last, whatever a chain says: a security question is a hint, so the user sees it only after
 * proving everything else.
 */
function proofsNow(
  sufficientSet: SufficientSet,
  requirements: readonly LayerRequirement[],
  evidence: readonly AssessedEvidence[],
): readonly AssessedEvidence[] {
  const isProof = (action: AssessedEvidence) => !action.toEnroll;
  const isSolid = (action: AssessedEvidence) => isProof(action) && !action.auxiliary;
  const ready = actionsNow(sufficientSet, requirements, evidence);
  const preferences = [
    ready.filter(isSolid),
    sufficientSet.filter(isSolid),
    ready.filter(isProof),
    sufficientSet.filter(isProof),
  ];
  return preferences.find((actions) => actions.length > 0) ?? [];
}
