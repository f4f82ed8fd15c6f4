/** Whether a code, a device code or a refresh token may be exchanged for tokens. */
import { mustEnroll } from '../enrollment/apply-policy.ts';
import { meetsAll } from '../evidence/requirement.ts';
import type { DenyReason } from '../model/decision.ts';
import type { Facts, Seconds, Subject } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import type { EnrollmentRuling } from '../policy/rules/enrollment-terms.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { askedAfterSignIn } from './after-sign-in.ts';
import { consentTo } from './consent.ts';
import { capabilitiesIn, type EvaluationContext, evaluationContext } from './evaluation-context.ts';
import { cutScopes } from './granted-scopes.ts';
import { traceOf } from './layers.ts';

/** Why no token is issued. */
export type IssuanceDenial =
  | DenyReason
  /** The tokens rest on a proof by an enrollment that the user no longer has. */
  | 'enrollment_gone'
  /** The session length of the app's rule is over. */
  | 'session_over'
  /** The policies ask for more than was proved for these tokens. */
  | 'requirement_unmet'
  /** The enrollment policy asks for an authenticator that the user has not enrolled. */
  | 'enrollment_required'
  /** It is a third-party app, and the user lets it have nothing. */
  | 'consent_missing';

/** The decision about an exchange, and why. */
export type IssuanceDecision = { readonly trace: Trace } & (
  | {
      readonly allow: true;
      /** Of the scopes of the authorization, those that the rule grants now. Absent: all. */
      readonly scopes?: readonly string[];
    }
  | { readonly allow: false; readonly reason: IssuanceDenial }
);

/**
 * Decides by the newest policies (Law 5). `facts` are those of the authorization, time included, with the evidence that
 * the tokens rest on and the user as they are now. So ages do not grow, except for the session length of the app (`at`:
 * the time of the exchange, epoch seconds). The user is asked nothing: what the evidence
 * does not meet is denied. Without a subject (the account is gone): deny.
 */
export function evaluateIssuance(policies: PolicySet, facts: Facts, at: Seconds = facts.now): IssuanceDecision {
  const context = evaluationContext(policies, facts);
  const { subject, request } = facts;
  const { policy, enrollment } = context;
  const layersWith = ({ layer }: EnrollmentRuling) => (layer ? [...policy.layers, layer] : policy.layers);
  if (subject?.status !== 'active')
    return { allow: false, reason: 'account_inactive', trace: traceOf(layersWith(enrollment), request, []) };
  const { capabilities } = capabilitiesIn(subject, context);
  const asked = askedAfterSignIn(context, capabilities);
  const trace = traceOf(layersWith(asked.enrollment), request, capabilities.evidence);
  const reason =
    issuanceDenial(subject, { ...context, enrollment: asked.enrollment }, capabilities) ??
    sessionOver(context, capabilities, at);
  if (reason !== undefined) return { allow: false, reason, trace };
  return { allow: true, ...cutScopes(request.scopes, policy.appRule), trace };
}

/** Refresh tokens live no longer than what was proved counts at this app. */
function sessionOver(
  { policy, facts }: EvaluationContext,
  { evidence }: Capabilities,
  at: Seconds,
): IssuanceDenial | undefined {
  const { appLength } = policy;
  if (appLength === undefined || at <= facts.now) return undefined;
  const young = evidence.filter((one) => at - one.evidence.at <= appLength);
  return meetsAll(policy.requirements, young) ? undefined : 'session_over';
}

function issuanceDenial(
  subject: Subject,
  { policies, facts, policy, enrollment }: EvaluationContext,
  capabilities: Capabilities,
): IssuanceDenial | undefined {
  const denial = policy.denial ?? enrollment.layer?.denial;
  if (denial) return denial.reason;
  if (!facts.evidence.every(({ enrollment: id }) => subject.enrollments.some((one) => one.id === id)))
    return 'enrollment_gone';
  if (!meetsAll(policy.requirements, capabilities.evidence)) return 'requirement_unmet';
  const { terms, rule } = enrollment;
  const isMissing = terms && mustEnroll({ subject, terms, rule, capabilities, facts }).length > 0;
  if (isMissing) return 'enrollment_required';
  const isConsented = policies.consent === undefined || consentTo(facts.request.clientId, subject) !== undefined;
  return isConsented ? undefined : 'consent_missing';
}
