/**
 * Applies the sign-on policy in the protocol: at every authorization request, with or without an interaction, and again
 * just before a code is issued (Law 5). oidc-provider asks twice, for the grant and for the prompt, and both use the
 * one decision of the request.
 */

import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { evaluate } from '../../core/decision/evaluate.ts';
import { isFresh, requestMaxAge } from '../../core/evidence/requirement.ts';
import type { Decision } from '../../core/model/decision.ts';
import type { Facts } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { withClaimScopes } from '../../core/policy/claim-scopes.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import { audit } from '../../flow/audit.ts';
import { auditTrace, decidingRules, newReference } from '../../flow/audit-trace.ts';
import { sampledSession } from '../../flow/browser/sso-session.ts';
import { gatherFacts } from '../../flow/facts/gather.ts';
import type { Services } from '../../flow/services.ts';
import { withPresentProofs } from '../../flow/transaction/present-proofs.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import { transactionKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { currentRequest, type SignOn } from '../request-scope.ts';
import { recordEvidence } from '../storage/session-changes.ts';
import { auditRefusedSilently } from './refused-silently.ts';
import { askableScopes, expectedSubject, requestFacts } from './request-facts.ts';

/**
 * The decision on this authorization request, made once. Rejects with an error of oidc-provider if there is nothing to
 * decide about.
 */
export function signOn(ctx: KoaContextWithOIDC, services: Services): Promise<SignOn> {
  const { signOns } = currentRequest();
  const made = signOns.get(ctx.oidc) ?? decideRequest(ctx, services);
  signOns.set(ctx.oidc, made);
  return made;
}

async function decideRequest(ctx: KoaContextWithOIDC, services: Services): Promise<SignOn> {
  const { unit, visitor } = currentRequest();
  const snapshot = await services.snapshot(unit);
  const app = await snapshot.app(ctx.oidc.client?.clientId ?? '');
  if (!app) throw new errors.AccessDenied('this app is no longer configured');
  checkRedirectUri(ctx);
  const request = withClaimScopes(requestFacts(ctx), snapshot.settings.scopes, askableScopes(ctx));
  const transaction = await resumedTransaction(ctx, unit);
  const accountId = ctx.oidc.session?.accountId;
  const usable = accountId !== undefined && isExpected(ctx, accountId);
  const facts = await gatherFacts(
    { unit, snapshot, visitor, now: services.now() },
    {
      request,
      ...(transaction && transaction.subject?.id === accountId ? { transaction } : {}),
      ...(usable ? { subjectId: accountId } : {}),
      ...(ctx.oidc.session ? { session: ctx.oidc.session.uid } : {}),
    },
  );
  return {
    decision: evaluate(await snapshot.policies(app), facts),
    snapshot,
    app,
    request,
    facts,
    ...(transaction ? { transaction } : {}),
  };
}

/**
 * Checked again when an interaction ends, so that no code goes to an address that the app has given up in the meantime.
 */
function checkRedirectUri({ oidc }: KoaContextWithOIDC): void {
  const uri = oidc.params?.redirect_uri;
  if (typeof uri === 'string' && !oidc.client?.redirectUriAllowed(uri)) throw new errors.InvalidRedirectUri();
}

/** The transaction of the interaction that ends with this request. */
async function resumedTransaction(ctx: KoaContextWithOIDC, unit: UnitOfWork): Promise<Transaction | undefined> {
  const uid = ctx.oidc.entities.Interaction?.uid;
  if (uid === undefined || !ctx.oidc.route.endsWith('resume')) return undefined;
  const entry = await unit.get(transactionKey(uid));
  return entry && withPresentProofs(unit, parseTransaction(entry.value));
}

function isExpected(ctx: KoaContextWithOIDC, accountId: string): boolean {
  const expected = expectedSubject(ctx);
  return expected === undefined || expected === accountId;
}

/**
 * Whether the user must be asked. Throws the OAuth error if asking is impossible or would not help: `prompt=none`
 * (OpenID Connect Core section 3.1.2.6), or an essential `acr` that this user cannot reach.
 */
