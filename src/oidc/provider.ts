/**
 * Builds the OpenID Connect provider from settings and keys. oidc-provider's configuration is fixed for the lifetime of
 * an instance, so a new revision or key needs a new instance, which replaces the old one as a whole. All state is in
 * the store and in cookies, and is not affected.
 */

import { type Configuration, interactionPolicy, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { attainableAcrValues } from '../core/evidence/attainable-acr.ts';
import type { AuthenticatorDescriptor } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { cookieAttributes, cookieName } from '../flow/browser/cookie-table.ts';
import type { Services } from '../flow/services.ts';
import type { Settings } from '../policy/model/settings.ts';
import { type SigningAlgorithm, signingAlgorithms } from '../policy/model/signing.ts';
import { enabledAuthenticators } from '../policy/revision/enabled-authenticators.ts';
import { isLoopback } from '../policy/schema/fields/fields.ts';
import { clientMetadata, compareSecretsByHash } from './clients.ts';
import { cacheable } from './endpoints/cacheable.ts';
import { restartLostDeviceForm } from './endpoints/device-restart.ts';
import { clientAuthMethods, discovery } from './endpoints/discovery.ts';
import { features } from './endpoints/features.ts';
import { allowFormTargets } from './endpoints/form-targets.ts';
import { fillInLogoutForm, nameSessionsInIdTokens } from './endpoints/hinted-logout.ts';
import { takeOnlyIdTokensAsHints } from './endpoints/id-token-hint.ts';
import { enforcePollingInterval } from './endpoints/polling-interval.ts';
import { connectOpeners } from './endpoints/popups.ts';
import { postedRequests } from './endpoints/posted-requests.ts';
import { publicClientBasic } from './endpoints/public-client-basic.ts';
import { responseCorrections } from './endpoints/response-corrections.ts';
import { checkClientAssertion, refuseUnsignedRequest } from './endpoints/security-profile.ts';
import { leaveSessionCookie } from './endpoints/session-cookie.ts';
import { limitUserCodes } from './endpoints/user-code-limit.ts';
import { queueBackchannelLogouts } from './interaction/backchannel-logout.ts';
import {
  beginTransaction,
  pathAfterLostResume,
  registrationPrompt,
  selectionPrompt,
  signInPath,
} from './interaction/interactions.ts';
import { resumeOnlyWhereProved } from './interaction/proof-cookie.ts';
import { cookieSigner } from './keys/cookie-signer.ts';
import { signableAlgorithms } from './keys/enabled-keys.ts';
import type { SigningKey } from './keys/keyring.ts';
import type { ProviderPages } from './pages.ts';
import { exchangedAssurance } from './provider-types.ts';
import { currentRequest, findRequest } from './request-scope.ts';
import { acceptSignOn } from './sign-on/accept-sign-on.ts';
import { findAccount } from './sign-on/account.ts';
import { grantOf } from './sign-on/grant.ts';
import { lifetimes, refreshTokenLifetime } from './sign-on/lifetimes.ts';
import { keepOfflineAccess } from './sign-on/offline-access.ts';
import { makeSuccessors, reportReuse, rotatesRefreshToken } from './sign-on/refresh-rotation.ts';
import { purposeParameter } from './sign-on/request-facts.ts';
import { needsInteraction, signOn } from './sign-on/sign-on.ts';
import { createAdapter } from './storage/adapter.ts';
import { assertNewAssertion } from './storage/replays.ts';
import { presentedKeys } from './storage/stored-model.ts';

export interface ProviderParts {
  readonly services: Services;
  readonly settings: Settings;
  /** The published keys. Signing keys come first. */
  readonly keys: readonly SigningKey[];
  readonly pages: ProviderPages;
}

export function createProvider(parts: ProviderParts): Provider {
  const { services, settings, keys } = parts;
  const signs = signableAlgorithms(settings.signing.algorithms, keys, services.now());
  const provider = new Provider(services.issuer, configuration({ ...parts, signs }));
  // Our own middleware has normalised the request: host and scheme are the issuer's.
  provider.proxy = true;
  compareSecretsByHash(provider);
  provider.use(postedRequests(parts.pages, [routes.authorization, routes.end_session]));
  provider.use(resumeOnlyWhereProved(provider, signInPath));
  provider.use(fillInLogoutForm(`${routes.end_session}/confirm`));
  provider.use(publicClientBasic(provider, endpointsOfApps));
  provider.use(responseCorrections());
  provider.use(leaveSessionCookie(provider));
  provider.use(connectOpeners());
  provider.use(allowFormTargets(parts.pages));
  provider.use(cacheable());
  provider.use(restartLostDeviceForm(routes.code_verification));
  takeOnlyIdTokensAsHints(provider);
  makeSuccessors(provider, services);
  reportReuse(provider, services);
  enforcePollingInterval(provider);
  limitUserCodes(provider, services.store);
  queueBackchannelLogouts(provider, services, parts.settings);
  nameSessionsInIdTokens(provider);
  return provider;
}

/** A new provider is built when a key begins to sign. */
interface BuiltParts extends ProviderParts {
  /** The algorithms that can sign. */
  readonly signs: readonly SigningAlgorithm[];
}

function configuration(parts: BuiltParts): Configuration {
  const { services, settings, keys } = parts;
  return {
    adapter: createAdapter({
      store: services.store,
      client: (id) => clientById(parts, id),
      refreshTokenGrace: (id) => findRequest()?.apps.get(id)?.refreshTokenGrace ?? 0,
      now: () => services.now(),
    }),
    jwks: { keys: keys.map(({ jwk }) => jwk) },
    acrValues: [...attainableAcrValues(settings.acrValues, enabledAuthenticators(descriptorsOf(parts), settings))],
    scopes: Object.keys(settings.scopes),
    claims: claimsByScope(settings),
    // oidc-provider calls this even if the parameter is absent: after the scopes are read, before anything is decided.
    extraParams: { [purposeParameter]: (ctx) => keepOfflineAccess(ctx) },
    responseTypes: ['code'],
    clientAuthMethods: clientAuthMethods(settings),
    discovery: discovery(parts),
    enabledJWA: enabledAlgorithms(parts),
    clientDefaults: {
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
    assertJwtClientAuthClaimsAndHeader: checkAssertions(services),
    pkce: { required: (_ctx, { clientId }) => currentRequest().apps.get(clientId)?.pkce !== 'optional' },
    // A request must name its redirect URI even if only one is registered (OpenID Connect Core section 3.1.2.1).
    allowOmittingSingleRegisteredRedirectUri: false,
    // A setting of the app decides which claims are in the ID token, and `findAccount` leaves out the others.
    conformIdTokenClaims: false,
    rotateRefreshToken: (ctx) =>
      rotatesRefreshToken(ctx, { now: services.now(), lifetime: (token) => refreshTokenLifetime(token, parts) }),
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    cookies: cookies(services.issuer, services.secrets()),
    routes,
    ttl: lifetimes(settings, services),
    interactions: { policy: policy(services), url: (ctx, interaction) => beginTransaction(ctx, interaction, services) },
    findAccount: (ctx, id, token) => findAccount({ ctx, services, token: token }, id),
    loadExistingGrant: (ctx) => loadGrant(ctx, services),
    extraTokenClaims: async (ctx) => assuranceClaims(ctx),
    renderError: async (ctx, out, error) => {
      const path = pathAfterLostResume(ctx, error);
      if (path === undefined) return parts.pages.showError(ctx, out);
      ctx.redirect(path);
      ctx.status = 303;
      ctx.set('Cache-Control', 'no-store');
    },
    features: features(parts),
    // Only addresses in app files are ever fetched. oidc-provider's guard against private addresses stays active,
    // except for a loopback issuer, whose relying parties are on loopback as well.
    ...(isLoopback(new URL(services.issuer).hostname) ? { fetch: fetchAnywhere } : {}),
  };
}

/** Clients may sign with any algorithm; we sign with the enabled ones. */
function enabledAlgorithms({ signs }: BuiltParts): Configuration['enabledJWA'] {
  return {
    clientAuthSigningAlgValues: [...signingAlgorithms],
    idTokenSigningAlgValues: [...signs],
    dPoPSigningAlgValues: ['ES256', 'EdDSA', 'RS256', 'PS256'],
    requestObjectSigningAlgValues: [...signingAlgorithms],
  };
}

function descriptorsOf({ services }: ProviderParts): readonly AuthenticatorDescriptor[] {
  return [...services.authenticators.values()].map(({ descriptor }) => descriptor);
}

async function fetchAnywhere(
  url: URL | string | Request,
  options?: RequestInit & { dispatcher?: unknown },
): Promise<Response> {
  const { dispatcher: _guard, ...rest } = options ?? {};
  return fetch(url, rest);
}

const routes = {
  authorization: '/oauth2/v1/authorize',
  token: '/oauth2/v1/token',
  jwks: '/oauth2/v1/keys',
  userinfo: '/oauth2/v1/userinfo',
  introspection: '/oauth2/v1/introspect',
  revocation: '/oauth2/v1/revoke',
  end_session: '/oauth2/v1/logout',
  pushed_authorization_request: '/oauth2/v1/par',
  device_authorization: '/oauth2/v1/device',
  code_verification: '/device',
} as const;

/** The endpoints at which apps authenticate. */
const endpointsOfApps: readonly string[] = [
  routes.token,
  routes.introspection,
  routes.revocation,
  routes.pushed_authorization_request,
  routes.device_authorization,
];

/**
 * Before an app is authenticated, the newest revision is read, so that its present credentials decide and do not change
 * during the request. What the app presents is loaded at the same time, so a token request needs no extra round trip.
 * At other endpoints, a request that has read nothing yet uses the revision that this node knows, and asks for the
 * newest one only about an unknown app.
 */
async function clientById({ services, signs }: BuiltParts, clientId: string) {
  const { unit, apps } = currentRequest();
  const ctx = Provider.ctx;
  // Middleware that runs before the parameters are read only needs the kind of app.
  const parameters = ctx?.oidc?.params;
  if (parameters && endpointsOfApps.includes(ctx.path)) await unit.load(presentedKeys(parameters));
  const find = async () => (await services.snapshot(unit)).app(clientId);
  let app = await find();
  if (!app) {
    await unit.load([]);
    app = await find();
  }
  if (app) apps.set(app.clientId, app);
  if (app && (ctx?.path === routes.authorization || ctx?.path === routes.pushed_authorization_request))
    refuseUnsignedRequest(ctx, app);
  return app && clientMetadata(app, signs);
}

function checkAssertions(services: Services): Configuration['assertJwtClientAuthClaimsAndHeader'] {
  return async (...assertion) => {
    const [, claims] = assertion;
    await checkClientAssertion(...assertion);
    assertNewAssertion(claims, { epoch: currentRequest().unit.epoch, now: services.now() });
  };
}

function claimsByScope(settings: Settings): Configuration['claims'] {
  const always = ['sub', 'acr', 'amr', 'auth_time', 'sid'];
  const scopes = Object.entries(settings.scopes).map(
    ([scope, claims]) => [scope, scope === 'openid' ? always : [...claims]] as const,
  );
  return { ...Object.fromEntries(scopes.filter(([, claims]) => claims.length > 0)), openid: always };
}

function cookies(issuer: string, secrets: readonly string[]): Configuration['cookies'] {
  const options = cookieAttributes('session', issuer);
  return {
    names: {
      session: cookieName('session', issuer),
      interaction: cookieName('interaction', issuer),
      resume: cookieName('resume', issuer),
    },
    keys: cookieSigner(secrets),
    long: options,
    short: options,
  };
}

function policy(services: Services): NonNullable<Configuration['interactions']>['policy'] {
  const { Check, Prompt, base } = interactionPolicy;
  const prompts = base();
  const standard = prompts.get('login');
  const named = ['id_token_hint', 'claims_id_token_sub_value'].flatMap((reason) => standard?.checks.get(reason) ?? []);
  const login = new Prompt(
    { name: 'login', requestable: true },
    () => ({}),
    new Check('sign_on_policy', 'the sign-on policy of this app asks for more', 'login_required', async (ctx) =>
      needsInteraction(ctx, services),
    ),
    ...named,
  );
  // Initiating User Registration via OpenID Connect 1.0: `prompt=create`.
  prompts.add(new Prompt({ name: registrationPrompt, requestable: true }), 0);
  prompts.add(new Prompt({ name: selectionPrompt, requestable: true }), 1);
  prompts.remove('login');
  prompts.add(login, 2);
  // The app's file decides about the consent page; `native` only concerns its redirect URIs.
  prompts.get('consent')?.checks.remove('native_client_prompt');
  return prompts;
}

async function loadGrant(ctx: KoaContextWithOIDC, services: Services) {
  const decided = await signOn(ctx, services);
  if (decided.decision.kind !== 'allow') return undefined;
  await acceptSignOn(ctx, services, decided);
  const { consent: terms } = await decided.snapshot.policies(decided.app);
  return grantOf(ctx, { facts: decided.facts, terms });
}

/** Access tokens say under which authentication they were issued (RFC 9470 section 6). A refresh keeps these claims. */
function assuranceClaims(ctx: KoaContextWithOIDC): Record<string, unknown> | undefined {
  const issued = exchangedAssurance(ctx);
  return issued && omitUndefined({ acr: issued.acr, amr: issued.amr, auth_time: issued.authTime });
}
