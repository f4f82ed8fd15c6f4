/** What denies a sign-in whatever the user proves next, and which cause is reported. */

import { requestedAtAccount } from '../enrollment/account-request.ts';
import { type EnrollmentContext, enrollableOf } from '../enrollment/apply-policy.ts';
import { isFull } from '../enrollment/enrollment-limit.ts';
import type { Denial, LayerRequirement } from '../model/decision.ts';
import type { Subject } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { ProfileTerms } from '../model/profile-policy.ts';
import { usablePolicies } from '../policy/rules/enrollment-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { isPossible } from '../remediation/requirement-status.ts';
import { withAccountPolicy } from './account-policy.ts';
import { additionDenial, withoutRulingsOn } from './addition-denial.ts';
import type { ChosenRequestLayer, EvaluationContext } from './evaluation-context.ts';
import { requiredNotEnrollable } from './required-enrollment.ts';

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
  /** The same by rules that only report. */
  readonly reported: Pick<SubjectEvaluation, 'toEnroll' | 'profile'>;
}

/**
 * The denial that holds whatever the user proves next, if there is one. `hasOtherStep`: whether a step leads in where
 * no plan is enough.
 */
export function denialOf(evaluation: SubjectEvaluation, hasOtherStep: () => boolean): Denial | undefined {
  const { context, subject } = evaluation;
  return (
    context.denial ??
    inactive(subject) ??
    impossible(evaluation, hasOtherStep) ??
    requestedNotEnrollable(evaluation) ??
    requiredNotEnrollable(evaluation)
  );
}

function inactive(subject: Subject): Denial | undefined {
  return subject.status === 'active' ? undefined : { reason: 'account_inactive' };
}

/**
 * The requirements cannot be met. The reported cause is the first of these without which they could be met: the `acr`
 * of the request, the limit of enrollments, what the enrollment policy disables, what the account policy says about an
 * enrollment or the change that the user asks for, the minimum `acr` of the app.
 */
function impossible(evaluation: SubjectEvaluation, hasOtherStep: () => boolean): Denial | undefined {
  const { context, capabilities, unrestricted, chosen } = evaluation;
  if (chosen.isPossible || hasOtherStep()) return undefined;
  const { policies, policyLayers, enrollment, facts } = context;
  const requirements = without(chosen.requestLayer.requirement, chosen.requirements);
  if (isPossible(requirements, capabilities)) return acrUnattainable(evaluation);
  const unlimited = {
    ...capabilities,
    policies: usablePolicies(withAccountPolicy(policies, facts).policies, enrollment.terms),
  };
  if (isPossible(requirements, unlimited)) return { reason: 'enrollments_full' };
  if (isPossible(requirements, unrestricted)) return enrollmentForbids(context);
  const ruledOut = ruledOutAddition(requirements, capabilities, context) ?? ruledOutChange(requirements, evaluation);
  if (ruledOut !== undefined) return ruledOut;
  return isPossible(without(policyLayers.minimumAcrRequirement, requirements), capabilities)
    ? { reason: 'acr_unattainable', layer: 'app' }
    : { reason: 'unsatisfiable', ...unmeetable(requirements, evaluation) };
}

/**
 * The rule of the session policy or the sign-on policy that asks for too much: one without whose requirement the others
 * could be met, if there is any, and rather one whose requirement cannot be met for itself. None: it is another one.
 */
function unmeetable(
  requirements: readonly LayerRequirement[],
  { context, capabilities }: SubjectEvaluation,
): Pick<Denial, 'layer' | 'rule'> {
  const layers = context.policyLayers.layers.filter(({ trace }) => trace.decidedBy !== undefined);
  const alone = layers.filter(({ requirement }) => isPossible(without(requirement, requirements), capabilities));
  const own = layers.filter(({ requirement }) => requirement && !isPossible([requirement], capabilities));
  const cause = alone.find((layer) => own.includes(layer)) ?? alone[0] ?? own[0];
  return omitUndefined({ layer: cause?.trace.layer, rule: cause?.trace.decidedBy });
}

/** The request asks for it. Where a rule of the account policy alone keeps the user from it, that rule is named. */
function acrUnattainable({ context, capabilities, chosen }: SubjectEvaluation): Denial {
  const ruledOut = ruledOutAddition(chosen.requirements, capabilities, context);
  return { ...(ruledOut ?? { layer: 'request' }), reason: 'acr_unattainable' };
}

function enrollmentForbids({ enrollment: { rule } }: EvaluationContext): Denial {
  return omitUndefined({ reason: 'enrollment_forbids' as const, layer: 'enrollment' as const, rule });
}

/** The account policy keeps the user from an enrollment with which the requirements could be met. */
function ruledOutAddition(
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
  context: EvaluationContext,
): Denial | undefined {
  const isEnough = (able: Capabilities) => isPossible(requirements, able);
  return additionDenial({ keys: enrollableKeys(context), capabilities, isEnough }, context);
}

/** Keys of the authenticators that users could enroll here, if the account policy said nothing. */
export function enrollableKeys({ policies, enrollment }: EvaluationContext): readonly string[] {
  const { authenticators } = usablePolicies(policies, enrollment.terms);
  return authenticators.filter(({ enrollable }) => enrollable).map(({ key }) => key);
}

/**
 * What the account policy asks for, before the change that the request is for, is what the user cannot prove. It may
 * ask for the same before an enrollment by which the user could prove more: lifted for that alone, it would not be
 * enough.
 */
function ruledOutChange(
  requirements: readonly LayerRequirement[],
  { context, capabilities }: SubjectEvaluation,
): Denial | undefined {
  const { accountLayer, policies, facts } = context;
  if (accountLayer?.requirement === undefined) return undefined;
  const withoutAdditionRules = withoutRulingsOn(enrollableKeys(context), capabilities, context);
  if (!isPossible(without(accountLayer.requirement, requirements), withoutAdditionRules)) return undefined;
  const { layer, decidedBy: rule } = accountLayer.trace;
  const requested = requestedAtAccount(policies, facts);
  return requested === undefined
    ? omitUndefined({ reason: 'unsatisfiable' as const, layer, rule })
    : omitUndefined({
        reason: 'authenticator_not_enrollable' as const,
        layer,
        rule,
        missingEnrollment: { authenticators: [requested] },
      });
}

function without(
  left: LayerRequirement | undefined,
  requirements: readonly LayerRequirement[],
): readonly LayerRequirement[] {
  return requirements.filter((requirement) => requirement !== left);
}

/** In the account app the user asked for an authenticator that this user cannot enroll. */
function requestedNotEnrollable(evaluation: SubjectEvaluation): Denial | undefined {
  const { context, subject, capabilities, unrestricted } = evaluation;
  const requested = requestedAtAccount(context.policies, context.facts);
  if (requested === undefined || enrollableOf([requested], capabilities).length > 0) return undefined;
  if (enrollableOf([requested], unrestricted).length > 0) return enrollmentForbids(context);
  return { reason: isFull(requested, subject) ? 'enrollments_full' : 'unsatisfiable', layer: 'app' };
}
