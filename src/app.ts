/** The composition root: puts the parts of one node together. */
import type Koa from 'koa';
import type { Provider } from 'oidc-provider';
import { ActiveRevision, type ExpiryRecord } from './active-revision.ts';
import { authenticatorKinds, buildAuthenticators } from './authenticators/index.ts';
import { HashingQueue, type HashingQueueOptions } from './authenticators/shared/hashing-queue.ts';
import { createChannels } from './delivery/channels.ts';
import { inboxChannel, readInbox } from './delivery/inbox.ts';
import type { LogoutNotification } from './delivery/outbox.ts';
import { OutboxWorker } from './delivery/outbox-worker.ts';
import { createMessageRenderer } from './delivery/render-message.ts';
import { type FailureLog, StepgateError } from './errors.ts';
import { type AuditSink, auditOp } from './flow/audit.ts';
import { DeletionWorker } from './flow/deletion-worker.ts';
import type { Services } from './flow/services.ts';
import { ShadowWorker } from './flow/shadow.ts';
import { createKoaApp } from './http/koa-app.ts';
import { providerPages } from './http/provider/provider-pages.ts';
import { NetworkFiles } from './network-data.ts';
import { createHealth } from './node-health.ts';
import { endAppAccess, offlineAccess } from './oidc/interaction/app-access.ts';
import { notifyOfLogout } from './oidc/interaction/backchannel-logout.ts';
import { endSession } from './oidc/interaction/end-session.ts';
import { cookieSigner } from './oidc/keys/cookie-signer.ts';
import type { SigningKey } from './oidc/keys/keyring.ts';
import { createProvider } from './oidc/provider.ts';
import { currentRequest, findRequest } from './oidc/request-scope.ts';
import { keepSession } from './oidc/storage/session-changes.ts';
import { loadViews, type Views } from './operator-views.ts';
import { accountClientId } from './policy/model/account-client-id.ts';
import type { Settings } from './policy/model/settings.ts';
import { withAccountApp } from './policy/revision/account-app.ts';
import { brandFor } from './policy/revision/brand.ts';
import { Revisions } from './policy/revision/revisions.ts';
import type { Store } from './stores/store.ts';
import { StoreHealth } from './stores/store-health.ts';
import { Directory } from './users/directory/directory.ts';

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
  /** Messages without a channel of their own go into an inbox that is open to all. */
  readonly demo?: boolean;
  /** What pages and messages are drawn with; absent: those that ship. */
  readonly views?: Views;
  /** The environment, for secrets that are in no file. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** The files of this node are refused. Absent: it has none. */
  readonly refusesFiles?: () => boolean;
  /** Default: never. */
  readonly isGoingDown?: () => boolean;
}

export interface ServerApp {
  readonly koa: Koa;
  readonly activeRevision: ActiveRevision;
  /** Starts after `activeRevision`. */
  readonly storeHealth: StoreHealth;
  readonly revisions: Revisions;
  readonly directory: Directory;
  readonly hashing: HashingQueue;
  /** Sends messages; starts after `activeRevision`. `stop` sends what waits and closes all connections. */
  readonly outbox: { start(): void; stop(): Promise<void> };
  /** Deletes accounts that are due; starts after `activeRevision`. */
  readonly deletions: DeletionWorker;
  /** Compares a draft with what is active; starts after `activeRevision`. */
  readonly shadow: ShadowWorker;
  /** Starts after `activeRevision`. */
  readonly networkFiles: NetworkFiles;
}

/** What the parts below are built from. */
interface Foundation extends AppOptions {
  readonly views: Views;
  readonly now: () => number;
  readonly hashing: HashingQueue;
  readonly directory: Directory;
  readonly activeRevision: ActiveRevision;
  readonly shadow: ShadowWorker;
}

/**
 * Builds the app. It serves nothing before `activeRevision.start()` has resolved; from then on it follows the store.
 */
export function createApp(options: AppOptions): ServerApp {
  const { store, issuer, log } = options;
  const now = options.now ?? (() => Math.floor(Date.now() / 1000));
  const networkFiles = new NetworkFiles(log.warn);
  const revisions = new Revisions(store, { authenticators: authenticatorKinds, issuer, networkFiles, warn: log.warn });
  // The provider needs the services, which need the active revision: it builds the first provider only when it starts.
  const build = (settings: Settings, keys: readonly SigningKey[]) => buildProvider({ settings, keys });
  const views = options.views ?? loadViews();
  const foundation: Foundation = {
    ...options,
    views,
    now,
    hashing: new HashingQueue(options.hashing),
    directory: new Directory(store, now),
    shadow: createShadow(options, revisions),
    activeRevision: new ActiveRevision({
      ...{ store, revisions, now, build },
      ...failureLog(log, 'revision'),
      recordExpiry: () => recordExpiry(log),
    }),
  };
  const { activeRevision, directory, hashing, shadow } = foundation;
  const storeHealth = createStoreHealth(options);
  const messaging = createMessaging(foundation, (logout) =>
    notifyOfLogout(activeRevision.provider(), services, logout),
  );
  const services = createServices(foundation, messaging);
  const koa = createKoaApp({
    services,
    renderer: views.pages,
    active: activeRevision,
    health: createHealth({ refusesFiles: no, isGoingDown: no, ...options, storeHealth, activeRevision }),
    accountClientId,
    ...(options.demo ? { readInbox: () => readInbox(store) } : {}),
    logError: log.error,
  });
  const buildProvider = providerBuilder(foundation, { services, koa });
  const { start, stop } = messaging;
  const deletions = new DeletionWorker({ services, directory, ...failureLog(log, 'deletions') });
  return {
    koa,
    activeRevision,
    storeHealth,
    revisions,
    directory,
    hashing,
    outbox: { start, stop },
    deletions,
    shadow,
    networkFiles,
  };
}

