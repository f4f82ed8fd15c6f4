/**
 * What every stage of one evaluation shares: the rulings of policies, request and enrollment policy, and the user's
 * capabilities.
 */

import { accountPurpose, isEnrolledHere } from '../enrollment/account-request.ts';
import { withEnrollmentLimit } from '../enrollment/enrollment-limit.ts';
import { countedEvidence, withinLimits } from '../evidence/counted-evidence.ts';
import { meetsLayerRequirement, meetsRequirement } from '../evidence/requirement.ts';
import type { Denial, Layer, LayerRequirement } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { type EnrollmentRuling, enrollmentRuling, usablePolicies } from '../policy/rules/enrollment-terms.ts';
import { type ProfileRuling, profileRuling } from '../profile/profile-terms.ts';
import {
  accountManagementOf,
  type Capabilities,
  capabilitiesWithin,
  enrolledAtBest,
  lastingProofs,
} from '../remediation/capabilities.ts';
import { canProve, isMet, isPossible } from '../remediation/requirement-status.ts';
import { usableEnrollments } from '../remediation/usable-enrollments.ts';
import { type Additions, requestedChangeLayer, withAccountPolicy } from './account-policy.ts';
import { requestLayersOf } from './acr-layers.ts';
import { askedAfterSignIn } from './after-sign-in.ts';
import { evidenceLimits, type PolicyLayers, policyLayersOf } from './layers.ts';
import { canWaiveBeside, rememberedProofs } from './waiver.ts';

/** The rulings that do not depend on what the user has proved. */
export interface EvaluationContext {
  readonly policies: PolicySet;
  readonly facts: Facts;
  readonly policyLayers: PolicyLayers;
  /** The same layers as if this browser remembered nothing. */
  readonly unwaivedLayers: PolicyLayers;
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
  const unwaivedLayers = policyLayers.waiver ? policyLayersOf(policies, facts) : policyLayers;
  const profile = profileRuling(policies, facts);
  const accountLayer = requestedChangeLayer(policies, facts);
  const denial =
    policyLayers.denial ??
    requestLayers[0].denial ??
    enrollment.layer?.denial ??
    profile.layer?.denial ??
    accountLayer?.denial ??
    noAuthenticator(policies);
  return { policies, facts, policyLayers, unwaivedLayers, requestLayers, enrollment, profile, accountLayer, denial };
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

function capabilitiesOf(subject: Subject, context: EvaluationContext & Additions, usable: PolicySet): Capabilities {
  const { policies, policyLayers, facts, additions } = context;
  const counted = countedEvidence(subject, policies, facts);
  const evidence = withinLimits(counted, evidenceLimits(facts, policyLayers));
  const state = { evidence, enrollments: usableEnrollments(subject, policies) };
  const capabilities = capabilitiesWithin(usable, policies, state);
  return additions ? { ...capabilities, additions, required: requiredAnyway(capabilities, context) } : capabilities;
}

/** What the user must enroll now or later, however the sign-in goes on. */
function requiredAnyway(capabilities: Capabilities, context: EvaluationContext): readonly RequiredEnrollment[] {
  const { terms } = askedAfterSignIn(context, { signingIn: capabilities }).enrollment;
  return terms?.required ?? [];
}

/** The chosen alternative of the request, all requirements with it, and whether the user can meet them. */
export interface ChosenRequestLayer {
  readonly requestLayer: Layer;
  /** The layers of the policies beside it, with the waiver only if it counts. */
  readonly policyLayers: PolicyLayers;
  readonly requirements: readonly LayerRequirement[];
  /** The user has proved enough. */
  readonly isMet: boolean;
  readonly isPossible: boolean;
}

/**
 * Chooses the best alternative of the request that the user can reach, or the last one if the user can reach none. A
 * voluntary `acr` value never makes the user enroll an authenticator: the user must be able to prove it here. Beside
 * it, the user enrolls only what is needed without it.
 */
export function chooseRequestLayer(context: EvaluationContext, capabilities: Capabilities): ChosenRequestLayer {
  const { requestLayers } = context;
  const last = tryRequestLayer(requestLayers.at(-1) ?? requestLayers[0], context, capabilities);
  const isProofEnough = requestLayers.length > 1 && canProve(last.requirements, capabilities);
  for (const request of requestLayers.slice(0, -1).filter(isWithinReach)) {
    const chosen = tryRequestLayer(request, context, capabilities);
    if (isProofEnough ? canProve(chosen.requirements, capabilities) : chosen.isPossible) return chosen;
  }
  return last;

  function isWithinReach({ requirement }: Layer): boolean {
    return requirement === undefined || meetsLayerRequirement(requirement, lastingProofs(capabilities));
  }
}

function tryRequestLayer(
  requestLayer: Layer,
  context: EvaluationContext,
  capabilities: Capabilities,
): ChosenRequestLayer {
  const beside = [
    ...accountRequirements(context, capabilities),
    ...(requestLayer.requirement ? [requestLayer.requirement] : []),
  ];
  const policyLayers = waivesBeside(beside, context, capabilities) ? context.policyLayers : context.unwaivedLayers;
  const requirements = [...policyLayers.requirements, ...beside];
  const met = isMet(requirements, capabilities);
  return {
    requestLayer,
    policyLayers,
    requirements,
    isMet: met,
    isPossible: met || isPossible(requirements, capabilities),
  };
}

/**
 * Whether the waiver counts. It does not if the evidence meets the app's rule as it stands, so that the tokens name
 * everything that was proved. Nor if another layer asks for a possession.
 */
function waivesBeside(
  beside: readonly LayerRequirement[],
  { policyLayers }: EvaluationContext,
  capabilities: Capabilities,
): boolean {
  const { waiver, requirements } = policyLayers;
  if (!waiver || meetsRequirement(waiver.requirement, capabilities.evidence)) return false;
  const others = requirements.filter(({ anyOf }) => !anyOf.includes(waiver.requirement));
  return canWaiveBeside([...others, ...beside], enrolledAtBest(capabilities));
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
