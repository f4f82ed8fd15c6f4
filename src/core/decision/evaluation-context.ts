/** One case to be decided: what policies, request and enrollment policy say of it, and how the person can go on. */

import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import { withEnrollmentLimit } from '../enrollment/enrollment-limit.ts';
import { admissible, countedEvidence } from '../evidence/counted-evidence.ts';
import type { Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { Facts, RememberedProof, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import { type EnrollmentRuling, enrollmentRuling, usablePolicies } from '../policy/enrollment-terms.ts';
import {
  accountManagementOf,
  type Capabilities,
  capabilitiesWithin,
  usableEnrollments,
} from '../remediation/capabilities.ts';
import { requirementStatus } from '../remediation/requirement-status.ts';
import { overallMaxAge, type PolicyLayers, policyLayers, requestLayers } from './layers.ts';
import { meetsWithoutWaiver, rememberedProofs } from './waiver.ts';

export interface EvaluationContext {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly policy: PolicyLayers;
  readonly requests: readonly [Layer, ...Layer[]];
  readonly enrollment: EnrollmentRuling;
  /** What policies and request deny, whatever the person has shown. */
  readonly denial: Denial | undefined;
}

export function evaluationContext(policies: PolicySet, facts: Facts): EvaluationContext {
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
export function capabilitiesIn(
  subject: Subject,
  context: EvaluationContext,
): Record<'capabilities' | 'unrestricted', Capabilities> {
  const roomy = { ...context, policies: withEnrollmentLimit(context.policies, subject) };
  const capabilities = capabilitiesOf(subject, roomy, usablePolicies(roomy.policies, context.enrollment.terms));
  const unrestricted =
    capabilities.policies === roomy.policies ? capabilities : capabilitiesOf(subject, roomy, roomy.policies);
  return { capabilities, unrestricted };
}

function capabilitiesOf(
  subject: Subject,
  { policies, policy, facts }: EvaluationContext,
  usable: PolicySet,
): Capabilities {
  const counted = countedEvidence(subject, policies, facts);
  const evidence = admissible(counted, overallMaxAge(facts, policy.session));
  return capabilitiesWithin(usable, policies, { evidence, enrollments: usableEnrollments(subject, policies) });
}

/** The best of what the request may add that this person can reach; the last, if none. */
export function chooseRequest({ policies, facts, policy, requests }: EvaluationContext, capabilities: Capabilities) {
  const required = [...unlessMet(policy, capabilities), ...accountGoals(policies, facts, capabilities)];
  let chosen = tryRequest(requests[0], required, capabilities);
  for (const request of requests.slice(1)) {
    if (chosen.way.kind !== 'impossible') break;
    chosen = tryRequest(request, required, capabilities);
  }
  return chosen;
}

/** Where the app's rule is met as it stands, nothing is waived: then the tokens say all that was proved. */
function unlessMet(
  { requirements, appRule, rememberedHere }: PolicyLayers,
  { evidence }: Capabilities,
): readonly LayerRequirement[] {
  if (!rememberedHere || appRule?.then.kind !== 'allow' || !meetsWithoutWaiver(appRule, evidence)) return requirements;
  const { requirement } = appRule.then;
  return requirements.map((goal) => (goal.anyOf.includes(requirement) ? { ...goal, anyOf: [requirement] } : goal));
}

function tryRequest(request: Layer, required: readonly LayerRequirement[], capabilities: Capabilities) {
  const requirements: readonly LayerRequirement[] = request.requirement ? [...required, request.requirement] : required;
  return { request, goals: requirements, way: requirementStatus(requirements, capabilities) };
}

/**
 * Law 7, where somebody wants to change their account. What was enrolled behind the bar does not raise it after the
 * fact.
 */
function accountGoals(policies: PolicySet, facts: Facts, capabilities: Capabilities): readonly LayerRequirement[] {
  if (!policies.account) return [];
  const purpose = accountPurpose(facts.request);
  const isOpen =
    purpose.kind === 'change' || (purpose.kind === 'enroll' && !isEnrolledHere(purpose.authenticator, facts));
  return isOpen ? [accountManagementOf(capabilities)] : [];
}

/** Authenticators whose remembered proof stands for the second factor, where the rule would not be met without it. */
export function waivedIn({ policy }: EvaluationContext, { evidence }: Capabilities): readonly string[] | undefined {
  return policy.appRule && !meetsWithoutWaiver(policy.appRule, evidence) ? policy.rememberedHere : undefined;
}
