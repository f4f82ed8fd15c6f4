/** The one evaluator: it serves enforcing, explaining, simulating and analysing (Law 3). */

import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import {
  type EnrollmentCase,
  enrollableOf,
  enrollmentStep,
  mustEnroll,
  unsatisfiable,
} from '../enrollment/apply-policy.ts';
import { isFull } from '../enrollment/enrollment-limit.ts';
import { assuranceOf } from '../evidence/assurance.ts';
import { countedEvidence } from '../evidence/counted-evidence.ts';
import { extendWitness } from '../evidence/supporting-evidence.ts';
import type { Decision, Denial, Goal, Layer, Outcome } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import { usablePolicies } from '../policy/enrollment-terms.ts';
import type { Means } from '../remediation/capabilities.ts';
import { firstProof } from '../remediation/first-challenge.ts';
import { type WayOn, wayOn } from '../remediation/requirement-status.ts';
import { type Case, caseOf, chooseRequest, meansIn, waivedIn } from './evaluation-context.ts';
import { traceOf } from './layers.ts';
import { withRemembering } from './waiver-forecast.ts';

export { type CompiledPolicy, compilePolicy, type PolicySet } from '../policy/compile.ts';
export { evaluateRefresh } from './refresh.ts';

/**
 * Decides what happens next: allow, deny, or what the person must do. Session policy, app policy and request must all agree, and what the
 * enrollment policy disables does not count; once all is proved, the enrollment policy may want something enrolled. Whatever is unknown,
 * broken or cannot be met denies (Law 4). Without a transaction (single sign-on, `prompt=none`) everything that is
 * neither `allow` nor `deny` means that an interaction is needed.
 */
export function evaluate(policies: PolicySet, facts: Facts): Decision {
  const given = caseOf(policies, facts);
  if (facts.subject !== undefined) return evaluateSubject(facts.subject, given);
  const { requests, denial } = given;
  const trace = traceOf(layersOf(given, requests[0]), facts.request, []);
  return denial ? { kind: 'deny', ...denial, trace } : { kind: 'identify', trace };
}

function layersOf({ policy, enrollment }: Case, request: Layer): readonly Layer[] {
  return [...policy.layers, request, ...(enrollment.layer ? [enrollment.layer] : [])];
}

function evaluateSubject(subject: Subject, given: Case): Decision {
  const { facts, enrollment } = given;
  const { terms } = enrollment;
  const { means, unrestricted } = meansIn(subject, given);
  const { request, goals, way } = chooseRequest(given, means);
  const toEnroll: EnrollmentCase | undefined = terms && { subject, terms, rule: enrollment.rule, means, facts };
  const trace = enrollmentTrace(traceOf(layersOf(given, request), facts.request, means.shown), toEnroll);
  const denial =
    given.denial ??
    inactive(subject) ??
    impossible(way, request, { ...given, means, unrestricted }) ??
    notWanted(given, means) ??
    (toEnroll && notEnrollable(toEnroll));
  if (denial === undefined) return { ...withRemembering(proceed(way, given, means, toEnroll), given, means), trace };
  if (countedEvidence(subject, given.policies, facts).length > 0) return { kind: 'deny', ...denial, trace };
  const general = evaluate(given.policies, anonymous(facts));
  if (general.kind === 'deny') return { ...general, trace };
  // Who has nothing but what is disabled proves that: it gets them no further than to the reason.
  const usable = means.enrollments.length > 0 ? means : unrestricted;
  const first = { kind: 'challenge', options: firstProof(goals, usable), withheld: denial } as const;
  return { ...withRemembering(first, given, usable), trace };
}

function enrollmentTrace(trace: Trace, toEnroll: EnrollmentCase | undefined): Trace {
  if (toEnroll === undefined) return trace;
  const satisfied = mustEnroll(toEnroll).length === 0;
  return { layers: trace.layers.map((layer) => (layer.layer === 'enrollment' ? { ...layer, satisfied } : layer)) };
}

