/**
 * Decides the next step of a password recovery: first the proofs that the recovery policy asks for, then a new
 * password. The rules are applied as everywhere (Law 3). Earlier proofs do not count, a denial stays hidden until the
 * user proves something, and an account without a password cannot get one by recovery.
 */

import { bestEvidence } from '../evidence/attainable-acr.ts';
import { countedEvidence } from '../evidence/counted-evidence.ts';
import { meetsRequirement } from '../evidence/requirement.ts';
import { authenticatorIn } from '../model/authenticator-name.ts';
import type { ChallengeOption, Decision, DecisionOutcome, Denial, LayerRequirement } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import { neutralRequest } from '../model/neutral-facts.ts';
import { noEnrollment } from '../model/no-enrollment.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { Requirement, Rule } from '../model/policy.ts';
import type { Trace } from '../model/trace.ts';
import { compilePolicy, type PolicySet } from '../policy/rules/compile.ts';
import { type EnrollmentRuling, enrollmentRuling, usablePolicies } from '../policy/rules/enrollment-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { firstChallenge } from '../remediation/first-challenge.ts';
import { isPossible, requirementStatus } from '../remediation/requirement-status.ts';
import { capabilitiesIn, chooseRequestLayer, type EvaluationContext, evaluationContext } from './evaluation-context.ts';
import { traceOf } from './layers.ts';
import { withPassing } from './passing-denial.ts';

/** The user is about to recover the password in this transaction. */
export function isRecovering({ transaction }: Facts): boolean {
  return transaction?.recovering === true;
}

/** The enabled authenticator that a recovery sets again. Undefined if none is enabled. */
function recoveredAuthenticator({ authenticators }: PolicySet): string | undefined {
  return authenticators.find(({ underPasswordPolicy, enrollable }) => underPasswordPolicy && enrollable)?.key;
}

/** Cached by policies, on which the answer depends alone: every page needs it. */
const recoverables = new WeakMap<PolicySet, { readonly key: string | undefined }>();

/**
 * The authenticator that a recovery sets again, provided that at least some user could prove what the recovery policy
 * asks for.
 */
export function recoverableAuthenticator(policies: PolicySet): string | undefined {
  const known = recoverables.get(policies) ?? { key: findRecoverable(policies) };
  recoverables.set(policies, known);
  return known.key;
}

function findRecoverable(policies: PolicySet): string | undefined {
  const { recovery, authenticators } = policies;
  const proofs = authenticators.filter(({ underPasswordPolicy }) => !underPasswordPolicy);
  const isOpen = recovery?.rules.some(({ rule: { then } }) => {
    return then.kind === 'allow' && meetsRequirement(then.requirement, bestEvidence(then.requirement, proofs));
  });
  return isOpen ? recoveredAuthenticator(policies) : undefined;
}

/** What comes next in a recovery. */
export function evaluateRecovery(policies: PolicySet, facts: Facts): Decision {
  const ruling = enrollmentRuling(policies, facts);
  const own = recoveryPolicies(policies, usablePolicies(policies, ruling.terms));
  const within = recoveryFacts(facts);
  const context = evaluationContext(own, within);
  const { subject } = facts;
  const capabilities = subject && capabilitiesIn(subject, context).capabilities;
  const trace = recoveryTrace(context, capabilities);
  if (subject === undefined || capabilities === undefined)
    return context.denial
      ? { kind: 'deny', ...withPassing(context.denial, context), trace }
      : { kind: 'identify', trace };
  const { subject: _, ...anonymous } = within;
  const general = evaluationContext(own, anonymous).denial;
  if (general) return { kind: 'deny', ...withPassing(general, { policies: own, facts: anonymous }), trace };
  const key = recoveredAuthenticator(policies);
  const unrestricted = () =>
    capabilitiesIn(subject, evaluationContext(recoveryPolicies(policies, policies), within)).capabilities;
  return { ...nextOf({ context, subject, capabilities, unrestricted, ruling, key }), trace };
}

interface Recovering {
  readonly context: EvaluationContext;
  readonly subject: Subject;
  readonly capabilities: Capabilities;
  /** Returns what the capabilities would be if the enrollment policy disabled nothing. */
  readonly unrestricted: () => Capabilities;
  /** Of the enrollment policy. */
  readonly ruling: EnrollmentRuling;
  readonly key: string | undefined;
}

