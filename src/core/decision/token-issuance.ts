/** Whether a code, device code or refresh token may be exchanged for tokens. */
import { mustEnroll } from '../enrollment/apply-policy.ts';
import { meetsAll } from '../evidence/requirement.ts';
import type { DenyReason, Layer } from '../model/decision.ts';
import type { RuleFacts, Seconds, Subject } from '../model/facts.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { Trace } from '../model/trace.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { type AskedAfterSignIn, askedAfterSignIn } from './after-sign-in.ts';
import { consentTo } from './consent.ts';
import { capabilitiesIn, type EvaluationContext, evaluationContext } from './evaluation-context.ts';
import { cutScopes } from './granted-scopes.ts';
import { traceOf } from './layers.ts';
import { withReportedRules } from './reported-rules.ts';

/** Why no token is issued. */
export type IssuanceDenial =
  | DenyReason
  /** The tokens are based on a proof with an enrollment that the user no longer has. */
  | 'enrollment_gone'
  /** The session length of the app's rule has passed. */
  | 'session_over'
  /** The policies now ask for more than was proved for these tokens. */
  | 'requirement_unmet'
  /** The enrollment policy asks for an authenticator that the user has not enrolled. */
  | 'enrollment_required'
  /** The app is a third-party app, and the user has consented to nothing. */
  | 'consent_missing';

/** The decision about an exchange, and its trace. */
export type IssuanceDecision = { readonly trace: Trace } & (
  | {
      readonly allow: true;
      /** The scopes of the authorization that the rule still grants. Absent if it grants all of them. */
      readonly scopes?: readonly string[];
    }
  | { readonly allow: false; readonly reason: IssuanceDenial }
);

/**
 * Decides by the newest policies (Law 5). `facts` are those of the authorization, including its time and how the user
 * signed in, with the evidence behind the tokens and the user's present record. Ages therefore do not grow, except for
 * the session length of the app, which is measured at `time`, the time of the exchange (epoch seconds). The user cannot
 * be asked anything: a requirement that the evidence does not meet denies. A missing subject (the account is gone)
 * denies, too.
 */
export function evaluateIssuance(
  policies: PolicySet,
  { signedInWith, ...facts }: RuleFacts,
  time: Seconds = facts.now,
): IssuanceDecision {
  const context = evaluationContext(policies, facts);
  const { subject, request } = facts;
  const { policyLayers } = context;
  if (subject?.status !== 'active')
    return { allow: false, reason: 'account_inactive', trace: traceOf(layersWith(context, context), request, []) };
  const { capabilities } = capabilitiesIn(subject, context);
  const signedIn = { ...capabilities, ...omitUndefined({ signedInWith }) };
  const asked = askedAfterSignIn(context, { signedIn });
  const layers = traceOf(layersWith(asked, context), request, capabilities.evidence);
  const trace = withReportedRules(layers, subject, context);
  const reason =
    issuanceDenial(subject, { ...context, ...asked }, capabilities) ?? sessionOver(context, capabilities, time);
  if (reason !== undefined) return { allow: false, reason, trace };
  return { allow: true, ...cutScopes(request.scopes, policyLayers.appRule), trace };
}

function layersWith({ enrollment, profile }: AskedAfterSignIn, { policyLayers }: EvaluationContext): readonly Layer[] {
  return [...policyLayers.layers, enrollment.layer, profile.layer].filter((layer) => layer !== undefined);
}

/** A refresh token ends when its evidence becomes too old for this app. */
function sessionOver(
  { policyLayers, facts }: EvaluationContext,
  { evidence }: Capabilities,
  time: Seconds,
): IssuanceDenial | undefined {
  const { appSessionMaxAge } = policyLayers;
  if (appSessionMaxAge === undefined || time <= facts.now) return undefined;
  const young = evidence.filter((proof) => time - proof.evidence.at <= appSessionMaxAge);
  return meetsAll(policyLayers.requirements, young) ? undefined : 'session_over';
}

function issuanceDenial(
  subject: Subject,
  { policies, facts, policyLayers, enrollment, profile }: EvaluationContext,
  capabilities: Capabilities,
): IssuanceDenial | undefined {
  const denial = policyLayers.denial ?? enrollment.layer?.denial ?? profile.layer?.denial;
  if (denial) return denial.reason;
  if (!facts.evidence.every(({ enrollment: id }) => subject.enrollments.some((owned) => owned.id === id)))
    return 'enrollment_gone';
  if (!meetsAll(policyLayers.requirements, capabilities.evidence)) return 'requirement_unmet';
  const { terms, rule } = enrollment;
  const isMissing = terms && mustEnroll({ subject, terms, rule, capabilities, facts }).length > 0;
  if (isMissing) return 'enrollment_required';
  const isConsented = policies.consent === undefined || consentTo(facts.request.clientId, subject) !== undefined;
  return isConsented ? undefined : 'consent_missing';
}
