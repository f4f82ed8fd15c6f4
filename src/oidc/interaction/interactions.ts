/**
 * The two ends of the step loop: oidc-provider starts an interaction, and takes its result back. Nothing else in the
 * loop knows oidc-provider.
 */

import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { recoverableAuthenticator } from '../../core/decision/recovery.ts';
import { recoverScope } from '../../core/enrollment/account-request.ts';
import type { Assurance } from '../../core/model/decision.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { longestIdentifier } from '../../core/model/mail-address.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { carriedOver } from '../../core/step/carried-over-transaction.ts';
import { newTransaction, type Transaction } from '../../core/step/transaction.ts';
import { StepgateError } from '../../errors.ts';
import { audit } from '../../flow/audit.ts';
import { giveProofSecret } from '../../flow/browser/proof-secret.ts';
import type { SsoSession } from '../../flow/browser/sso-session.ts';
import { loadAccount } from '../../flow/facts/account.ts';
import type { Services } from '../../flow/services.ts';
import { transactionEntry } from '../../flow/transaction/store.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { transactionKey } from '../../stores/keys.ts';
import { currentRequest, type SignOn } from '../request-scope.ts';
import { expectedSubject } from '../sign-on/request-facts.ts';
import { signOn } from '../sign-on/sign-on.ts';
import { sessionOfCookie } from '../storage/session-adapter.ts';
import { endSession } from './end-session.ts';
import { keepRequest } from './kept-request.ts';
import { presentedSecret, setProofCookie } from './proof-cookie.ts';

type Interaction = InstanceType<Provider['Interaction']>;
type HttpExchange = Pick<KoaContextWithOIDC, 'req' | 'res' | 'cookies'>;

/** The browser's secret for the last proof of this sign-in. */
export function proofSecretOf(provider: Provider, exchange: Pick<HttpExchange, 'cookies'>): string | undefined {
  return presentedSecret(exchange, provider);
}

export function signInPath(uid: string): string {
  return `/signin/${uid}`;
}

/**
 * Starts the transaction for a new interaction, in the same commit. A user with a session is asked as that user, unless
 * the request names another one. An interaction that continues a request (consent after login) keeps what was proved
 * for it.
 */
export async function beginTransaction(
  ctx: KoaContextWithOIDC,
  interaction: Interaction,
  services: Services,
): Promise<string> {
  const { unit } = currentRequest();
  const decided = await signOn(ctx, services);
  const { request, snapshot, transaction: previous } = decided;
  const now = services.now();
  const ttl = snapshot.settings.tokens.interaction;
  const expected = expectedSubject(ctx);
  const accountId = ctx.oidc.session?.accountId;
  const recoverable = await authenticatorToRecover(decided);
  const registers = ctx.oidc.prompts.has(registrationPrompt) && ctx.oidc.promptPending(registrationPrompt);
  const asked =
    !registers &&
    recoverable === undefined &&
    accountId !== undefined &&
    (expected === undefined || expected === accountId)
      ? accountId
      : undefined;
  const account = asked === undefined ? undefined : await loadAccount(unit, asked);
  const hint = ctx.oidc.params?.login_hint;
  const locales = ctx.oidc.params?.ui_locales;
  const continues = previous && previous.subject?.id === asked ? previous : undefined;
  const fresh = newTransaction({
    id: interaction.uid,
    ...(continues ? { event: continues.event } : {}),
    now,
    lifetime: ttl,
    request,
    ...(typeof hint === 'string' ? { prefilledIdentifier: hint.slice(0, longestIdentifier) } : {}),
    ...(typeof locales === 'string' ? { uiLocales: locales } : {}),
    ...(interaction.session?.uid ? { session: interaction.session.uid } : {}),
    ...omitUndefined({ expectedSubject: expected }),
  });
  const give = (secret: string) => setProofCookie(ctx, ctx.oidc.provider, { secret, ...cookieScope(interaction, ttl) });
  const subject = account && {
    id: account.user.id,
    identifier: account.user.identifiers[0] ?? account.user.id,
    decoy: false,
  };
  const isProved = continues !== undefined && continues.evidence.length > 0;
  const transaction: Transaction = {
    ...fresh,
    ...(isProved ? { proofSecretHash: giveProofSecret({ give }) } : {}),
    ...(subject ? { subject } : {}),
    ...(registers ? { registration: {} } : {}),
    ...(recoverable === undefined ? {} : { recovering: true as const }),
    ...(continues ? carriedOver(continues) : {}),
  };
  if (recoverable !== undefined) auditRecovery(services, { transaction, snapshot, recoverable });
  unit.create(transactionKey(transaction.id), transactionEntry(transaction, ttl));
  keepRequest(ctx, ctx.oidc.provider, { interaction, path: signInPath(interaction.uid), lifetime: ttl });
  return signInPath(interaction.uid);
}

