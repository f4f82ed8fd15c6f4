/** How the requirements of a sign-in stand: met, to be met by a challenge or an enrollment, or impossible. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { type AssessedEvidence, meetsAll } from '../evidence/requirement.ts';
import { findSupportingEvidence } from '../evidence/supporting-evidence.ts';
import type { ChallengeOption, LayerRequirement } from '../model/decision.ts';
import { type Capabilities, forAccountManagement, provable } from './capabilities.ts';
import { enrollmentPlans } from './enrollment-plans.ts';
import { optionsBestFirst } from './option-order.ts';
import type { ActionClass } from './search-space.ts';
import { type SufficientSet, sufficientSets } from './sufficient-sets.ts';

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
  const able = countedIn(requirements, capabilities);
  const supportingEvidence = findSupportingEvidence(requirements, able.evidence);
  if (supportingEvidence !== undefined) return metBy(supportingEvidence);
  const byProof = sufficientSets(requirements, { evidence: able.evidence, actions: provable(able) }).sets;
  if (byProof.length > 0) return challenge(byProof, able);
  return statusByEnrolling(requirements, capabilities);
}

/** The capabilities that count for these requirements. */
function countedIn(requirements: readonly LayerRequirement[], capabilities: Capabilities): Capabilities {
  const isForAccount = requirements.some(({ isAccountManagement }) => isAccountManagement);
  return isForAccount ? forAccountManagement(capabilities) : capabilities;
}

/** Whether the user has proved enough. */
export function isMet(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  return meetsAll(requirements, countedIn(requirements, capabilities).evidence);
}

/**
 * Whether the status is not `impossible`: everything that the user can prove and enroll is enough, as more evidence
 * never hurts. Costs less than the status.
 */
export function isPossible(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  const able = countedIn(requirements, capabilities);
  if (meetsAll(requirements, [...able.evidence, ...provable(able)])) return true;
  const { evidence } = forAccountManagement(capabilities);
  return enrollmentPlans(requirements, capabilities).some(({ before, actions }) =>
    meetsAll([...before, ...requirements], [...evidence, ...actions]),
  );
}

function metBy(evidence: readonly CountedEvidence[]): RequirementStatus {
  return { kind: 'met', supportingEvidence: evidence.filter(({ accountManagementOnly }) => !accountManagementOnly) };
}

function statusByEnrolling(requirements: readonly LayerRequirement[], capabilities: Capabilities): RequirementStatus {
  const able = forAccountManagement(capabilities);
  const plans = enrollmentPlans(requirements, capabilities).map(({ before, actions }) => ({
    sets: sufficientSets([...before, ...requirements], { evidence: able.evidence, actions }).sets,
    isReady: meetsAll(before, able.evidence),
  }));
  const sets = plans.flatMap((plan) => plan.sets);
  if (sets.length === 0) return { kind: 'impossible' };
  const ready = plans.filter(({ isReady }) => isReady).flatMap((plan) => plan.sets);
  if (ready.length > 0) return enrollOrProveFirst(ready, able);
  const proofs = challenge(sets, able);
  // What must be enrolled reveals what the account lacks, so only a user who has proved something learns it.
  const toEnroll = () => inPolicyOrder(keysToEnroll(sets.flatMap((set) => set.actions)), capabilities);
  return able.evidence.length === 0 ? proofs : { ...proofs, toEnroll: toEnroll() };
}

/**
 * Asks for a proof before the enrollment only if an authenticator that might complete the sign-in could not be chosen
 * without that proof.
 */
function enrollOrProveFirst(sets: readonly SufficientSet[], capabilities: Capabilities): RequirementStatus {
  const isReady = ({ now }: SufficientSet) => now.every(isToEnroll);
  const choices = keysToEnroll(sets.filter(isReady).flatMap(({ now }) => now));
  const waiting = sets.filter((set) => !isReady(set));
  const waitingFor = keysToEnroll(waiting.flatMap(({ actions }) => actions));
  if (choices.length === 0 || !waitingFor.every((key) => choices.includes(key)))
    return challenge(waiting, capabilities);
  return { kind: 'enroll', choices: inPolicyOrder(choices, capabilities) };
}

function inPolicyOrder(keys: readonly string[], { policies }: Capabilities): readonly string[] {
  return policies.authenticators.map(({ key }) => key).filter((key) => keys.includes(key));
}

function keysToEnroll(classes: readonly ActionClass[]): readonly string[] {
  return classes.filter(isToEnroll).flatMap(({ members }) => members.map(({ authenticator }) => authenticator));
}

function isToEnroll({ members }: ActionClass): boolean {
  return members[0]?.toEnroll === true;
}

/** A challenge for the proofs that come next in any of these sets. */
export function challenge(
  sets: readonly SufficientSet[],
  capabilities: Capabilities,
): Extract<RequirementStatus, { kind: 'challenge' }> {
  const smallest = new Map<AssessedEvidence, number>();
  for (const set of sets) {
    for (const action of proofsNow(set).flatMap(({ members }) => members)) {
      smallest.set(action, Math.min(set.actions.length, smallest.get(action) ?? Number.POSITIVE_INFINITY));
    }
  }
  return { kind: 'challenge', options: optionsBestFirst(smallest, capabilities) };
}

/**
 * Proofs come first even where a chain wants an enrollment before them that may not happen yet. Auxiliary
 * authenticators come last, whatever a chain says: a security question is a hint, so the user sees it only after
 * proving everything else.
 */
function proofsNow({ actions, now }: SufficientSet): readonly ActionClass[] {
  const isProof = (one: ActionClass) => !isToEnroll(one);
  const isNonAuxiliary = (one: ActionClass) => isProof(one) && !one.members[0]?.auxiliary;
  const preferences = [
    now.filter(isNonAuxiliary),
    actions.filter(isNonAuxiliary),
    now.filter(isProof),
    actions.filter(isProof),
  ];
  return preferences.find((classes) => classes.length > 0) ?? [];
}
