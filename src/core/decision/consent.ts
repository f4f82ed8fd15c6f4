/**
 * Consent to a third-party app: which scopes the user is asked about, and what an answer means. The answer is
 * kept with the user; what was granted or rejected before is not asked again.
 */
import type { ConsentTerms } from '../model/consent.ts';
import type { AskedScope, DecisionOutcome } from '../model/decision.ts';
import type { Consent, Facts, RequestFacts, Subject } from '../model/facts.ts';
import type { Rule } from '../model/policy.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { grantedScopes } from './granted-scopes.ts';

const openid = 'openid';
const offline = 'offline_access';

/** What the user answered about this app. Undefined before the first answer. */
export function consentTo(clientId: string, { consents = {} }: Pick<Subject, 'consents'>): Consent | undefined {
  return Object.hasOwn(consents, clientId) ? consents[clientId] : undefined;
}

/**
 * The consent page, if the user has not yet answered about every scope that the app asks for. A scope that `rule`, the
 * app's deciding rule, does not grant is not on the page, since the app would not get it.
 */
export function consentStep(
  { consent: terms }: PolicySet,
  facts: Facts,
  { subject, rule }: { readonly subject: Subject; readonly rule: Rule | undefined },
): DecisionOutcome | undefined {
  if (terms === undefined) return undefined;
  const { request, transaction } = facts;
  const given = consentTo(request.clientId, subject);
  const asked = askedScopes(terms, request, given);
  const granted = grantedScopes(
    asked.map(({ scope }) => scope),
    rule,
  );
  const scopes = asked.filter(({ scope }) => granted.includes(scope));
  const isAskedAnew = request.promptConsent === true && transaction?.consented !== true;
  return isAskedAnew || given === undefined || scopes.some((scope) => !isAnswered(scope, given))
    ? { kind: 'consent', scopes }
    : undefined;
}

/**
 * Every scope that the request asks for, once. A claim that is asked for by name counts as the scope that releases it.
 * `offline_access` counts only with `prompt=consent` (OpenID Connect Core section 11) or if the user granted it before.
 */
function askedScopes(terms: ConsentTerms, request: RequestFacts, given: Consent | undefined): readonly AskedScope[] {
  const byClaim = (request.claims ?? []).flatMap((claim) => scopeOf(claim, terms) ?? []);
  const isAskable = (scope: string) =>
    scope !== offline || request.promptConsent === true || given?.granted.includes(scope) === true;
  return [...new Set([...request.scopes, ...byClaim])].filter(isAskable).map((scope) => ({
    scope,
    required: scope === openid || terms.required.includes(scope),
    rejected: given?.rejected.includes(scope) === true,
  }));
}

function scopeOf(claim: string, { scopeOfClaim }: ConsentTerms): string | undefined {
  return Object.hasOwn(scopeOfClaim, claim) ? scopeOfClaim[claim] : undefined;
}

function isAnswered({ scope, required, rejected }: AskedScope, { granted }: Consent): boolean {
  return granted.includes(scope) || (rejected && !required);
}

/** Whether tokens issued under the old answer must be revoked, because the new answer takes something back. */
export function takesBack(before: Consent | undefined, after: Consent): boolean {
  return before === undefined || before.granted.some((scope) => !after.granted.includes(scope));
}

/**
 * The consent after an answer. Each scope that was asked is granted if the user ticked it or it is required, and
 * rejected otherwise. Answers about other scopes stay.
 */
export function withAnswer(
  before: Consent | undefined,
  asked: readonly AskedScope[],
  ticked: (scope: string) => boolean,
): Consent {
  const [yes, no] = [asked.filter(isGranted), asked.filter((scope) => !isGranted(scope))];
  function isGranted({ scope, required }: AskedScope): boolean {
    return required || ticked(scope);
  }
  const others = (kept: readonly string[] = []) =>
    kept.filter((scope) => !asked.some((askedScope) => askedScope.scope === scope));
  const names = (scopes: readonly AskedScope[]) => scopes.map(({ scope }) => scope);
  return {
    granted: [...others(before?.granted), ...names(yes)],
    rejected: [...others(before?.rejected), ...names(no)],
  };
}

/** The claims requested by name that this consent releases. */
export function grantedClaims(claims: readonly string[], terms: ConsentTerms, { granted }: Consent): readonly string[] {
  return claims.filter((claim) => granted.includes(scopeOf(claim, terms) ?? ''));
}
