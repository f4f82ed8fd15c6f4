/** The composition root: one literal list of parts. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Koa, { type Context, type Middleware, type Next } from 'koa';
import compose from 'koa-compose';
import { ActiveRevision } from './active-revision.ts';
import { authenticatorKinds, buildAuthenticators } from './authenticators/index.ts';
import { HashingQueue, type HashingQueueOptions } from './authenticators/shared/hashing-queue.ts';
import { createChannels } from './delivery/channels.ts';
import { inboxChannel, readInbox } from './delivery/inbox.ts';
import { OutboxWorker } from './delivery/outbox-worker.ts';
import { createMessageRenderer } from './delivery/render-message.ts';
import { StepgateError } from './errors.ts';
import { type AuditSink, auditOp } from './flow/audit.ts';
import type { Services } from './flow/services.ts';
import { accountHandlers } from './http/account/account-handlers.ts';
import type { AccountParts } from './http/account/account-request.ts';
import { addressHandlers } from './http/account/address-handlers.ts';
import { deviceHandlers } from './http/account/device-handlers.ts';
import { inboxHandlers } from './http/demo/inbox.ts';
import { healthHandlers } from './http/health.ts';
import { createRenderer } from './http/html/render.ts';
import { errorHandler } from './http/middleware/error-handler.ts';
import { openRequest } from './http/middleware/open-request.ts';
import { createRoutes } from './http/middleware/route-table.ts';
import { setSecurityHeaders } from './http/middleware/security-headers.ts';
import { unitOfWork } from './http/middleware/unit-of-work.ts';
import { providerPages } from './http/provider/provider-pages.ts';
import { ownRoutes, protocolRoutes } from './http/routes.ts';
import { linkHandlers } from './http/sign-in/magic-link.ts';
import { recoveryCodesHandlers } from './http/sign-in/recovery-codes.ts';
import { signInHandlers } from './http/sign-in/sign-in.ts';
import { endSession } from './oidc/interaction/end-session.ts';
import { browserSession } from './oidc/interaction/interactions.ts';
import { cookieSigner } from './oidc/keys/cookie-signer.ts';
import { createProvider } from './oidc/provider.ts';
import { currentRequest } from './oidc/request-scope.ts';
import { keepSession } from './oidc/storage/session-adapter.ts';
import { accountClientId } from './policy/model/account-client-id.ts';
import { withAccountApp } from './policy/revision/account-app.ts';
import { brandFor } from './policy/revision/brand.ts';
import { Revisions } from './policy/revision/revisions.ts';
import { revisionPointerKey } from './stores/keys.ts';
import type { Store } from './stores/store.ts';
import { Directory } from './users/directory.ts';

export interface AppOptions {
  readonly store: Store;
  /** Base URL of the issuer, without a trailing slash. */
  readonly issuer: string;
  readonly log: {
    readonly audit: AuditSink;
    readonly warn: (message: string) => void;
    readonly error: (error: unknown, context: Readonly<Record<string, unknown>>) => void;
  };
  /** Epoch seconds; for tests. */
  readonly now?: () => number;
  /** Cost, length and longest wait of the queue for password hashes; for tests. */
  readonly hashing?: HashingQueueOptions;
  /** What has no way out of its own goes into an inbox that everybody can read. */
  readonly demo?: boolean;
  /** The environment, for secrets that are in no file. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

export interface ServerApp {
  readonly koa: Koa;
  readonly live: ActiveRevision;
  readonly revisions: Revisions;
  readonly directory: Directory;
  readonly hashing: HashingQueue;
  /** Sends messages; to be started once `live` has. `stop` flushes it and lets go of all connections. */
  readonly outbox: { start(): void; stop(): Promise<void> };
}

const viewsDir = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'views');

