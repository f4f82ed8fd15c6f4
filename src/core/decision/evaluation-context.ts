/**
 * What every stage of one evaluation shares: the rulings of policies, request and enrollment policy, and the user's
 * capabilities.
 */

import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import { withEnrollmentLimit } from '../enrollment/enrollment-limit.ts';
import { countedEvidence, withinMaxAge } from '../evidence/counted-evidence.ts';
import { meetsLayerRequirement, meetsRequirement } from '../evidence/requirement.ts';
import type { Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { type EnrollmentRuling, enrollmentRuling, usablePolicies } from '../policy/rules/enrollment-terms.ts';
import { type ProfileRuling, profileRuling } from '../profile/profile-terms.ts';
import {
  accountManagementOf,
  type Capabilities,
  capabilitiesWithin,
  enrolledAtBest,
  usableEnrollments,
} from '../remediation/capabilities.ts';
import { isMet, isPossible } from '../remediation/requirement-status.ts';
import { type Additions, requestedChangeLayer, withAccountPolicy } from './account-policy.ts';
import { overallMaxAge, type PolicyLayers, policyLayersOf, requestLayersOf } from './layers.ts';
import { rememberedProofs } from './waiver.ts';

/** The rulings that do not depend on what the user has proved. */
export interface EvaluationContext {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly policyLayers: PolicyLayers;
  /** The alternatives that the request may add, best first. */
  readonly requestLayers: readonly [Layer, ...Layer[]];
  /** What may be used and enrolled. What must be enrolled is decided after the sign-in. */
  readonly enrollment: EnrollmentRuling;
  readonly profile: ProfileRuling;
  /** The account policy's ruling about the change for which the account app sent the request. */
  readonly accountLayer?: Layer | undefined;
  /** The first denial among the layers. It holds whatever the user proves. */
  readonly denial: Denial | undefined;
}

/** Applies all policies to the facts. */
export function evaluationContext(policies: PolicySet, facts: Facts): EvaluationContext {
  const requestLayers = requestLayersOf(facts.request, policies.acrLevels);
  const enrollment = enrollmentRuling(policies, facts);
  const remembered = rememberedProofs(usablePolicies(policies, enrollment.terms), facts);
  const policyLayers = policyLayersOf(policies, facts, remembered);
  const profile = profileRuling(policies, facts);
  const accountLayer = requestedChangeLayer(policies, facts);
  const denial =
    policyLayers.denial ??
    requestLayers[0].denial ??
    enrollment.layer?.denial ??
    profile.layer?.denial ??
    accountLayer?.denial ??
    noAuthenticator(policies);
  return { policies, facts, policyLayers, requestLayers, enrollment, profile, accountLayer, denial };
}

function noAuthenticator({ authenticators }: PolicySet): Denial | undefined {
  return authenticators.length === 0 ? { reason: 'unsatisfiable' } : undefined;
}

/** The user's capabilities, and what they would be if the enrollment policy disabled nothing. */
export function capabilitiesIn(
  subject: Subject,
  context: EvaluationContext,
): Record<'capabilities' | 'unrestricted', Capabilities> {
  const limited = {
    ...context,
    ...withAccountPolicy(withEnrollmentLimit(context.policies, subject), context.facts),
  };
  const capabilities = capabilitiesOf(subject, limited, usablePolicies(limited.policies, context.enrollment.terms));
  const unrestricted =
    capabilities.policies === limited.policies ? capabilities : capabilitiesOf(subject, limited, limited.policies);
  return { capabilities, unrestricted };
}

function capabilitiesOf(
  subject: Subject,
  { policies, policyLayers, facts, additions }: EvaluationContext & Additions,
  usable: PolicySet,
): Capabilities {
  const counted = countedEvidence(subject, policies, facts);
  const evidence = withinMaxAge(counted, overallMaxAge(facts, policyLayers));
  const state = { evidence, enrollments: usableEnrollments(subject, policies) };
  const capabilities = capabilitiesWithin(usable, policies, state);
  return additions ? { ...capabilities, additions } : capabilities;
}

/** The chosen alternative of the request, all requirements with it, and whether the user can meet them. */
export interface ChosenRequestLayer {
  readonly requestLayer: Layer;
  readonly requirements: readonly LayerRequirement[];
  /** The user has proved enough. */
  readonly isMet: boolean;
  readonly isPossible: boolean;
}

/**
 * Chooses the best alternative of the request that the user can reach, or the last one if the user can reach none. A
 * voluntary `acr` value never makes the user enroll an authenticator.
 */
export function chooseRequestLayer(context: EvaluationContext, capabilities: Capabilities): ChosenRequestLayer {
  const { policyLayers, requestLayers } = context;
  const [first, ...others] = requestLayers.length === 1 ? requestLayers : requestLayers.filter(isWithinReach);
  const required = [...unlessMet(policyLayers, capabilities), ...accountRequirements(context, capabilities)];
  let chosen = tryRequestLayer(first ?? requestLayers[0], required, capabilities);
  for (const request of others) {
    if (chosen.isPossible) break;
    chosen = tryRequestLayer(request, required, capabilities);
  }
  return chosen;

  function isWithinReach({ requirement }: Layer): boolean {
    return requirement === undefined || meetsLayerRequirement(requirement, enrolledAtBest(capabilities));
  }
}

/**
 * The requirements of the policies. If the evidence meets the app's rule without a waiver, nothing is waived, so that
 * the tokens name everything that was proved.
 */
function unlessMet({ requirements, waiver }: PolicyLayers, { evidence }: Capabilities): readonly LayerRequirement[] {
  if (!waiver || !meetsRequirement(waiver.requirement, evidence)) return requirements;
  const anyOf = [waiver.requirement];
  return requirements.map((requirement) =>
    requirement.anyOf.includes(waiver.requirement) ? { layer: requirement.layer, anyOf } : requirement,
  );
}

function tryRequestLayer(
  requestLayer: Layer,
  required: readonly LayerRequirement[],
  capabilities: Capabilities,
): ChosenRequestLayer {
  const requirements: readonly LayerRequirement[] = requestLayer.requirement
    ? [...required, requestLayer.requirement]
    : required;
  const met = isMet(requirements, capabilities);
  return { requestLayer, requirements, isMet: met, isPossible: met || isPossible(requirements, capabilities) };
}

/**
 * The account-management requirement (Law 7), if the user is about to change the account. An enrollment made under it
 * does not raise the requirement afterwards.
 */
function accountRequirements(
  { policies, facts, accountLayer }: EvaluationContext,
  capabilities: Capabilities,
): readonly LayerRequirement[] {
  if (!policies.isAccountApp) return [];
  const purpose = accountPurpose(facts.request);
  const isRequired =
    purpose.kind === 'change' || (purpose.kind === 'enroll' && !isEnrolledHere(purpose.authenticator, facts));
  const { requirement } = accountLayer ?? {};
  return isRequired ? [accountManagementOf(capabilities), ...(requirement ? [requirement] : [])] : [];
}

/**
 * Authenticators whose remembered proof replaces the second factor. Undefined if the evidence meets the rule without
 * it.
 */
export function waivedIn(
  { policyLayers }: EvaluationContext,
  { evidence }: Capabilities,
): readonly string[] | undefined {
  const { waiver } = policyLayers;
  return waiver && !meetsRequirement(waiver.requirement, evidence) ? waiver.authenticators : undefined;
}
