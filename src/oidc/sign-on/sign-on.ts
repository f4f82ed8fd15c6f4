/**
 * The sign-on policy where the protocol decides: at every authorization, with or without an interaction, and again right before a code is
 * issued (Law 5). oidc-provider asks twice (grant, then prompt); both get the one decision of the request.
 */

import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { evaluate } from '../../core/decision/evaluate.ts';
import type { Decision } from '../../core/model/decision.ts';
import type { RequestFacts } from '../../core/model/facts.ts';
import type { Transaction } from '../../core/step/transaction.ts';
import { rememberBrowser } from '../../flow/actions/remember-browser.ts';
import { audit, decidingRule } from '../../flow/audit.ts';
import { keptPlace } from '../../flow/browser/visitor.ts';
import { gatherFacts } from '../../flow/facts/gather.ts';
import type { Services } from '../../flow/services.ts';
import { parseTransaction } from '../../flow/transaction/store.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { transactionKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { appendSignIn } from '../../users/sign-in-log.ts';
import { currentRequest, type SignOn } from '../request-scope.ts';
import { recordEvidence } from '../storage/session-adapter.ts';

/** Parameter by which the account pages say what is wanted: oidc-provider drops scopes that are not published. */
export const purposeParameter = 'account_purpose';

/** The decision for this authorization request, made once. */
export function signOn(ctx: KoaContextWithOIDC, services: Services): Promise<SignOn> {
  const scope = currentRequest();
  scope.signOn ??= decide(ctx, services);
  return scope.signOn;
}

async function decide(ctx: KoaContextWithOIDC, services: Services): Promise<SignOn> {
  const { unit, visitor } = currentRequest();
  const snapshot = await services.snapshot(unit);
  const app = await snapshot.app(ctx.oidc.client?.clientId ?? '');
  if (!app) throw new errors.AccessDenied('this app is no longer configured');
  checkRedirectUri(ctx);
  const request = requestFacts(ctx);
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
    ...(transaction ? { transaction } : {}),
  };
}

/** Again when an interaction ends: the app may have been changed meanwhile, and no code goes to an address that it has given up. */
function checkRedirectUri({ oidc }: KoaContextWithOIDC): void {
  const uri = oidc.params?.redirect_uri;
  if (typeof uri === 'string' && !oidc.client?.redirectUriAllowed(uri)) throw new errors.InvalidRedirectUri();
}

/** The transaction of the interaction that ends with this request. */
async function resumedTransaction(ctx: KoaContextWithOIDC, unit: UnitOfWork): Promise<Transaction | undefined> {
  const uid = ctx.oidc.entities.Interaction?.uid;
  if (uid === undefined || !ctx.oidc.route.endsWith('resume')) return undefined;
  const entry = await unit.get(transactionKey(uid));
  return entry && parseTransaction(entry.value);
}

/** What the relying party asked for. */
function requestFacts(ctx: KoaContextWithOIDC): RequestFacts {
  const { params, prompts } = ctx.oidc;
  const clientId = ctx.oidc.client?.clientId ?? '';
  const claimed = requestedAcr(ctx);
  const voluntary = [...(claimed?.values ?? []), ...words(params?.acr_values)];
  const maxAge = params?.max_age;
  return {
    clientId,
    scopes: [...words(params?.scope), ...(clientId === accountClientId ? words(params?.[purposeParameter]) : [])],
    acrValues: claimed?.essential ? claimed.values : [...new Set(voluntary)],
    acrEssential: claimed?.essential ?? false,
    ...(maxAge === undefined || maxAge === null ? {} : { maxAge: Number(maxAge) }),
    promptLogin: prompts.has('login'),
  };
}

function words(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];
}

/** `acr` in the claims parameter (OpenID Connect Core section 5.5.1.1). */
function requestedAcr(
  ctx: KoaContextWithOIDC,
): { readonly essential: boolean; readonly values: readonly string[] } | undefined {
  const { claims } = ctx.oidc.params ?? {};
  if (typeof claims !== 'string') return undefined;
  const acr = (
    JSON.parse(claims) as { id_token?: { acr?: { essential?: unknown; value?: unknown; values?: unknown } | null } }
  ).id_token?.acr;
  if (!acr) return undefined;
  if (acr.values !== undefined && !Array.isArray(acr.values))
    throw new errors.InvalidRequest('invalid claims.id_token.acr.values type');
  const values = [acr.value, ...(Array.isArray(acr.values) ? acr.values : [])];
  return { essential: acr.essential === true, values: values.filter((value) => typeof value === 'string') };
}

/** The account that must come out, if the request names one: by `id_token_hint`, or by `sub` in the claims parameter. */
export function expectedSubject(ctx: KoaContextWithOIDC): string | undefined {
  const hint = (ctx.oidc.entities.IdTokenHint as { payload?: { sub?: unknown } } | undefined)?.payload?.sub;
  if (typeof hint === 'string') return hint;
  const sub = (ctx.oidc.claims?.id_token as { sub?: { value?: unknown } | null } | undefined)?.sub?.value;
  return typeof sub === 'string' ? sub : undefined;
}

function isExpected(ctx: KoaContextWithOIDC, accountId: string): boolean {
  const expected = expectedSubject(ctx);
  return expected === undefined || expected === accountId;
}

