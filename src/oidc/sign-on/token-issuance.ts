/** Applies the policies when a code, a device code or a refresh token is exchanged (Law 5). */
import { type ClaimsParameter, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { evaluateIssuance, type IssuanceDecision, type IssuanceDenial } from '../../core/decision/token-issuance.ts';
import type { Facts } from '../../core/model/facts.ts';
import { isReleased } from '../../core/policy/claim-scopes.ts';
import { audit } from '../../flow/audit.ts';
import { auditTrace, decidingRules, newReference } from '../../flow/audit-trace.ts';
import { issuanceFacts } from '../../flow/facts/token-basis.ts';
import type { Services } from '../../flow/services.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import type { VersionedAccount } from '../../users/record/account.ts';
import { currentRequest } from '../request-scope.ts';
import { namedClaims } from './request-facts.ts';

interface TokenExchange {
  readonly ctx: KoaContextWithOIDC;
  readonly services: Services;
  /** `kind`: oidc-provider's model. */
  readonly token: { readonly kind?: string | undefined; readonly claims?: ClaimsParameter | undefined } | undefined;
}

/**
 * Decides by the newest revision: with the present user and rules, but with ages, network, device, time and scopes from
 * the authorization. Rejects with `InvalidGrant`, which tells the app whether to send the user again.
 */
export async function checkIssuance(exchange: TokenExchange, account: VersionedAccount): Promise<void> {
  const { ctx, services, token } = exchange;
  const { unit, tokenBasis } = currentRequest();
  const snapshot = await services.snapshot(unit);
  const app = await snapshot.app(ctx.oidc.client?.clientId ?? '');
  if (!app) throw invalidGrant('this app is no longer configured');
  const facts = tokenBasis && issuanceFacts(tokenBasis, { account, snapshot, now: services.now() });
  if (!facts) throw invalidGrant('the proofs of this sign-in are unknown');
  const decision = evaluateIssuance(await snapshot.policies(app), facts, services.now());
  const { transaction: { id: transaction } = {} } = facts;
  const sample = { kind: 'token' as const, snapshot, app, facts, at: services.now() };
  unit.afterCommit(() => services.shadow.take(transaction === undefined ? sample : { ...sample, transaction }));
  record({ ...exchange, isRefresh: token?.kind === 'RefreshToken' }, account, { decision, snapshot, facts });
  if (!decision.allow) throw invalidGrant(descriptions[decision.reason] ?? 'the policies deny this sign-in');
  const { scopes } = facts.request;
  const granted = scopes.filter((scope) =>
    [tokenBasis.granted, decision.scopes].every((list) => list === undefined || list.includes(scope)),
  );
  if (granted.length < scopes.length) cutGrant(ctx, granted);
  const isGiven = (claim: string) =>
    facts.request.claims?.includes(claim) === true && isReleased(claim, snapshot.settings.scopes, granted);
  refuseClaims(
    ctx,
    namedClaims(token?.claims).filter((claim) => !isGiven(claim)),
  );
}

/**
 * Reduces the grant within this request to what the tokens may carry. This is not saved, so the refresh token keeps its
 * scope (RFC 6749 section 6), and what is refused now may be granted later.
 */
function cutGrant({ oidc }: KoaContextWithOIDC, granted: readonly string[]): void {
  const { Grant: grant } = oidc.entities;
  if (grant === undefined) throw new TypeError('a token is exchanged without its grant');
  const isCut = (scope: string) => scope !== '' && !granted.includes(scope);
  const cut = grant.getOIDCScope().split(' ').filter(isCut);
  if (cut.length > 0) grant.rejectOIDCScope(cut.join(' '));
  for (const indicator of Object.keys(grant.resources ?? {})) {
    const ofApi = grant.getResourceScope(indicator).split(' ').filter(isCut);
    if (ofApi.length > 0) grant.rejectResourceScope(indicator, ofApi.join(' '));
  }
}

/** Like `cutGrant`, for this request only: for the ID token, and for the access token that it issues. */
function refuseClaims({ oidc }: KoaContextWithOIDC, refused: readonly string[]): void {
  if (refused.length === 0) return;
  oidc.entities.Grant?.rejectOIDCClaims([...refused]);
  currentRequest().refusedClaims = refused;
}

interface DecidedExchange {
  readonly decision: IssuanceDecision;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
}

/** The sign-in has its own line, so the line about a code only says that it led to no tokens. */
function record(
  { ctx, services, isRefresh }: TokenExchange & { readonly isRefresh: boolean },
  { user }: VersionedAccount,
  { decision, snapshot, facts }: DecidedExchange,
): void {
  const { unit, visitor } = currentRequest();
  const transaction = facts.transaction?.id ?? newReference();
  const line = {
    subject: user.id,
    client: ctx.oidc.client?.clientId ?? '',
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    ...decidingRules(decision),
    transaction,
    ...auditTrace(decision, facts, transaction),
  };
  if (!decision.allow) {
    const event = isRefresh ? 'token.refresh_denied' : 'token.denied';
    audit(unit, services.audit, { event, outcome: 'deny', ...line, reason: decision.reason });
  } else if (isRefresh) audit(unit, services.audit, { event: 'token.refreshed', outcome: 'success', ...line });
}

/** What the app is told. Only where the text says so can the user continue by signing in again. */
const descriptions: Readonly<Partial<Record<IssuanceDenial, string>>> = {
  account_inactive: 'this account may not sign in',
  enrollment_gone: 'an authenticator that this sign-in rests on was removed: the user has to sign in again',
  session_over: 'the session of this app has expired: the user has to sign in again',
  requirement_unmet: 'the policies ask for more than this sign-in has proved: the user has to sign in again',
  consent_missing: 'the user grants the app nothing: the user has to sign in again',
  enrollment_required: 'the user has to sign in again and set up an authenticator',
};

/** oidc-provider does not disclose other details of an invalid grant, but the app needs to know this one. */
function invalidGrant(description: string): Error {
  return Object.assign(new errors.InvalidGrant(description), { error_description: description });
}