/**
 * The authenticator to recover, if the request begins with a recovery. Undefined if it does not, or if the recovery was
 * begun earlier.
 */
async function authenticatorToRecover({ request, snapshot, app, transaction }: SignOn): Promise<string | undefined> {
  if (transaction !== undefined || !request.scopes.includes(recoverScope)) return undefined;
  return recoverableAuthenticator(await snapshot.policies(app));
}

/** The same audit line as for a user who starts the recovery on a page. */
function auditRecovery(
  services: Services,
  started: { readonly transaction: Transaction; readonly snapshot: Snapshot; readonly recoverable: string },
): void {
  const { unit, visitor } = currentRequest();
  const { transaction, snapshot, recoverable } = started;
  audit(unit, services.audit, {
    event: 'recovery.started',
    outcome: 'success',
    client: transaction.request.clientId,
    ip: visitor.ip,
    transaction: transaction.id,
    policyRevision: snapshot.revision,
    authenticator: recoverable,
  });
}

/** The app asks for the registration form first. */
export const registrationPrompt = 'create';
/** The app asks the user to choose the account (OpenID Connect Core section 3.1.2.1). */
export const selectionPrompt = 'select_account';
/** Where the browser stores the secret of a proof: for the steps and for the resume. */
function cookieScope({ uid, returnTo }: Interaction, lifetime: Seconds) {
  return { paths: [signInPath(uid), new URL(returnTo).pathname], lifetime };
}

/** The interaction that oidc-provider is waiting for. */
export interface OpenInteraction {
  readonly uid: string;
  /** Gives the browser the secret of a proof. */
  readonly giveSecret: (secret: string) => void;
  /** `login`, or `consent` if the relying party asked for it by `prompt=consent`. */
  readonly prompt: string;
  readonly clientId: string;
  /** Where the final response goes. The form policy of the page must allow it. */
  readonly redirectUri?: string;
  /** The account of the browser's SSO session at the start. */
  readonly accountId?: string;
}

/**
 * The interaction that is named by both the browser's cookie and the address. Rejects with
 * `StepgateError('sign_in_expired')` if there is none: another browser, another tab's address, or too late.
 */
export async function openInteraction(
  provider: Provider,
  exchange: HttpExchange,
  uid: string,
): Promise<OpenInteraction> {
  const found = await details(provider, exchange);
  if (found.uid !== uid)
    throw new StepgateError('sign_in_expired', 'the address and the cookie name different interactions');
  const { params, session, prompt } = found;
  // Its end is measured by oidc-provider's clock, which is the machine's.
  const lifetime = found.exp - Math.floor(Date.now() / 1000);
  return {
    uid,
    giveSecret: (secret) => setProofCookie(exchange, provider, { secret, ...cookieScope(found, lifetime) }),
    prompt: prompt.name,
    clientId: String(params.client_id),
    ...(typeof params.redirect_uri === 'string' ? { redirectUri: params.redirect_uri } : {}),
    ...(session?.accountId ? { accountId: session.accountId } : {}),
  };
}

