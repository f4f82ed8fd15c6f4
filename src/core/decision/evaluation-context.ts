/** One case to be decided: what policies, request and enrollment policy say of it, and how the person can go on. */

import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import { withRoom } from '../enrollment/enrollment-limit.ts';
import { admissible, countedEvidence } from '../evidence/counted-evidence.ts';
import type { Denial, Goal, Layer } from '../model/decision.ts';
import type { Facts, RememberedProof, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { type EnrollmentRuling, enrollmentRuling, usablePolicies } from '../policy/enrollment-terms.ts';
import { barOf, type Means, meansWithin, usableEnrollments } from '../remediation/capabilities.ts';
import { wayOn } from '../remediation/requirement-status.ts';
import { overallMaxAge, type PolicyLayers, policyLayers, requestLayers } from './layers.ts';
import { meetsRule, rememberedProofs } from './waiver.ts';

export interface Case {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly policy: PolicyLayers;
  readonly requests: readonly [Layer, ...Layer[]];
  readonly enrollment: EnrollmentRuling;
  /** What policies and request deny, whatever the person has shown. */
  readonly denial: Denial | undefined;
}

export function caseOf(policies: PolicySet, facts: Facts): Case {
  const requests = requestLayers(facts.request, policies.acrValues);
  const enrollment = enrollmentRuling(policies, facts);
  const policy = policyLayers(policies, facts, rememberedHere(policies, facts, enrollment));
  const denial = policy.denial ?? requests[0].denial ?? enrollment.layer?.denial ?? noAuthenticator(policies);
  return { policies, facts, policy, requests, enrollment, denial };
}

function rememberedHere(policies: PolicySet, facts: Facts, { terms }: EnrollmentRuling): readonly RememberedProof[] {
  return facts.device.remembered ? rememberedProofs(usablePolicies(policies, terms), facts) : [];
}

function noAuthenticator({ authenticators }: PolicySet): Denial | undefined {
  return authenticators.length === 0 ? { reason: 'unsatisfiable' } : undefined;
}

/** What the person can go on with, and what they could if the enrollment policy disabled nothing. */
export function meansIn(subject: Subject, given: Case): Record<'means' | 'unrestricted', Means> {
  const roomy = { ...given, policies: withRoom(given.policies, subject) };
  const means = meansOf(subject, roomy, usablePolicies(roomy.policies, given.enrollment.terms));
  const unrestricted = means.policies === roomy.policies ? means : meansOf(subject, roomy, roomy.policies);
  return { means, unrestricted };
}

function meansOf(subject: Subject, { policies, policy, facts }: Case, usable: PolicySet): Means {
  const counted = countedEvidence(subject, policies, facts);
  const shown = admissible(counted, overallMaxAge(facts, policy.session));
  return meansWithin(usable, policies, { shown, enrollments: usableEnrollments(subject, policies) });
}

/** The best of what the request may add that this person can reach; the last, if none. */
export function chooseRequest({ policies, facts, policy, requests }: Case, means: Means) {
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

/** Authenticators whose remembered proof stands for the second factor, where the rule would not be met without it. */
export function waivedIn({ policy }: Case, { shown }: Means): readonly string[] | undefined {
  return policy.appRule && !meetsRule(policy.appRule, shown) ? policy.rememberedHere : undefined;
}