/** Builds the app; `live.start()` makes it follow the store, and must have come back before it serves. */
export function createApp(options: AppOptions): ServerApp {
  const { store, issuer, log, demo = false, variables = {} } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const hashing = new HashingQueue(options.hashing);
  const revisions = new Revisions(store, { authenticators: authenticatorKinds, issuer });
  const directory = new Directory(store, now);
  const renderer = createRenderer({ viewsDir });
  const secure = issuer.startsWith('https:');
  const deviceCookie = secure ? '__Host-stepgate-device' : 'stepgate-device';

  const channels = createChannels({
    settings: () => live.current()?.settings,
    variables,
    warn: log.warn,
    now,
    ...(demo ? { inbox: inboxChannel(store) } : {}),
  });
  const outbox = new OutboxWorker({
    store,
    now,
    channel: (kind) => channels.get(kind),
    render: createMessageRenderer({
      viewsDir,
      textsFor: (languages) => renderer.texts(renderer.chooseLocale(languages ?? {})),
      brand: () => brandFor(live.current()).brand,
      accountUrl: `${issuer}/account`,
    }),
    failed: ({ about: { languages: _, ...about } }, reason) => {
      const { line, op } = auditOp({ event: 'message.failed', outcome: 'failure', ...about, reason });
      return { op, written: () => log.audit(line) };
    },
    warn: log.warn,
  });
  const services: Services = {
    store,
    authenticators: buildAuthenticators({ hashing }),
    audit: log.audit,
    sessions: {
      end: (uid) => endSession(live.provider(), services, uid),
      keep: (uid, valid, withTokens) => keepSession(currentRequest().unit, uid, { valid, withTokens, now: now() }),
    },
    issuer,
    secrets: () => live.secrets(),
    snapshot: async (unit) => withAccountApp(await live.snapshot(unit), issuer),
    now,
    canMail: () => channels.get('email') !== undefined,
    messagesWait: () => outbox.wake(),
    warn: log.warn,
  };
  const pages = providerPages({
    renderer,
    snapshot: () => live.current(),
    identifierOf: async (id) => (await directory.get(id))?.user.identifiers[0],
  });
  const live: ActiveRevision = new ActiveRevision({
    store,
    revisions,
    now,
    warn: log.warn,
    build: (settings, keys) => {
      const provider = createProvider({ services, settings, keys, pages });
      provider.on('server_error', (_ctx, error) => log.error(error, { part: 'oidc' }));
      koa.keys = cookieSigner(services.secrets()) as never;
      return provider;
    },
  });

  const accountParts: AccountParts = {
    services,
    renderer,
    clientId: accountClientId,
    sessions: {
      current: async (ctx) => browserSession(live.provider(), ctx, services),
    },
  };
  const table = ownRoutes({
    account: accountHandlers(accountParts),
    addresses: addressHandlers(accountParts),
    devices: deviceHandlers(accountParts),
    health: healthHandlers(live),
    signIn: signInHandlers({ services, renderer, provider: () => live.provider(), deviceCookie }),
    recoveryCodes: recoveryCodesHandlers({ services, renderer, provider: () => live.provider() }),
    link: linkHandlers({ services, renderer, provider: () => live.provider() }),
    ...(demo
      ? { inbox: inboxHandlers({ renderer, snapshot: () => live.current(), read: () => readInbox(store) }) }
      : {}),
    renderer,
  });

  const koa = new Koa();
  koa.proxy = true;
  // Without a listener Koa prints to stderr. Connections that break off are nobody's error.
  koa.on('error', (error: NodeJS.ErrnoException) => {
    if (/^(HPE_|ECONN|EPIPE)/.test(error.code ?? '')) log.warn(`a connection broke off: ${error.code}`);
    else log.error(error, { part: 'http' });
  });
  koa.use(
    openRequest({
      store,
      issuer,
      deviceCookie,
      along: [revisionPointerKey],
      trustedProxies: () => live.current()?.settings.trustedProxies ?? 0,
    }) as Middleware,
  );
  koa.use(async (ctx: Context, next: Next) => {
    setSecurityHeaders(ctx, secure);
    await next();
  });
  koa.use(
    errorHandler({
      renderer,
      snapshot: () => live.current(),
      log: (error, context) => log.error(error, context),
    }) as Middleware,
  );
  const routes = createRoutes(table);
  const routeOf = (ctx: Context) => (ctx.oidc ? protocolRoutes[ctx.oidc.route as string] : routes.find(ctx.path));
  koa.use(unitOfWork(routeOf) as Middleware);
  koa.use(routes.middleware);
  koa.use(protocol(() => live.provider()));
  const flushed = async (): Promise<void> => {
    await outbox.stop();
    channels.close();
  };
  return { koa, live, revisions, directory, hashing, outbox: { start: () => outbox.start(), stop: flushed } };
}

/** Hands everything else to the provider of the moment. Its middleware is composed once per instance. */
function protocol(current: () => Koa): Middleware {
  const composed = new WeakMap<Koa, Middleware>();
  return async (ctx, next) => {
    const provider = current();
    const run = composed.get(provider) ?? (compose(provider.middleware) as Middleware);
    composed.set(provider, run);
    await run(ctx, next);
    if (ctx.status === 404 && ctx.body === undefined) throw new StepgateError('not_found');
  };
}