function nextOf(recovering: Recovering): DecisionOutcome {
  const { context, subject, capabilities, key } = recovering;
  const { requirements } = chooseRequestLayer(context, capabilities);
  const status = requirementStatus(requirements, capabilities);
  const denial =
    deniedAnyway(recovering) ?? (status.kind === 'impossible' ? outOfReach(requirements, recovering) : undefined);
  const isProved = countedEvidence(subject, context.policies, context.facts).length > 0;
  if (denial !== undefined) {
    if (isProved) return { kind: 'deny', ...withPassing(denial, context, capabilities) };
    return { kind: 'challenge', options: optionsLikeOthers(requirements, context, capabilities), withheld: denial };
  }
  if (status.kind === 'challenge') return { kind: 'challenge', options: status.options };
  const hasOne = subject.enrollments.some(({ authenticator }) => authenticator === key);
  return key !== undefined && hasOne
    ? { kind: 'enroll', choices: [key] }
    : { kind: 'deny', reason: 'nothing_to_recover' };
}

function deniedAnyway({ context: { denial }, subject }: Recovering): Denial | undefined {
  return denial ?? (subject.status === 'active' ? undefined : { reason: 'account_inactive' });
}

/** The user cannot prove what the rule asks for: because of the enrollment policy, or for lack of an enrollment. */
function outOfReach(
  requirements: readonly LayerRequirement[],
  { context: { policyLayers }, unrestricted, ruling }: Recovering,
): Denial {
  if (isPossible(requirements, unrestricted()))
    return omitUndefined({ reason: 'enrollment_forbids' as const, layer: 'enrollment' as const, rule: ruling.rule });
  return omitUndefined({ reason: 'unsatisfiable' as const, layer: 'app' as const, rule: policyLayers.appRule?.name });
}

/**
 * The same options as for a user who could prove what the rule names first, so that the page reveals nothing about this
 * user.
 */
function optionsLikeOthers(
  requirements: readonly LayerRequirement[],
  { policies }: EvaluationContext,
  capabilities: Capabilities,
): readonly ChallengeOption[] {
  const { enrollments } = capabilities;
  const allowed = (policies.app?.rules ?? []).flatMap(({ rule: { then } }) =>
    then.kind === 'allow' ? [then.requirement] : [],
  );
  const named = [...requirements.flatMap(({ anyOf }) => anyOf), ...allowed].flatMap(authenticatorsOf);
  const authenticator = named.find((key) => policies.authenticators.some((descriptor) => descriptor.key === key));
  if (authenticator === undefined) return firstChallenge(requirements, capabilities);
  const own = enrollments.filter((enrollment) => enrollment.authenticator === authenticator).map(({ id }) => id);
  return [{ authenticator, enrollments: own.length > 0 ? own : [noEnrollment] }];
}

function authenticatorsOf(requirement: Requirement): readonly string[] {
  const demands =
    'chains' in requirement
      ? requirement.chains.flat()
      : requirement.anyOf.flatMap((alternative) => alternative.demands);
  return demands.flatMap(({ authenticators = [] }) => authenticators.map(authenticatorIn));
}

/** The session policy accepts any proof, because a recovery does not sign the user in. */
const anyProof = compilePolicy<Rule>({
  name: 'recovery',
  rules: [{ name: 'Any', when: {}, then: { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } } }],
});

/**
 * The recovery policy in place of the sign-on policy. The recovered authenticator proves nothing here, and nothing can
 * be enrolled.
 */
function recoveryPolicies(policies: PolicySet, usable: PolicySet): PolicySet {
  const authenticators = usable.authenticators
    .filter(({ underPasswordPolicy }) => !underPasswordPolicy)
    .map((descriptor) => ({ ...descriptor, enrollable: false }));
  const { recovery, onlyBy } = policies;
  return {
    session: anyProof,
    ...(recovery && { app: recovery }),
    acrLevels: [],
    authenticators,
    ...(onlyBy && { onlyBy }),
  };
}

/** Only proofs of this transaction count, and the app's request adds nothing. */
function recoveryFacts({ transaction, request, evidence, device, ...facts }: Facts): Facts {
  const { remembered: _, ...plain } = device;
  return {
    ...facts,
    ...(transaction && { transaction }),
    request: neutralRequest(request.clientId, request.scopes),
    device: plain,
    evidence: evidence
      .filter((proof) => proof.transaction === transaction?.id)
      .map((proof) => ({ ...proof, origin: 'sign_in' })),
  };
}

function recoveryTrace({ policyLayers, facts }: EvaluationContext, capabilities: Capabilities | undefined): Trace {
  const { layers } = traceOf(policyLayers.layers, facts.request, capabilities?.evidence ?? []);
  return { layers: layers.filter(({ layer }) => layer === 'app') };
}
