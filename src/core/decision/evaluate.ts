/**
 * The one evaluator, used for enforcing, explaining, simulating and analysing (Law 3). It denies what is unknown,
 * broken or impossible (Law 4), reveals no denial before the user has proved something, and gives its reasons in the
 * trace.
 */

import { requestedAtAccount } from '../enrollment/account-request.ts';
import { enrollableOf } from '../enrollment/apply-policy.ts';
import { passwordToReplace } from '../enrollment/password-to-replace.ts';
import { assuranceOf } from '../evidence/assurance.ts';
import { type CountedEvidence, countedEvidence } from '../evidence/counted-evidence.ts';
import { extendSupportingEvidence, usedEnrollments } from '../evidence/supporting-evidence.ts';
import type { Decision, DecisionOutcome, Denial, Layer } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PasswordToReplace } from '../model/password-policy.ts';
import type { Trace } from '../model/trace.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { profileRequest } from '../profile/profile-terms.ts';
import { firstChallenge } from '../remediation/first-challenge.ts';
import { requirementStatus } from '../remediation/requirement-status.ts';
import { nextAdditionLayers, ruledOutAdditionLayers } from './account-policy.ts';
import { type AskedAfterSignIn, askedAfterSignIn, signedInWith } from './after-sign-in.ts';
import { completedTrace } from './completed-trace.ts';
import { consentStep } from './consent.ts';
import { denialOf, type SubjectEvaluation } from './denial.ts';
import { deniedAfterRecovery } from './denial-after-recovery.ts';
import { enrollingStep, unplannedStep } from './enrolling-step.ts';
import { capabilitiesIn, chooseRequestLayer, type EvaluationContext, evaluationContext } from './evaluation-context.ts';
import { cutScopes } from './granted-scopes.ts';
import { keepAccountStep } from './keep-account.ts';
import { keptPasswordOf } from './kept-password.ts';
import { traceOf } from './layers.ts';
import { evaluateRecovery, isRecovering } from './recovery.ts';
import { replacementStep } from './replacement-step.ts';
import { withReportedRules } from './reported-rules.ts';
import { requiredEnrollmentStep } from './required-enrollment.ts';
import { withRememberable } from './waiver-forecast.ts';

/**
 * Decides what happens next: allow, deny, or what the user must do. Session policy, sign-on policy and request must all
 * agree. Authenticators that the enrollment policy disables do not count. After all proofs the enrollment policy may
 * require an enrollment, and the profile policy missing attributes. Whatever is unknown, broken or impossible to meet
 * denies (Law 4). Without a transaction (single sign-on, `prompt=none`) every decision other than `allow` and `deny`
 * means that an interaction is needed.
 */
export function evaluate(policies: PolicySet, facts: Facts): Decision {
  if (isRecovering(facts)) return evaluateRecovery(policies, facts);
  const context = evaluationContext(policies, facts);
  if (facts.subject !== undefined) return evaluateSubject(facts.subject, context);
  const { requestLayers, denial } = context;
  const layers = layersOf(context, requestLayers[0], askedAfterSignIn(context, undefined));
  const trace = traceOf(layers, facts.request, []);
  return denial ? { kind: 'deny', ...denial, trace } : { kind: 'identify', trace };
}

function layersOf(
  { policyLayers, accountLayer }: EvaluationContext,
  request: Layer,
  { enrollment, profile }: AskedAfterSignIn,
): readonly Layer[] {
  const others = [accountLayer, enrollment.layer, profile.layer].filter((layer) => layer !== undefined);
  return [...policyLayers.layers, request, ...others];
}

function evaluateSubject(subject: Subject, general: EvaluationContext): Decision {
  const { facts } = general;
  const { capabilities, unrestricted } = capabilitiesIn(subject, general);
  const chosen = chooseRequestLayer(general, capabilities);
  const context = { ...general, policyLayers: chosen.policyLayers };
  const user = chosen.isMet ? { signedIn: capabilities } : { signingIn: capabilities };
  const asked = askedAfterSignIn(context, user);
  const { terms, rule } = asked.enrollment;
  const toEnroll = terms && { subject, terms, rule, capabilities, facts };
  const reportedTerms = asked.enrollment.reportedTerms;
  const reported = {
    toEnroll: reportedTerms && { subject, terms: reportedTerms, rule: undefined, capabilities, facts },
    profile: asked.profile.reportedTerms,
  };
  const evaluation = {
    ...{ context, subject, capabilities, unrestricted, chosen, toEnroll, reported },
    profile: asked.profile.terms,
  };
  const layers = traceOf(layersOf(context, chosen.requestLayer, asked), facts.request, capabilities.evidence);
  const trace = withReportedRules(completedTrace(layers, evaluation), subject, context);
  if (mustSelectAccount(facts)) return { kind: 'select_account', trace };
  const hasOtherStep = () => unplannedStep(evaluation) !== undefined;
  const denial = denialOf(evaluation, hasOtherStep) ?? deniedAfterRecovery(evaluation);
  if (denial !== undefined)
    return deny(denial, evaluation, withLayers(trace, ruledOutAdditionLayers(denial, context), evaluation));
  const outcome = proceed(evaluation);
  return {
    ...withRememberable(outcome, context, capabilities),
    trace: withLayers(trace, nextAdditionLayers(outcome, context), evaluation),
  };
}