export async function needsInteraction(ctx: KoaContextWithOIDC, services: Services): Promise<boolean> {
  const decided = await signOn(ctx, services);
  const { decision, transaction } = decided;
  if (decision.kind === 'allow') return false;
  if (decision.kind === 'deny' && decision.reason === 'acr_unattainable') {
    auditDeniedRequest(ctx, services, decided);
    throw new errors.UnmetAuthenticationRequirements('the requested authentication context cannot be reached');
  }
  keepEvidence(ctx, services, transaction);
  if (ctx.oidc.promptPending('none')) {
    const error = silentError(decided);
    const session = ctx.oidc.session?.uid;
    if (decision.kind === 'deny') auditDeniedRequest(ctx, services, decided);
    else if (session !== undefined) auditRefusedSilently(services, { ...decided, session, error: error.error });
    throw error;
  }
  return true;
}

function auditDeniedRequest(
  ctx: KoaContextWithOIDC,
  services: Services,
  { decision, snapshot, app, facts, transaction }: SignOn,
): void {
  const { unit, visitor } = currentRequest();
  const reference = transaction?.id ?? newReference();
  const { brought } = visitor;
  const about = { snapshot, app, facts, transaction: reference, at: facts.now, ...omitUndefined({ brought }) };
  const sample = { kind: 'sign_in' as const, ...about };
  const session = sampledSession(unit, ctx.oidc.session?.uid);
  unit.afterCommit(() => services.shadow.take({ ...sample, ...session }));
  audit(unit, services.audit, {
    event: 'sign_in.denied',
    outcome: 'deny',
    // The request may be about another user than that of the session.
    ...omitUndefined({ subject: facts.subject?.id }),
    client: ctx.oidc.client?.clientId ?? '',
    ip: visitor.ip,
    transaction: reference,
    policyRevision: snapshot.revision,
    ...decidingRules(decision),
    ...auditTrace(decision, facts, reference),
    ...(decision.kind === 'deny' ? { reason: decision.reason } : {}),
  });
}

/** The answer to `prompt=none` if the policy asks for more. */
function silentError({ decision, request, facts }: SignOn): errors.OIDCProviderError {
  if (decision.kind === 'deny') return new errors.AccessDenied('the sign-on policy denies this');
  if (decision.kind === 'identify') return new errors.LoginRequired('End-User authentication is required');
  if (decision.kind === 'profile')
    return new errors.InteractionRequired('the app needs more information about the user');
  if (decision.kind === 'consent') return new errors.ConsentRequired('the user has not granted the app this yet');
  if (decision.kind === 'select_account') return new errors.InteractionRequired('the user has to choose an account');
  const layer = unmetLayer(decision);
  if (layer === 'request' && request.acrValues.length > 0) {
    return new errors.UnmetAuthenticationRequirements('the requested authentication context was not reached yet');
  }
  if (layer === 'enrollment') return new errors.InteractionRequired('the enrollment policy asks for an authenticator');
  if (maxAgeLeavesOutProofs(facts)) return new errors.LoginRequired('the authentication is older than max_age');
  return new errors.InteractionRequired('the sign-on policy of this app asks for more');
}

/**
 * What is older than `max_age` does not count for any layer, and neither does a second factor that the browser
 * remembers: the user has to prove it again.
 */
function maxAgeLeavesOutProofs({ subject, evidence, device, now, request }: Facts): boolean {
  const maxAge = requestMaxAge(request);
  if (maxAge === undefined) return false;
  const proofs = evidence.filter((proof) => proof.subject === subject?.id);
  return device.remembered !== undefined || proofs.some(({ at }) => !isFresh(Math.max(0, now - at), maxAge));
}

function unmetLayer({ trace }: Decision): string | undefined {
  return trace.layers.find(({ satisfied }) => satisfied === false)?.layer;
}

/** Evidence stays in the session whatever the decision, because it is a fact. */
function keepEvidence(ctx: KoaContextWithOIDC, services: Services, transaction: Transaction | undefined): void {
  const { session } = ctx.oidc;
  if (!session?.accountId || !transaction || transaction.evidence.length === 0) return;
  recordEvidence(currentRequest().unit, session.uid, {
    subject: session.accountId,
    evidence: transaction.evidence,
    now: services.now(),
  });
}
