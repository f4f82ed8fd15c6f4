/** The Koa app: the middleware in order, the route table, and then the provider of the active revision. */

import Koa, { type Context, type Middleware, type Next } from 'koa';
import compose from 'koa-compose';
import type { Provider } from 'oidc-provider';
import { StepgateError } from '../errors.ts';
import { cookieName } from '../flow/browser/cookie-table.ts';
import type { Services } from '../flow/services.ts';
import { browserSession } from '../oidc/interaction/interactions.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { revisionPointerKey } from '../stores/keys.ts';
import { accountHandlers } from './account/account-handlers.ts';
import type { AccountParts } from './account/account-request.ts';
import { addressHandlers } from './account/address-handlers.ts';
import { appHandlers } from './account/app-handlers.ts';
import { authenticatorHandlers } from './account/authenticator-handlers.ts';
import { dataHandlers } from './account/data-handlers.ts';
import { deletionHandlers } from './account/deletion-handlers.ts';
import { deviceHandlers } from './account/device-handlers.ts';
import { identifierHandlers } from './account/identifier-handlers.ts';
import { notMeHandlers } from './account/not-me-handlers.ts';
import { profileHandlers } from './account/profile-handlers.ts';
import { sessionHandlers } from './account/session-handlers.ts';
import { undoHandlers } from './account/undo-handlers.ts';
import { assetHandler } from './asset-handler.ts';
import { inboxHandlers } from './demo/inbox.ts';
import { type Health, healthHandlers } from './health.ts';
import type { Renderer } from './html/render.ts';
import type { InboxEntry } from './html/views/page-models.ts';
import { languageHandler } from './language-handler.ts';
import { errorHandler } from './middleware/error-handler.ts';
import { type NextLinksParts, nextLinks } from './middleware/next-links.ts';
import { openRequest } from './middleware/open-request.ts';
import { createRoutes, type RaceAnswers, type Routes } from './middleware/route-table.ts';
import { setSecurityHeaders } from './middleware/security-headers.ts';
import { unitOfWork } from './middleware/unit-of-work.ts';
import { unknownAddressWarning } from './middleware/unknown-address.ts';
import { relatedOriginsHandler } from './provider/related-origins.ts';
import { ownRoutes, protocolRoutes } from './routes.ts';
import { magicLinkHandlers } from './sign-in/magic-link.ts';
import { recoveryCodesHandlers } from './sign-in/recovery-codes.ts';
import { signInHandlers } from './sign-in/sign-in.ts';
import type { SignInParts } from './sign-in/sign-in-request.ts';

/** The configuration that this node currently uses. */
export interface ActiveConfiguration {
  /** Undefined before there is a configuration. */
  current(): Snapshot | undefined;
  /** Throws `StepgateError('not_configured')` before there is a configuration. */
  provider(): Provider;
}

export interface KoaAppParts {
  readonly services: Services;
  readonly renderer: Renderer;
  readonly active: ActiveConfiguration;
  readonly health: Health;
  /** Client id of the built-in app for signing in to the account pages. */
  readonly accountClientId: string;
  /** Messages of the demo, newest first. Absent outside the demo, where the page does not exist. */
  readonly readInbox?: () => Promise<readonly InboxEntry[]>;
  readonly logError: (error: unknown, context: Readonly<Record<string, unknown>>) => void;
}