/** oidc-provider reads cookies, interaction and session again at each call. Once per request is enough. */
async function details(provider: Provider, { req, res }: HttpExchange): Promise<Interaction> {
  const scope = currentRequest();
  try {
    scope.interaction ??= await provider.interactionDetails(req, res);
    return scope.interaction;
  } catch (cause) {
    if (cause instanceof errors.SessionNotFound)
      throw new StepgateError('sign_in_expired', cause.error_description ?? cause.message, { cause });
    throw cause;
  }
}

/**
 * Passes the result to oidc-provider and returns where the browser goes next. If the browser's SSO session belongs to
 * another user, that session ends here, with everything that a logout does, and the user gets a new one.
 */
export async function finishInteraction(
  request: { readonly provider: Provider; readonly ctx: HttpExchange; readonly services: Services },
  result: { readonly accountId: string; readonly assurance: Assurance },
): Promise<string> {
  const { provider, ctx, services } = request;
  const interaction = await details(provider, ctx);
  const { accountId, assurance } = result;
  if (interaction.session?.accountId && interaction.session.accountId !== accountId) {
    if (interaction.session.uid) await endSession(provider, services, interaction.session.uid);
    interaction.session = undefined;
  }
  const { acr, amr, authTime } = assurance;
  interaction.result = {
    ...interaction.lastSubmission,
    // The policy decides, at the end of the authorization request, whether the session outlives the browser.
    login: { accountId, ts: authTime, amr: [...amr], ...omitUndefined({ acr }), remember: false },
    // The step loop has handled all prompts of the request.
    ...Object.fromEntries(requestedPrompts(interaction).map((name) => [name, {}])),
  };
  await interaction.persist();
  return interaction.returnTo;
}

function requestedPrompts({ params }: Interaction): readonly string[] {
  const requested = typeof params.prompt === 'string' ? params.prompt.split(' ') : [];
  return requested.filter((name) => ['consent', selectionPrompt, registrationPrompt].includes(name));
}

/**
 * Where to send a browser whose sign-in cannot be resumed: a page that leads on. Undefined for any other error. An
 * interaction that still exists belongs to another session than the browser's, and its page would only lead back here.
 */
export function pathAfterLostResume(ctx: KoaContextWithOIDC, error: Error): string | undefined {
  const { route, entities } = ctx.oidc ?? {};
  if (!(error instanceof errors.SessionNotFound) || (route !== 'resume' && route !== 'device_resume')) return undefined;
  const uid = /\/([\w-]{10,64})$/.exec(ctx.path)?.[1];
  if (uid === undefined) return undefined;
  const path = signInPath(uid);
  return entities?.Interaction === undefined ? path : `${path}/over`;
}

/** The user starts again: the earlier result no longer counts. */
export async function forgetResult(provider: Provider, exchange: HttpExchange): Promise<void> {
  const interaction = await details(provider, exchange);
  if (interaction.result === undefined) return;
  delete interaction.result;
  await interaction.persist();
}

/** The browser's SSO session. Undefined if it has no live one. Rejects with `StoreUnavailable`. */
export async function browserSession(
  provider: Provider,
  ctx: Pick<KoaContextWithOIDC, 'cookies'>,
  services: Services,
): Promise<SsoSession | undefined> {
  const id = ctx.cookies.get(provider.cookieName('session'), { signed: true });
  return sessionOfCookie(currentRequest().unit, id, services.now());
}

/** Ends the interaction with an OAuth error at the relying party. */
export async function refuseInteraction(
  provider: Provider,
  { req, res }: HttpExchange,
  refusal: { readonly error: string; readonly description: string },
): Promise<string> {
  return provider.interactionResult(
    req,
    res,
    { error: refusal.error, error_description: refusal.description },
    { mergeWithLastSubmission: false },
  );
}
