/** What denies a sign-in whatever the user proves next, and which cause is reported. */

import { requestedAtAccount } from '../enrollment/account-request.ts';
import {
  addableOf,
  type EnrollmentContext,
  enrollableOf,
  mustEnroll,
  unsatisfiable,
} from '../enrollment/apply-policy.ts';
import { isFull } from '../enrollment/enrollment-limit.ts';
import type { Denial, LayerRequirement } from '../model/decision.ts';
import type { Subject } from '../model/facts.ts';
import type { ProfileTerms } from '../model/profile-policy.ts';
import { usablePolicies } from '../policy/rules/enrollment-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { isPossible } from '../remediation/requirement-status.ts';
import { withAccountPolicy } from './account-policy.ts';
import type { ChosenRequestLayer, EvaluationContext } from './evaluation-context.ts';

/** The evaluation of a user who has identified. */
export interface SubjectEvaluation {
  readonly context: EvaluationContext;
  readonly subject: Subject;
  readonly capabilities: Capabilities;
  /** What the capabilities would be if the enrollment policy disabled nothing. */
  readonly unrestricted: Capabilities;
  readonly chosen: ChosenRequestLayer;
  /** Absent if no enrollment policy applies, or if its answer depends on how the user signs in. */
  readonly toEnroll: EnrollmentContext | undefined;
  /** Absent if no profile policy applies, or if its answer depends on how the user signs in. */
  readonly profile: ProfileTerms | undefined;
}

/** The denial that holds whatever the user proves next, if there is one. */
export function denialOf(evaluation: SubjectEvaluation): Denial | undefined {
  const { context, subject, toEnroll } = evaluation;
  return (
    context.denial ??
    inactive(subject) ??
    impossible(evaluation) ??
    requestedNotEnrollable(evaluation) ??
    (toEnroll && requiredNotEnrollable(toEnroll))
  );
}

function inactive(subject: Subject): Denial | undefined {
  return subject.status === 'active' ? undefined : { reason: 'account_inactive' };
}

/**
 * The requirements cannot be met. The reported cause is the first of these without which they could be met: the `acr`
 * of the request, the limit of enrollments, what the enrollment policy disables, what the account policy forbids, the
 * minimum `acr` of the app.
 */
function impossible({ context, capabilities, unrestricted, chosen }: SubjectEvaluation): Denial | undefined {
  if (chosen.isPossible) return undefined;
  const { policies, policyLayers, enrollment, facts } = context;
  const requirements = without(chosen.requestLayer.requirement, chosen.requirements);
  if (isPossible(requirements, capabilities)) return { reason: 'acr_unattainable', layer: 'request' };
  const unlimited = {
    ...capabilities,
    policies: usablePolicies(withAccountPolicy(policies, facts).policies, enrollment.terms),
  };
  if (isPossible(requirements, unlimited)) return { reason: 'enrollments_full' };
  if (isPossible(requirements, unrestricted)) {
    const { rule } = enrollment;
    return { reason: 'enrollment_forbids', layer: 'enrollment', ...(rule !== undefined && { rule }) };
  }
  if (policies.accountPolicy && isPossible(requirements, withoutAccountPolicy(capabilities, context)))
    return { reason: 'enrollment_forbids', layer: 'account' };
  return isPossible(without(policyLayers.minimumAcrRequirement, requirements), capabilities)
    ? { reason: 'acr_unattainable', layer: 'app' }
    : { reason: 'unsatisfiable' };
}

function withoutAccountPolicy(
  { additions: _, ...capabilities }: Capabilities,
  { policies, enrollment }: EvaluationContext,
): Capabilities {
  return { ...capabilities, policies: usablePolicies(policies, enrollment.terms) };
}

function without(
  left: LayerRequirement | undefined,
  requirements: readonly LayerRequirement[],
): readonly LayerRequirement[] {
  return requirements.filter((requirement) => requirement !== left);
}

/** In the account app the user asked for an authenticator that this user cannot enroll. */
function requestedNotEnrollable({ context, subject, capabilities }: SubjectEvaluation): Denial | undefined {
  const requested = requestedAtAccount(context.policies, context.facts);
  if (requested === undefined || enrollableOf([requested], capabilities).length > 0) return undefined;
  return { reason: isFull(requested, subject) ? 'enrollments_full' : 'unsatisfiable', layer: 'app' };
}

/** The enrollment policy requires an authenticator that the user neither has nor can enroll. */
function requiredNotEnrollable(toEnroll: EnrollmentContext): Denial | undefined {
  const isHopeless = mustEnroll(toEnroll).some((required) => addableOf(required, toEnroll.capabilities).length === 0);
  return isHopeless ? unsatisfiable(toEnroll) : undefined;
}
