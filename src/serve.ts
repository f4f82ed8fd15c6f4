/** Runs one node: opens the store, brings the configuration in, listens, and goes down without dropping a request. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp, type ServerApp } from './app.ts';
import { omitUndefined } from './core/model/omit-undefined.ts';
import { StepgateError } from './errors.ts';
import type { Logger } from './log.ts';
import { createKeyring } from './oidc/keys/keyring.ts';
import { OperatorFiles } from './operator-files.ts';
import { goodViewsDir, loadViews } from './operator-views.ts';
import { type ConfigurationState, configurationState } from './policy/source/configuration-state.ts';
import { watchConfiguration } from './policy/source/watch-configuration.ts';
import { openStore } from './stores/open.ts';
import type { RedisDurability } from './stores/redis/durability-check.ts';
import type { Store } from './stores/store.ts';

export interface ServeOptions {
  readonly port: number;
  /** Address to listen on. */
  readonly host: string;
  readonly dataDir: string;
  readonly configDir: string;
  /** The operator's own directory of views. */
  readonly viewsDir?: string;
  readonly redisUrl?: string;
  /** What Redis must promise. Default: `replicas`; of a demo, which has nothing to lose, `memory`. */
  readonly redisDurability?: RedisDurability;
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  /** Loopback only, with demo users and a demo relying party. */
  readonly demo?: { readonly password?: string; readonly print: (text: string) => void };
  /** For `${NAME}` in configuration files. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /**
   * How long a node that goes down still takes requests, so that load balancers learn of it first (seconds). Default 1;
   * longer where they ask `/readyz` less often.
   */
  readonly shutdownDelay?: number;
  /** Longest time that requests under way get after that (seconds). Default 7. */
  readonly shutdownTimeout?: number;
  readonly log: Logger;
}

export interface Serving {
  readonly port: number;
  readonly issuer: string;
  /** Stops taking connections, finishes what is under way, then closes the store. */
  stop(): Promise<void>;
}

/** Of `ServeOptions` (seconds). */
const usual = { shutdownDelay: 1, shutdownTimeout: 7 };

/** Options of a node that knows its port. */
interface NodeOptions extends ServeOptions {
  readonly port: number;
  readonly files: OperatorFiles;
  /** What the files were before they were first read. Undefined with Redis, where they are not followed. */
  readonly since: ConfigurationState | undefined;
}

/**
 * How long connections may take (milliseconds). A request has no large body, so one that needs more than half a minute
 * only occupies the node. A connection stays open longer than proxies keep theirs in their pools (60 seconds is usual):
 * otherwise one is closed just as a proxy sends on it, and the user sees a 502.
 */
const connectionLimits = {
  requestTimeout: 30_000,
  headersTimeout: 20_000,
  keepAliveTimeout: 75_000,
  // By default Node looks for connections that timed out only every 30 s.
  connectionsCheckingInterval: 5_000,
};

/** A server whose answers can be exchanged while it listens. */
interface Listening {
  readonly server: Server;
  readonly port: number;
  /** Answers from now on. `handle` gets what has answered until now. */
  answerWith(handle: (former: RequestListener) => RequestListener): void;
}

/** Closes what was opened, the last first. */
class Closing {
  readonly #closers: (() => Promise<void> | void)[] = [];

  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/**
 * Rejects with `StoreUnavailable`, or with the error of the port. Findings in the configuration are logged and thrown
 * as `not_configured`.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log } = options;
  const closing = new Closing();
  const server = createServer(connectionLimits);
  // Node keeps it from then on. Of a connection that was reset before its request is read, it is not known any more.
  server.on('connection', ({ remoteAddress }) => void remoteAddress);
  try {
    const listening = await listen(server, options);
    const { port } = listening;
    const since = options.redisUrl === undefined ? await configurationState(options.configDir) : undefined;
    const node: NodeOptions = { ...options, port, files: new OperatorFiles({ ...options, port }), since };
    const { store, isNew } = await openNodeStore(node);
    closing.add(() => store.close());
    const isApplied = options.redisUrl === undefined;
    const issuer = issuerOf(node, options.issuer === undefined ? await node.files.issuer({ isApplied }) : undefined);
    const { variables, demo } = options;
    const views = loadViews(goodViewsDir(options.viewsDir, log.warn));
    const refusesFiles = () => node.files.areRefused();
    let isStopped = false;
    const isGoingDown = () => isStopped;
    const isDemo = demo !== undefined;
    const app = createApp({ store, issuer, log, demo: isDemo, variables, views, refusesFiles, isGoingDown });
    await startApp(app, { ...node, isNew, store }, closing);
    if (options.demo) {
      const { prepareDemo } = await import('./demo/prepare.ts');
      closing.add(await prepareDemo({ ...options.demo, app, store, issuer, port, host: options.host }));
    }
    const callback = app.koa.callback();
    listening.answerWith(() => (req, res) => void callback(req, res));
    log.info('listening', { port, host: options.host, issuer });
    const stop = () => {
      isStopped = true;
      return drain(listening, closing, { ...usual, ...options });
    };
    return { port, issuer, stop };
  } catch (error) {
    server.close();
    await closing.closeAll();
    throw error;
  }
}

/** Requests that come before everything is in place are asked to come back. */
async function listen(server: Server, { port, host }: ServeOptions): Promise<Listening> {
  let handle: RequestListener = (_req, res) => {
    res.writeHead(503, { 'retry-after': '1', 'content-type': 'application/json' }).end('{"status":"starting"}');
  };
  server.on('request', (req, res) => handle(req, res));
  server.listen(port, host);
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    answerWith(next) {
      handle = next(handle);
    },
  };
}