function withLayers(trace: Trace, more: readonly Layer[], { context, capabilities }: SubjectEvaluation): Trace {
  if (more.length === 0) return trace;
  const { layers } = traceOf(more, context.facts.request, capabilities.evidence);
  return { ...trace, layers: [...trace.layers, ...layers] };
}

/** Before any proof or denial, the app may let the user continue with another account. */
function mustSelectAccount({ request, transaction }: Facts): boolean {
  return request.promptSelectAccount === true && transaction?.accountSelected !== true;
}

/**
 * Denies. As long as the user has proved nothing, it asks for a first challenge instead and withholds the denial, which
 * would reveal that the account exists and its state. A denial that applies to every user is no secret.
 */
function deny(denial: Denial, evaluation: SubjectEvaluation, trace: Trace): Decision {
  const { context, subject, capabilities, unrestricted, chosen } = evaluation;
  const { policies, facts } = context;
  if (countedEvidence(subject, policies, facts).length > 0) return { kind: 'deny', ...denial, trace };
  const general = evaluate(policies, anonymous(facts));
  if (general.kind === 'deny') return { ...general, trace };
  // If all of the user's authenticators are disabled that can begin a sign-in, the user proves one of them and then
  // sees the reason of the denial.
  const canBegin = capabilities.enrollments.some(({ auxiliary }) => !auxiliary);
  const usable = canBegin ? capabilities : unrestricted;
  const options = firstChallenge(chosen.requirements, usable);
  return { ...withRememberable({ kind: 'challenge', options, withheld: denial }, context, usable), trace };
}

function proceed(evaluation: SubjectEvaluation): DecisionOutcome {
  const { context, subject, capabilities, chosen } = evaluation;
  const status = requirementStatus(chosen.requirements, capabilities);
  switch (status.kind) {
    case 'impossible':
      return unplannedStep(evaluation) ?? { kind: 'deny', reason: 'unsatisfiable' };
    case 'enroll':
    case 'challenge':
      return enrollingStep(status, evaluation);
    case 'met': {
      const requested = requestedAtAccount(context.policies, context.facts);
      if (requested !== undefined) return { kind: 'enroll', choices: [requested] };
      const { supportingEvidence } = status;
      const asked = omitUndefined({ requirements: chosen.requirements, transaction: context.facts.transaction?.id });
      const used = usedEnrollments(supportingEvidence, capabilities.evidence, asked);
      const replaced = passwordToReplace(context.policies, context.facts, { subject, used });
      return (
        (replaced && replacementStep(evaluation, replaced)) ??
        requiredEnrollmentStep(evaluation) ??
        keepAccountStep(subject, context.policies, context.facts) ??
        profileStep(evaluation) ??
        consentStep(context.policies, context.facts, { subject, rule: context.policyLayers.appRule }) ??
        allow(evaluation, supportingEvidence, replaced)
      );
    }
  }
}

function profileStep({ subject, profile, context }: SubjectEvaluation): DecisionOutcome | undefined {
  const asked = profile && profileRequest(profile, subject, context.facts);
  return asked && { kind: 'profile', ...asked };
}

/** `toReplace`: a password that the user would have to replace, and may not, or did not sign in with. */
function allow(
  { context, capabilities }: SubjectEvaluation,
  evidence: readonly CountedEvidence[],
  toReplace: PasswordToReplace | undefined,
): DecisionOutcome {
  const { policies, facts, policyLayers } = context;
  const supportingEvidence = extendSupportingEvidence(evidence, capabilities.evidence);
  const waived = policyLayers.waiver?.authenticators;
  const isKept = toReplace && enrollableOf([toReplace.authenticator], capabilities).length === 0;
  return {
    kind: 'allow',
    assurance: assuranceOf(supportingEvidence, policies.acrLevels, facts.request.acrValues),
    rule: policyLayers.appRule?.name ?? '',
    ...cutScopes(facts.request.scopes, policyLayers.appRule),
    ...(policyLayers.session && { session: policyLayers.session }),
    ...(waived && { waived }),
    ...(isKept && { keptPassword: keptPasswordOf(toReplace, context) }),
    ...omitUndefined({ signedInWith: signedInWith(context, capabilities) }),
  };
}

function anonymous({ subject: _, ...facts }: Facts): Facts {
  return facts;
}