/**
 * Whether the person must be asked. Throws the OAuth error when asking is not possible or would not help: `prompt=none`
 * (OpenID Connect Core section 3.1.2.6), or an essential `acr` that this person cannot reach.
 */
export async function needsInteraction(ctx: KoaContextWithOIDC, services: Services): Promise<boolean> {
  const { decision, request, snapshot, transaction } = await signOn(ctx, services);
  if (decision.kind === 'allow') return false;
  if (decision.kind === 'deny' && decision.reason === 'acr_unattainable') {
    audit(currentRequest().unit, services.audit, deniedEvent(ctx, decision, snapshot.revision));
    throw new errors.UnmetAuthenticationRequirements('the requested authentication context cannot be reached');
  }
  keepEvidence(ctx, services, transaction);
  if (ctx.oidc.promptPending('none')) throw silentError(decision, request, services, ctx, snapshot.revision);
  return true;
}

function deniedEvent(ctx: KoaContextWithOIDC, decision: Decision & { kind: 'deny' }, revision: number) {
  const subject = ctx.oidc.session?.accountId;
  return {
    event: 'sign_in.denied' as const,
    outcome: 'deny' as const,
    ...(subject ? { subject } : {}),
    client: ctx.oidc.client?.clientId ?? '',
    ip: currentRequest().visitor.ip,
    policyRevision: revision,
    rule: decidingRule(decision),
    reason: decision.reason,
  };
}

function silentError(
  decision: Decision,
  request: RequestFacts,
  services: Services,
  ctx: KoaContextWithOIDC,
  revision: number,
): Error {
  if (decision.kind === 'deny') {
    audit(currentRequest().unit, services.audit, deniedEvent(ctx, decision, revision));
    return new errors.AccessDenied('the sign-on policy denies this');
  }
  if (decision.kind === 'identify') return new errors.LoginRequired('End-User authentication is required');
  const layer = decision.trace.layers.find(({ satisfied }) => satisfied === false)?.layer;
  if (layer === 'request' && request.acrValues.length > 0) {
    return new errors.UnmetAuthenticationRequirements('the requested authentication context was not reached yet');
  }
  if (layer === 'enrollment') return new errors.InteractionRequired('the enrollment policy asks for an authenticator');
  if (request.maxAge !== undefined || request.promptLogin)
    return new errors.LoginRequired('the authentication is older than max_age');
  return new errors.InteractionRequired('the sign-on policy of this app asks for more');
}

/** Evidence is kept with the session whatever was decided: it is a fact. */
function keepEvidence(ctx: KoaContextWithOIDC, services: Services, transaction: Transaction | undefined): void {
  const { session } = ctx.oidc;
  if (!session?.accountId || !transaction || transaction.evidence.length === 0) return;
  recordEvidence(currentRequest().unit, session.uid, {
    subject: session.accountId,
    evidence: transaction.evidence,
    now: services.now(),
  });
}

/**
 * What an allowed sign-in leaves behind: the evidence and limits of the session, the true `acr`, `amr` and `auth_time` for the tokens of
 * this request, what the browser is known by and remembers from now on, the audit line; and the transaction is over.
 */
export async function acceptSignOn(
  ctx: KoaContextWithOIDC,
  services: Services,
  { decision, snapshot, app, transaction }: SignOn,
): Promise<void> {
  const { session } = ctx.oidc;
  if (decision.kind !== 'allow' || !session?.accountId) return;
  const scope = currentRequest();
  const { unit, visitor } = scope;
  const now = services.now();
  const { acr, amr, authTime, supportingEvidence } = decision.assurance;
  scope.tokenBasis = [...new Set(supportingEvidence.map(({ enrollment }) => enrollment))];
  const evidence = transaction?.evidence ?? [];
  const { session: limits, waived } = decision;
  // Without an end of its own the cookie goes when the browser is closed.
  Object.assign(session, { acr, amr: [...amr], loginTs: authTime, transient: limits?.kept ? undefined : true });
  const where = keptPlace(visitor);
  const used = { at: now, ...where };
  recordEvidence(unit, session.uid, { subject: session.accountId, evidence, used, now, ...(limits ? { limits } : {}) });
  if (evidence.length > 0) {
    const proved = [...new Set(evidence.map(({ authenticator }) => authenticator))];
    const client = ctx.oidc.client?.clientId ?? '';
    appendSignIn(unit, session.accountId, { at: now, client, session: session.uid, proved, ...where });
  }
  if (transaction) {
    const { assurance, remember } = decision;
    await rememberBrowser({
      ...{
        services,
        unit,
        visitor,
        app,
        transaction,
        subject: session.accountId,
        supportingEvidence: assurance.supportingEvidence,
      },
      ...(remember === undefined ? {} : { remember }),
    });
    unit.delete(transactionKey(transaction.id));
  }
  audit(unit, services.audit, {
    event: 'sign_in.completed',
    outcome: 'success',
    subject: session.accountId,
    client: ctx.oidc.client?.clientId ?? '',
    ip: visitor.ip,
    ...(transaction ? { transaction: transaction.id } : {}),
    factors: [...new Set(decision.assurance.supportingEvidence.flatMap(({ factors }) => factors))].sort(),
    policyRevision: snapshot.revision,
    rule: decidingRule(decision),
    ...(waived ? { waived } : {}),
    ...(acr === undefined ? {} : { acr }),
    amr,
  });
}