export function createKoaApp(parts: KoaAppParts): Koa {
  const { services, renderer, active, logError } = parts;
  const isSecure = services.issuer.startsWith('https:');
  const browserCookie = cookieName('device', services.issuer);
  const languageCookie = cookieName('language', services.issuer);
  const linkParts: NextLinksParts = {
    issuer: services.issuer,
    provider: () => active.provider(),
    snapshot: () => active.current(),
  };
  const links: SignInParts['nextLinks'] = (ctx, code) => nextLinks(linkParts, ctx, code);
  const table = routesOf(parts, { browserCookie, languageCookie, links, find: (path) => routes.find(path) });
  const routes: Routes = createRoutes(table);
  const koa = new Koa();
  koa.proxy = true;
  koa.on('error', (error: NodeJS.ErrnoException) => reportConnectionError(parts, error));
  const trustedProxies = () => active.current()?.settings.trustedProxies ?? 0;
  const stack = [
    openRequest({
      store: services.store,
      issuer: services.issuer,
      browserCookie,
      languageCookie,
      along: [revisionPointerKey],
      trustedProxies,
      signalHeaders: () => active.current()?.signalHeaders ?? [],
      onUnknownAddress: unknownAddressWarning({ trustedProxies, now: services.now, warn: services.warn }),
    }),
    async (ctx: Context, next: Next) => {
      setSecurityHeaders(ctx, isSecure);
      await next();
    },
    errorHandler({
      renderer,
      snapshot: () => active.current(),
      nextLinks: links,
      log: logError,
    }),
    unitOfWork((ctx) => routeOf(ctx, routes)),
    routes.middleware,
    protocolEndpoints(() => active.provider()),
  ];
  for (const middleware of stack) koa.use(middleware as Middleware);
  return koa;
}

interface RouteOptions {
  readonly browserCookie: string;
  readonly languageCookie: string;
  readonly links: SignInParts['nextLinks'];
  readonly find: Routes['find'];
}

function routesOf(parts: KoaAppParts, { browserCookie, languageCookie, links, find }: RouteOptions) {
  const { services, renderer, active, health, accountClientId, readInbox } = parts;
  const provider = (): Provider => active.provider();
  const signIn: SignInParts = { services, renderer, provider, browserCookie, nextLinks: links };
  const account: AccountParts = {
    services,
    renderer,
    clientId: accountClientId,
    languageCookie,
    currentSession: async (ctx) => browserSession(active.provider(), ctx, services),
  };
  return ownRoutes({
    signIn: signInHandlers(signIn),
    magicLink: magicLinkHandlers(signIn),
    recoveryCodes: recoveryCodesHandlers(signIn),
    account: accountHandlers(account),
    authenticators: authenticatorHandlers(account),
    sessions: sessionHandlers(account),
    devices: deviceHandlers(account),
    addresses: addressHandlers(account),
    relatedOrigins: relatedOriginsHandler(services),
    apps: appHandlers(account),
    profile: profileHandlers(account),
    identifiers: identifierHandlers(account),
    data: dataHandlers(account),
    deletion: deletionHandlers(account),
    undo: undoHandlers(account),
    notMe: notMeHandlers(account),
    health: healthHandlers(health, services.warn),
    ...(readInbox ? { inbox: inboxHandlers({ renderer, snapshot: () => active.current(), read: readInbox }) } : {}),
    asset: assetHandler({ renderer, snapshot: () => active.current() }),
    language: languageHandler({
      renderer,
      issuer: services.issuer,
      cookie: languageCookie,
      canOpen: (path) => {
        const route = find(path);
        return route && route.GET !== undefined;
      },
    }),
  });
}

/** Without a listener Koa would print the error. A broken connection is not an error. */
function reportConnectionError({ services, logError }: KoaAppParts, error: NodeJS.ErrnoException): void {
  if (/^(HPE_|ECONN|EPIPE)/.test(error.code ?? '')) services.warn(`a connection was cut off: ${error.code}`);
  else logError(error, { part: 'http' });
}

/** The row of the route that answered: one of oidc-provider's or one of ours. */
function routeOf(ctx: Context, routes: Routes): RaceAnswers | undefined {
  return ctx.oidc ? protocolRoutes[String(ctx.oidc.route)] : routes.find(ctx.path);
}

/** Passes everything else to the provider of the active revision. Its middleware is composed once per instance. */
function protocolEndpoints(current: () => Koa): Middleware {
  let composed: { readonly provider: Koa; readonly run: Middleware } | undefined;
  return async (ctx, next) => {
    const provider = current();
    if (composed?.provider !== provider) composed = { provider, run: compose(provider.middleware) as Middleware };
    await composed.run(ctx, next);
    if (ctx.status === 404 && ctx.body === undefined) throw new StepgateError('not_found');
  };
}