const no = () => false;

function failureLog({ warn, error: write }: AppOptions['log'], part: string): FailureLog {
  return { warn, alarm: (error) => write(error, { part }) };
}

function createStoreHealth({ store, log }: AppOptions): StoreHealth {
  return new StoreHealth({ store, ...failureLog(log, 'store') });
}

function createShadow({ store, issuer, log }: AppOptions, revisions: Revisions): ShadowWorker {
  return new ShadowWorker({
    store,
    open: async (draft) => withAccountApp(await revisions.shadow(draft), issuer),
    ...failureLog(log, 'shadow'),
  });
}

/** A revision that was not confirmed in time went back, by whichever node was first. */
function recordExpiry({ audit, warn }: AppOptions['log']): ExpiryRecord {
  const event = (policyRevision: number) =>
    auditOp({ event: 'config.rolled_back', outcome: 'success', by: 'stepgate', policyRevision });
  return {
    ops: (revision) => [event(revision).op],
    written(revision) {
      audit(event(revision).line);
      warn(`the configuration was not confirmed in time: revision ${revision} is what was active before`);
    },
  };
}

interface Messaging {
  start(): void;
  stop(): Promise<void>;
  /** A message was written to the outbox. */
  wake(): void;
  canMail(): boolean;
}

function createMessaging(
  { store, issuer, log, now, demo, variables = {}, ...parts }: Foundation,
  notifyLogout: (logout: LogoutNotification) => Promise<'sent' | 'not_over'>,
): Messaging {
  const { activeRevision, views } = parts;
  const channels = createChannels({
    settings: () => activeRevision.current()?.settings,
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
      templates: views.messages,
      textsFor: (languages) => {
        const fallback = activeRevision.current()?.settings.defaultLanguage;
        return views.pages.texts(views.pages.chooseLocale({ ...languages, fallback }));
      },
      brand: () => brandFor(activeRevision.current()).brand,
      origin: issuer,
      accountUrl: `${issuer}/account`,
    }),
    brandOf: async (client) => {
      const snapshot = activeRevision.current();
      return brandFor(snapshot, await snapshot?.app(client)).brand;
    },
    notifyLogout,
    failed: ({ about: { languages: _, timeZone: __, ...about } }, reason) => {
      const { line, op } = auditOp({ event: 'message.failed', outcome: 'failure', ...about, reason });
      return { op, written: () => log.audit(line) };
    },
    ...failureLog(log, 'outbox'),
  });
  return {
    start: () => outbox.start(),
    async stop() {
      await outbox.stop();
      channels.close();
    },
    wake: () => outbox.wake(),
    canMail: () => channels.get('email') !== undefined,
  };
}

function createServices(foundation: Foundation, messaging: Messaging): Services {
  const { store, issuer, log, now, hashing, activeRevision, shadow, variables = {} } = foundation;
  const services: Services = {
    shadow,
    store,
    authenticators: buildAuthenticators({ hashing }),
    audit: log.audit,
    sessions: {
      end: (uid) => endSession(activeRevision.provider(), services, uid),
      keep: (uid, validAfter, withTokens) =>
        keepSession(currentRequest().unit, uid, { validAfter, withTokens, now: now() }),
    },
    apps: {
      offlineAccess: (userId) => offlineAccess(services, userId),
      end: (client, of) => endAppAccess(activeRevision.provider(), services, { client, ...of }),
    },
    issuer,
    secrets: () => activeRevision.secrets(),
    snapshot: async (unit) => withAccountApp(await activeRevision.snapshot(unit), issuer),
    knownSnapshot: () => activeRevision.current(),
    now,
    canMail: messaging.canMail,
    messagesWait: messaging.wake,
    secretIn: (name) => variables[name] || undefined,
    warn: log.warn,
  };
  return services;
}

/**
 * Builds the provider of a revision. Koa signs its cookies with the same keys as the provider, so it gets them along
 * with it.
 */
function providerBuilder(
  foundation: Foundation,
  { services, koa }: { readonly services: Services; readonly koa: Koa },
) {
  const { views, directory, activeRevision, log } = foundation;
  const pages = providerPages({
    renderer: views.pages,
    snapshot: () => activeRevision.current(),
    identifierOf: async (id) => (await directory.get(id))?.user.identifiers[0],
  });
  return (from: { readonly settings: Settings; readonly keys: readonly SigningKey[] }): Provider => {
    const provider = createProvider({ services, pages, ...from });
    provider.on('server_error', (_ctx, error) => {
      // Requests share the read of a document, so each of them learns of its failure here. The error handler logs it.
      const request = findRequest();
      if (request && error instanceof StepgateError && error.status === 503) request.unserved ??= error;
      else log.error(error, { part: 'oidc' });
    });
    koa.keys = cookieSigner(services.secrets());
    return provider;
  };
}