/**
 * The first start with an empty data directory fills it. An empty Redis may have lost everything, so it is refused; but
 * a demo has nothing to lose.
 */
async function openNodeStore(options: NodeOptions): Promise<{ readonly store: Store; readonly isNew: boolean }> {
  const { dataDir, log, demo, redisUrl } = options;
  const durability = options.redisDurability ?? (demo === undefined ? 'replicas' : 'memory');
  const settings = { ...omitUndefined({ redisUrl }), durability, dataDir, warn: (text: string) => log.warn(text) };
  if (redisUrl !== undefined && demo === undefined) return { store: await openStore(settings), isNew: false };
  let isNew = false;
  const store = await openStore(settings, async (empty) => {
    await createKeyring(empty, Math.floor(Date.now() / 1000));
    await options.files.apply(empty);
    isNew = true;
  });
  return { store, isNew };
}

/** With Redis the configuration is in the store already. */
async function startApp(
  app: ServerApp,
  options: NodeOptions & { readonly isNew: boolean; readonly store: Store },
  closing: Closing,
): Promise<void> {
  const { since } = options;
  // A new store was filled with it a moment ago.
  if (since !== undefined && !options.isNew) await options.files.apply(options.store);
  await app.activeRevision.start();
  closing.add(() => app.activeRevision.stop());
  app.networkFiles.start();
  closing.add(() => app.networkFiles.stop());
  app.storeHealth.start();
  closing.add(() => app.storeHealth.stop());
  app.outbox.start();
  closing.add(() => app.outbox.stop());
  app.deletions.start();
  closing.add(() => app.deletions.stop());
  app.shadow.start();
  closing.add(() => app.shadow.stop());
  if (since === undefined) return;
  const onError = (error: unknown) => options.log.error(error, { part: 'config' });
  closing.add(() => options.files.stop());
  closing.add(watchConfiguration(options.configDir, () => reapply(app, options), { since, onError }));
}

function issuerOf(options: NodeOptions, configured: string | undefined): string {
  const issuer = options.issuer ?? configured ?? (options.demo ? `http://localhost:${options.port}` : undefined);
  if (issuer === undefined)
    throw new StepgateError('not_configured', 'no issuer: set `issuer` in stepgate.yaml, or ISSUER');
  return issuer.replace(/\/$/, '');
}

/** A broken file is reported and changes nothing. */
async function reapply(app: ServerApp, options: NodeOptions & { readonly store: Store }): Promise<void> {
  try {
    await options.files.applyChanged(options.store);
    await app.activeRevision.refresh();
  } catch (error) {
    if (!(error instanceof StepgateError) || error.code !== 'not_configured') throw error;
  }
}

/** First every answer ends its connection. Then it stops listening, and at last it cuts off what is still under way. */
async function drain(
  { server, answerWith }: Listening,
  closing: Closing,
  { shutdownDelay, shutdownTimeout }: typeof usual,
): Promise<void> {
  const closed = once(server, 'close');
  answerWith((handle) => (req, res) => {
    res.setHeader('Connection', 'close');
    handle(req, res);
  });
  await pause(shutdownDelay * 1000);
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), shutdownTimeout * 1000);
  await closed;
  clearTimeout(timer);
  await closing.closeAll();
}