/** Something is required that this person does not have and cannot enroll. */
function notEnrollable(toEnroll: EnrollmentCase): Denial | undefined {
  const hopeless = mustEnroll(toEnroll).some(({ anyOf }) => enrollableOf(anyOf, toEnroll.means).length === 0);
  return hopeless ? unsatisfiable(toEnroll) : undefined;
}

/** What is to be enrolled at the account app, and is not yet. */
function wantedAtAccount({ policies, facts }: Case): string | undefined {
  const purpose = policies.account ? accountPurpose(facts.request) : undefined;
  if (purpose?.kind !== 'enroll' || isEnrolledHere(purpose.authenticator, facts)) return undefined;
  return purpose.authenticator;
}

/** Somebody wants to enroll what nobody can enroll. */
function notWanted(given: Case, means: Means): Denial | undefined {
  const wanted = wantedAtAccount(given);
  if (wanted === undefined || enrollableOf([wanted], means).length > 0) return undefined;
  const isCrowded = given.facts.subject !== undefined && isFull(wanted, given.facts.subject);
  return { reason: isCrowded ? 'enrollments_full' : 'unsatisfiable', layer: 'app' };
}

function inactive(subject: Subject): Denial | undefined {
  return subject.status === 'active' ? undefined : { reason: 'account_inactive' };
}

/** Blames the `acr` demand of the request if everything else could be met, then the lack of room, then what the enrollment policy disables. */
function impossible(
  way: WayOn,
  request: Layer,
  { policies, policy, enrollment, means, unrestricted }: Case & Record<'means' | 'unrestricted', Means>,
): Denial | undefined {
  if (way.kind !== 'impossible') return undefined;
  const isPossible = (goals: readonly Goal[], by = means) => wayOn(goals, by).kind !== 'impossible';
  if (request.goal && isPossible(policy.goals)) return { reason: 'acr_unattainable', layer: 'request' };
  const empty = { ...means, policies: usablePolicies(policies, enrollment.terms) };
  if (unrestricted.policies !== policies && isPossible(policy.goals, empty)) return { reason: 'enrollments_full' };
  if (means !== unrestricted && isPossible(policy.goals, unrestricted)) {
    const { rule } = enrollment;
    return { reason: 'enrollment_forbids', layer: 'enrollment', ...(rule !== undefined && { rule }) };
  }
  if (policy.minimumAcr && isPossible(policy.goals.filter((goal) => goal !== policy.minimumAcr))) {
    return { reason: 'acr_unattainable', layer: 'app' };
  }
  return { reason: 'unsatisfiable' };
}

function proceed(way: WayOn, given: Case, means: Means, toEnroll: EnrollmentCase | undefined): Outcome {
  const { policies, facts, policy } = given;
  if (way.kind === 'impossible') return { kind: 'deny', reason: 'unsatisfiable' };
  if (way.kind === 'enroll') return { ...way, choices: preferRequired(way.choices, toEnroll) };
  if (way.kind === 'challenge') {
    const { toEnroll: choices } = way;
    return { ...way, ...(choices && { toEnroll: preferRequired(choices, toEnroll) }) };
  }
  const wanted = wantedAtAccount(given);
  if (wanted !== undefined) return { kind: 'enroll', choices: [wanted] };
  const step = toEnroll && enrollmentStep(toEnroll);
  if (step) return step;
  const witness = extendWitness(way.witness, means.shown);
  const waived = waivedIn(given, means);
  return {
    kind: 'allow',
    assurance: assuranceOf(witness, policies.acrValues, facts.request.acrValues),
    rule: policy.appRule?.name ?? '',
    ...(policy.session && { session: policy.session }),
    ...(waived && { waived }),
  };
}

/** What meets both the app and the enrollment policy spares the person a second enrollment. */
function preferRequired(choices: readonly string[], toEnroll: EnrollmentCase | undefined): readonly string[] {
  const required = toEnroll && mustEnroll(toEnroll)[0]?.anyOf;
  const both = choices.filter((key) => required?.includes(key));
  return both.length > 0 ? both : choices;
}

function anonymous({ subject: _, ...facts }: Facts): Facts {
  return facts;
}
