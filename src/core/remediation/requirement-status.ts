/** The status of the requirements of a sign-in: met, open to a challenge or an enrollment, or impossible. */

import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { type AssessedEvidence, meetsAll } from '../evidence/requirement.ts';
import { findSupportingEvidence } from '../evidence/supporting-evidence.ts';
import type { ChallengeOption, LayerRequirement } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import { type Capabilities, forAccountManagement, provable } from './capabilities.ts';
import {
  additionGroups,
  type EnrollmentPlan,
  enrollmentPlans,
  hasEnrollmentPlan,
  takesFromEachGroup,
} from './enrollment-plans.ts';
import { firstOfSequence, hasEnrollmentSequence, openKeys } from './enrollment-sequences.ts';
import { optionsBestFirst } from './option-order.ts';
import type { ActionClass } from './search-space.ts';
import { type SufficientSet, sufficientSets } from './sufficient-sets.ts';

/** The status of the requirements, and the user's options. */
export type RequirementStatus =
  | { readonly kind: 'met'; readonly supportingEvidence: readonly CountedEvidence[] }
  | {
      readonly kind: 'challenge';
      readonly options: readonly ChallengeOption[];
      /** Present if the challenge is only a step towards enrolling one of these. */
      readonly toEnroll?: readonly string[];
    }
  | { readonly kind: 'enroll'; readonly choices: readonly string[] }
  | { readonly kind: 'impossible' };

/**
 * Existing enrollments come first. An enrollment is offered only if the user cannot complete the sign-in without one,
 * and only after proving the strongest level that the account can reach (Law 7), if necessary with authenticators that
 * the enrollment policy disables here. Every option is part of a minimal sufficient set.
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
 * Whether the status is not `impossible`. More evidence never hurts, so it is enough to test with everything that the
 * user could prove and enroll. This is cheaper than computing the status.
 */
export function isPossible(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  if (canProve(requirements, capabilities)) return true;
  return hasEnrollmentPlan(requirements, capabilities) || hasEnrollmentSequence(requirements, capabilities);
}

/** Whether the user can prove enough without an enrollment. */
export function canProve(requirements: readonly LayerRequirement[], capabilities: Capabilities): boolean {
  const able = countedIn(requirements, capabilities);
  return meetsAll(requirements, [...able.evidence, ...provable(able)]);
}

function metBy(evidence: readonly CountedEvidence[]): RequirementStatus {
  return { kind: 'met', supportingEvidence: evidence.filter(({ accountManagementOnly }) => !accountManagementOnly) };
}

function statusByEnrolling(requirements: readonly LayerRequirement[], capabilities: Capabilities): RequirementStatus {
  const able = forAccountManagement(capabilities);
  const plans = enrollmentPlans(requirements, capabilities).map((plan) => ({
    sets: setsOfPlan(plan, requirements, able),
    groups: plan.groups,
    isReady: meetsAll(plan.before, able.evidence),
  }));
  const sets = plans.flatMap((plan) => plan.sets);
  if (sets.length === 0) return sequenceStatus([requirements], capabilities);
  const ready = plans.filter(({ isReady }) => isReady).flatMap((plan) => plan.sets);
  if (ready.length > 0) return enrollOrProveFirst(ready, able);
  const proofs = challenge(sets, able);
  // The required enrollment reveals what the account lacks, so a user sees it only after a first proof.
  const needed = keysToEnroll(sets.flatMap((set) => set.actions));
  const all = needed.length > 0 ? needed : plans.flatMap(({ groups }) => groups.flatMap(({ keys }) => keys));
  return able.evidence.length === 0 ? proofs : { ...proofs, toEnroll: inPolicyOrder(all, capabilities) };
}

/**
 * The enrollments that come first of a sequence to any of these requirements, or the proofs before them. `needed`: as
 * for the sequence. What is needed in any case comes before what is only named.
 */
export function sequenceStatus(
  ends: readonly (readonly LayerRequirement[])[],
  capabilities: Capabilities,
  needed?: readonly RequiredEnrollment[],
): Exclude<RequirementStatus, { kind: 'met' }> {
  const able = forAccountManagement(capabilities);
  const { evidence } = able;
  const first = ends.flatMap((requirements) => firstOfSequence(requirements, capabilities, needed));
  const all = first.map(({ authenticator }) => authenticator);
  const open = openKeys(capabilities, needed);
  const both = all.filter((key) => open.includes(key));
  const keys = inPolicyOrder(both.length > 0 ? both : all, capabilities);
  if (keys.length === 0) return { kind: 'impossible' };
  const groups = additionGroups(keys, capabilities);
  const choices = groups.filter(({ before }) => meetsAll(before, evidence)).flatMap((group) => group.keys);
  if (choices.length > 0) return { kind: 'enroll', choices: inPolicyOrder(choices, capabilities) };
  const actions = provable(able);
  const proofs = challenge(
    groups.flatMap(({ before }) => sufficientSets(before, { evidence, actions }).sets),
    able,
  );
  return evidence.length === 0 ? proofs : { ...proofs, toEnroll: keys };
}

function setsOfPlan(
  plan: EnrollmentPlan,
  requirements: readonly LayerRequirement[],
  { evidence }: Capabilities,
): readonly SufficientSet[] {
  const { before, actions } = plan;
  const { sets } = sufficientSets([...before, ...requirements], { evidence, actions });
  // No set meets both: what comes before the enrollment is proved for itself.
  const isProved = meetsAll(before, evidence);
  if (sets.length === 0 && !isProved)
    return sufficientSets(before, { evidence, actions: actions.filter((action) => !action.toEnroll) }).sets;
  return (sets.length === 0 ? sufficientSets(requirements, { evidence, actions }).sets : sets).filter((set) =>
    takesFromEachGroup(
      plan,
      set.actions.map(({ members }) => members),
    ),
  );
}

/**
 * Asks for a proof first only if an authenticator that could complete the sign-in cannot be enrolled without that
 * proof.
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
 * Proofs come first, even if a chain puts an enrollment before them that is not allowed yet. Auxiliary authenticators
 * come last, whatever a chain says: a security question is a hint about the user, so it appears only after all other
 * proofs.
 */
function proofsNow({ actions, now }: SufficientSet): readonly ActionClass[] {
  const isProof = (actionClass: ActionClass) => !isToEnroll(actionClass);
  const isNonAuxiliary = (actionClass: ActionClass) => isProof(actionClass) && !actionClass.members[0]?.auxiliary;
  const preferences = [
    now.filter(isNonAuxiliary),
    actions.filter(isNonAuxiliary),
    now.filter(isProof),
    actions.filter(isProof),
  ];
  return preferences.find((classes) => classes.length > 0) ?? [];
}
