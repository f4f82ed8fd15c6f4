/** The one evaluator: it serves enforcing, explaining, simulating and analysing (Law 3). */
import { accountPurpose, isEnrolledHere } from './account-request.ts';
import { assuranceOf } from './assurance.ts';
import type { PolicySet } from './compile.ts';
import { admissible, countedEvidence } from './counted-evidence.ts';
import {
  type EnrollmentCase,
  type EnrollmentRuling,
  enrollableOf,
  enrollmentRuling,
  enrollmentStep,
  mustEnroll,
  unsatisfiable,
  usablePolicies,
} from './enrollment.ts';
import { isFull, withRoom } from './enrollment-room.ts';
import { firstProof } from './first-proof.ts';
import {
  type Denial,
  type Layer,
  overallMaxAge,
  type PolicyLayers,
  policyLayers,
  requestLayers,
  traceOf,
} from './layers.ts';
import { barOf, type Means, meansWithin, usableEnrollments } from './means.ts';
import type { Decision, Facts, Outcome, RememberedProof, Subject, Trace } from './model.ts';
import { meetsRule, rememberedProofs, rememberingOf, sparesSecondFactor } from './remember.ts';
import type { Goal } from './requirement.ts';
import { type WayOn, wayOn } from './way-on.ts';
import { extendWitness } from './witness.ts';

export { type CompiledPolicy, compilePolicy, type PolicySet } from './compile.ts';
export { evaluateRefresh } from './refresh.ts';

/**
 * Decides what happens next: allow, deny, or what the person must do. Session policy, app policy and request must all agree, and what the
 * enrollment policy disables does not count; once all is proved, the enrollment policy may want something enrolled. Whatever is unknown,
 * broken or cannot be met denies (Law 4). Without a transaction (single sign-on, `prompt=none`) everything that is
 * neither `allow` nor `deny` means that an interaction is needed.
 */
export function evaluate(policies: PolicySet, facts: Facts): Decision {
  const requests = requestLayers(facts.request, policies.acrValues);
  const enrollment = enrollmentRuling(policies, facts);
  const policy = policyLayers(policies, facts, rememberedHere(policies, facts, enrollment));
  const denial = policy.denial ?? requests[0].denial ?? enrollment.layer?.denial ?? noAuthenticator(policies);
  const given: Case = { policies, facts, policy, requests, enrollment, denial };
  if (facts.subject !== undefined) return evaluateSubject(facts.subject, given);
  const trace = traceOf(layersOf(given, requests[0]), facts.request, []);
  return denial ? { kind: 'deny', ...denial, trace } : { kind: 'identify', trace };
}

function rememberedHere(policies: PolicySet, facts: Facts, { terms }: EnrollmentRuling): readonly RememberedProof[] {
  return facts.device.remembered ? rememberedProofs(usablePolicies(policies, terms), facts) : [];
}

function noAuthenticator({ authenticators }: PolicySet): Denial | undefined {
  return authenticators.length === 0 ? { reason: 'unsatisfiable' } : undefined;
}

function layersOf({ policy, enrollment }: Case, request: Layer): readonly Layer[] {
  return [...policy.layers, request, ...(enrollment.layer ? [enrollment.layer] : [])];
}

interface Case {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly policy: PolicyLayers;
  readonly requests: readonly [Layer, ...Layer[]];
  readonly enrollment: EnrollmentRuling;
  /** What policies and request deny, whatever the person has shown. */
  readonly denial: Denial | undefined;
}

function evaluateSubject(subject: Subject, given: Case): Decision {
  const { facts, enrollment } = given;
  const { terms } = enrollment;
  const roomy = { ...given, policies: withRoom(given.policies, subject) };
  const means = meansOf(subject, roomy, usablePolicies(roomy.policies, terms));
  const unrestricted = means.policies === roomy.policies ? means : meansOf(subject, roomy, roomy.policies);
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

/** Whether this browser may remember what is proved. The same for whoever will be denied: it must not show yet. */
function withRemembering(outcome: Outcome, { policy, facts }: Case, { enrollments }: Means): Outcome {
  const remember = policy.appRule && rememberingOf(policy.appRule, facts);
  if (!remember) return outcome;
  if (outcome.kind === 'allow') return { ...outcome, remember: remember.seconds };
  if (outcome.kind !== 'challenge') return outcome;
  const asked = enrollments.filter(({ id }) => outcome.options.some((option) => option.enrollments.includes(id)));
  const ids = asked.filter((one) => sparesSecondFactor(remember, one)).map(({ id }) => id);
  return ids.length === 0 ? outcome : { ...outcome, remember: { seconds: remember.seconds, enrollments: ids } };
}

function meansOf(subject: Subject, { policies, policy, facts }: Case, usable: PolicySet): Means {
  const counted = countedEvidence(subject, policies, facts);
  const shown = admissible(counted, overallMaxAge(facts, policy.session));
  return meansWithin(usable, policies, { shown, enrollments: usableEnrollments(subject, policies) });
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

/** The best of what the request may add that this person can reach; the last, if none. */
function chooseRequest({ policies, facts, policy, requests }: Case, means: Means) {
  const required = [...unlessMet(policy, means), ...accountGoals(policies, facts, means)];
  let chosen = tryRequest(requests[0], required, means);
  for (const request of requests.slice(1)) {
    if (chosen.way.kind !== 'impossible') break;
    chosen = tryRequest(request, required, means);
  }
  return chosen;
}

/** Where the app's rule is met as it stands, nothing is waived: then the tokens say all that was proved. */
function unlessMet({ goals, appRule, rememberedHere }: PolicyLayers, { shown }: Means): readonly Goal[] {
  if (!rememberedHere || appRule?.then.kind !== 'allow' || !meetsRule(appRule, shown)) return goals;
  const { requirement } = appRule.then;
  return goals.map((goal) => (goal.anyOf.includes(requirement) ? { ...goal, anyOf: [requirement] } : goal));
}

function tryRequest(request: Layer, required: readonly Goal[], means: Means) {
  const goals: readonly Goal[] = request.goal ? [...required, request.goal] : required;
  return { request, goals, way: wayOn(goals, means) };
}

/** Law 7, where somebody wants to change their account. What was enrolled behind the bar does not raise it after the fact. */
function accountGoals(policies: PolicySet, facts: Facts, means: Means): readonly Goal[] {
  if (!policies.account) return [];
  const purpose = accountPurpose(facts.request);
  const isOpen =
    purpose.kind === 'change' || (purpose.kind === 'enroll' && !isEnrolledHere(purpose.authenticator, facts));
  return isOpen ? [barOf(means)] : [];
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
  const waived = policy.appRule && !meetsRule(policy.appRule, means.shown) && policy.rememberedHere;
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
