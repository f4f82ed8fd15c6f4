/** The one evaluator: it serves enforcing, explaining, simulating and analysing (Law 3). */

import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import {
  type EnrollmentContext,
  enrollableOf,
  enrollmentStep,
  mustEnroll,
  unsatisfiable,
} from '../enrollment/apply-policy.ts';
import { isFull } from '../enrollment/enrollment-limit.ts';
import { assuranceOf } from '../evidence/assurance.ts';
import { countedEvidence } from '../evidence/counted-evidence.ts';
import { extendSupportingEvidence } from '../evidence/supporting-evidence.ts';
import type { Decision, DecisionOutcome, Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { firstChallenge } from '../remediation/first-challenge.ts';
import { type RequirementStatus, requirementStatus } from '../remediation/requirement-status.ts';
import {
  capabilitiesIn,
  chooseRequest,
  type EvaluationContext,
  evaluationContext,
  waivedIn,
} from './evaluation-context.ts';
import { traceOf } from './layers.ts';
import { withRememberable } from './waiver-forecast.ts';

export { type CompiledPolicy, compilePolicy, type PolicySet } from '../policy/compile.ts';
export { evaluateRefresh } from './refresh.ts';

/**
 * Decides what happens next: allow, deny, or what the person must do. Session policy, app policy and request must all
 * agree, and what the enrollment policy disables does not count; once all is proved, the enrollment policy may want
 * something enrolled. Whatever is unknown, broken or cannot be met denies (Law 4). Without a transaction (single
 * sign-on, `prompt=none`) everything that is neither `allow` nor `deny` means that an interaction is needed.
 */
export function evaluate(policies: PolicySet, facts: Facts): Decision {
  const context = evaluationContext(policies, facts);
  if (facts.subject !== undefined) return evaluateSubject(facts.subject, context);
  const { requests, denial } = context;
  const trace = traceOf(layersOf(context, requests[0]), facts.request, []);
  return denial ? { kind: 'deny', ...denial, trace } : { kind: 'identify', trace };
}

function layersOf({ policy, enrollment }: EvaluationContext, request: Layer): readonly Layer[] {
  return [...policy.layers, request, ...(enrollment.layer ? [enrollment.layer] : [])];
}

function evaluateSubject(subject: Subject, context: EvaluationContext): Decision {
  const { facts, enrollment } = context;
  const { terms } = enrollment;
  const { capabilities, unrestricted } = capabilitiesIn(subject, context);
  const { request, goals: requirements, way: status } = chooseRequest(context, capabilities);
  const toEnroll: EnrollmentContext | undefined = terms && {
    subject,
    terms,
    rule: enrollment.rule,
    capabilities,
    facts,
  };
  const trace = enrollmentTrace(traceOf(layersOf(context, request), facts.request, capabilities.evidence), toEnroll);
  const denial =
    context.denial ??
    inactive(subject) ??
    impossible(status, request, { ...context, capabilities, unrestricted }) ??
    notWanted(context, capabilities) ??
    (toEnroll && notEnrollable(toEnroll));
  if (denial === undefined)
    return { ...withRememberable(proceed(status, context, capabilities, toEnroll), context, capabilities), trace };
  if (countedEvidence(subject, context.policies, facts).length > 0) return { kind: 'deny', ...denial, trace };
  const general = evaluate(context.policies, anonymous(facts));
  if (general.kind === 'deny') return { ...general, trace };
  // Who has nothing but what is disabled proves that: it gets them no further than to the reason.
  const usable = capabilities.enrollments.length > 0 ? capabilities : unrestricted;
  const first = { kind: 'challenge', options: firstChallenge(requirements, usable), withheld: denial } as const;
  return { ...withRememberable(first, context, usable), trace };
}

function enrollmentTrace(trace: Trace, toEnroll: EnrollmentContext | undefined): Trace {
  if (toEnroll === undefined) return trace;
  const satisfied = mustEnroll(toEnroll).length === 0;
  return { layers: trace.layers.map((layer) => (layer.layer === 'enrollment' ? { ...layer, satisfied } : layer)) };
}

/** Something is required that this person does not have and cannot enroll. */
function notEnrollable(toEnroll: EnrollmentContext): Denial | undefined {
  const hopeless = mustEnroll(toEnroll).some(({ anyOf }) => enrollableOf(anyOf, toEnroll.capabilities).length === 0);
  return hopeless ? unsatisfiable(toEnroll) : undefined;
}

/** What is to be enrolled at the account app, and is not yet. */
function wantedAtAccount({ policies, facts }: EvaluationContext): string | undefined {
  const purpose = policies.account ? accountPurpose(facts.request) : undefined;
  if (purpose?.kind !== 'enroll' || isEnrolledHere(purpose.authenticator, facts)) return undefined;
  return purpose.authenticator;
}

/** Somebody wants to enroll what nobody can enroll. */
function notWanted(context: EvaluationContext, capabilities: Capabilities): Denial | undefined {
  const requestedEnrollment = wantedAtAccount(context);
  if (requestedEnrollment === undefined || enrollableOf([requestedEnrollment], capabilities).length > 0)
    return undefined;
  const isCrowded = context.facts.subject !== undefined && isFull(requestedEnrollment, context.facts.subject);
  return { reason: isCrowded ? 'enrollments_full' : 'unsatisfiable', layer: 'app' };
}

function inactive(subject: Subject): Denial | undefined {
  return subject.status === 'active' ? undefined : { reason: 'account_inactive' };
}

/**
 * Blames the `acr` demand of the request if everything else could be met, then the lack of room, then what the
 * enrollment policy disables.
 */
function impossible(
  status: RequirementStatus,
  request: Layer,
  {
    policies,
    policy,
    enrollment,
    capabilities,
    unrestricted,
  }: EvaluationContext & Record<'capabilities' | 'unrestricted', Capabilities>,
): Denial | undefined {
  if (status.kind !== 'impossible') return undefined;
  const isPossible = (requirements: readonly LayerRequirement[], by = capabilities) =>
    requirementStatus(requirements, by).kind !== 'impossible';
  if (request.requirement && isPossible(policy.requirements)) return { reason: 'acr_unattainable', layer: 'request' };
  const empty = { ...capabilities, policies: usablePolicies(policies, enrollment.terms) };
  if (unrestricted.policies !== policies && isPossible(policy.requirements, empty))
    return { reason: 'enrollments_full' };
  if (capabilities !== unrestricted && isPossible(policy.requirements, unrestricted)) {
    const { rule } = enrollment;
    return { reason: 'enrollment_forbids', layer: 'enrollment', ...(rule !== undefined && { rule }) };
  }
  if (policy.minimumAcr && isPossible(policy.requirements.filter((requirement) => requirement !== policy.minimumAcr))) {
    return { reason: 'acr_unattainable', layer: 'app' };
  }
  return { reason: 'unsatisfiable' };
}

function proceed(
  status: RequirementStatus,
  context: EvaluationContext,
  capabilities: Capabilities,
  toEnroll: EnrollmentContext | undefined,
): DecisionOutcome {
  const { policies, facts, policy } = context;
  if (status.kind === 'impossible') return { kind: 'deny', reason: 'unsatisfiable' };
  if (status.kind === 'enroll') return { ...status, choices: preferRequired(status.choices, toEnroll) };
  if (status.kind === 'challenge') {
    const { toEnroll: choices } = status;
    return { ...status, ...(choices && { toEnroll: preferRequired(choices, toEnroll) }) };
  }
  const requestedEnrollment = wantedAtAccount(context);
  if (requestedEnrollment !== undefined) return { kind: 'enroll', choices: [requestedEnrollment] };
  const step = toEnroll && enrollmentStep(toEnroll);
  if (step) return step;
  const supportingEvidence = extendSupportingEvidence(status.witness, capabilities.evidence);
  const waived = waivedIn(context, capabilities);
  return {
    kind: 'allow',
    assurance: assuranceOf(supportingEvidence, policies.acrValues, facts.request.acrValues),
    rule: policy.appRule?.name ?? '',
    ...(policy.session && { session: policy.session }),
    ...(waived && { waived }),
  };
}

/** What meets both the app and the enrollment policy spares the person a second enrollment. */
function preferRequired(choices: readonly string[], toEnroll: EnrollmentContext | undefined): readonly string[] {
  const required = toEnroll && mustEnroll(toEnroll)[0]?.anyOf;
  const both = choices.filter((key) => required?.includes(key));
  return both.length > 0 ? both : choices;
}

function anonymous({ subject: _, ...facts }: Facts): Facts {
  return facts;
}
