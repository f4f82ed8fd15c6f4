/** Runs one node: opens the store, brings the configuration in, listens, and goes down without dropping a request. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createApp, type ServerApp } from './app.ts';
import { authenticatorKinds } from './authenticators/index.ts';
import { prepareDemo } from './demo/prepare.ts';
import { StepgateError } from './errors.ts';
import type { Logger } from './log.ts';
import { loadConfiguration } from './policy/load.ts';
import { findingLine, warningLine } from './policy/model/finding.ts';
import { watchConfiguration } from './policy/source/watch-configuration.ts';
import { openStore } from './stores/open.ts';

export interface ServeOptions {
  readonly port: number;
  /** Address to listen on. */
  readonly host: string;
  readonly dataDir: string;
  readonly configDir: string;
  readonly redisUrl?: string;
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
  readonly log: Logger;
}

export interface Serving {
  readonly port: number;
  readonly issuer: string;
  /** Stops taking connections, finishes what is under way, then closes the store. */
  stop(): Promise<void>;
}

/** Default of `ServeOptions.shutdownDelay` (seconds). */
const usualShutdownDelay = 1;
/** Longest time that requests under way get after that (milliseconds). */
const drainTime = 7_000;

/**
 * Rejects with `StoreUnavailable`, or with the error of the port; problems of the configuration are logged and thrown
 * as `not_configured`.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log } = options;
  const store = await openStore({
    ...(options.redisUrl === undefined ? {} : { redisUrl: options.redisUrl }),
    dataDir: options.dataDir,
    warn: (text) => log.warn(text),
  });
  // Requests that come before everything is in place are asked to come back.
  let handle: RequestListener = (_req, res) => {
    res.writeHead(503, { 'retry-after': '1', 'content-type': 'application/json' }).end('{"status":"starting"}');
  };
  const server = createServer((req, res) => handle(req, res));
  const closing: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closing.reverse()) await close();
    await store.close();
  };
  try {
    server.listen(options.port, options.host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const configuration = await readConfiguration(options, port);
    const issuer = issuerOf(options, configuration.issuer, port);
    const app = createApp({ store, issuer, log, demo: options.demo !== undefined, variables: options.variables });
    const applying = options.redisUrl === undefined || (options.demo !== undefined && !(await app.revisions.current()));
    if (applying) await applyConfiguration(app, options, port, 'start');
    await app.activeRevision.start();
    closing.push(() => app.activeRevision.stop());
    app.outbox.start();
    closing.push(() => app.outbox.stop());
    if (options.redisUrl === undefined) {
      closing.push(
        watchConfiguration(options.configDir, () => reapply(app, options, port), {
          onError: (error) => log.error(error, { part: 'config' }),
        }),
      );
    }
    if (options.demo)
      closing.push(await prepareDemo({ ...options.demo, app, store, issuer, port, host: options.host }));
    const callback = app.koa.callback();
    handle = (req, res) => void callback(req, res);
    const farewell = (): void => {
      handle = goodbye(handle);
    };
    log.info('listening', { port, host: options.host, issuer });
    return {
      port,
      issuer,
      stop: () => drain(server, { farewell, closeAll, delay: options.shutdownDelay ?? usualShutdownDelay }),
    };
  } catch (error) {
    server.close();
    await closeAll();
    throw error;
  }
}

/** Only the issuer is needed before the app is built; the rest is read again when it is applied. */
async function readConfiguration(options: ServeOptions, port: number): Promise<{ readonly issuer?: string }> {
  if (options.issuer !== undefined) return {};
  const loaded = await loadConfiguration(options.configDir, {
    authenticators: authenticatorKinds,
    variables: variablesOf(options, port),
  });
  if (!loaded.ok) throw notConfigured(options, loaded.findings.map(findingLine));
  const content = loaded.documents.get('settings')?.content as { issuer?: string } | undefined;
  return content?.issuer === undefined ? {} : { issuer: content.issuer };
}

function issuerOf(options: ServeOptions, configured: string | undefined, port: number): string {
  const issuer = options.issuer ?? configured ?? (options.demo ? `http://localhost:${port}` : undefined);
  if (issuer === undefined)
    throw new StepgateError('not_configured', 'no issuer: set `issuer` in stepgate.yaml, or ISSUER');
  return issuer.replace(/\/$/, '');
}

/** The demo's relying party listens on the next port; the example files refer to it by this name. */
function variablesOf(options: ServeOptions, port: number): ServeOptions['variables'] {
  return { DEMO_RP_PORT: String(port + 1), ...options.variables };
}

function notConfigured({ configDir, log }: ServeOptions, lines: readonly string[]): StepgateError {
  for (const line of lines) log.warn(`${configDir}/${line}`);
  return new StepgateError('not_configured', `${configDir} is not a good configuration:\n${lines.join('\n')}`);
}

/** Warnings are logged when the node starts, and when they may be new. */
async function applyConfiguration(app: ServerApp, options: ServeOptions, port: number, when: 'start' | 'change') {
  const loaded = await loadConfiguration(options.configDir, {
    authenticators: authenticatorKinds,
    variables: variablesOf(options, port),
    inbox: options.demo !== undefined,
  });
  if (!loaded.ok) throw notConfigured(options, loaded.findings.map(findingLine));
  const { revision, changed } = await app.revisions.apply(loaded.documents, {
    by: 'serve',
    message: `files of ${options.configDir}`,
  });
  if (when === 'start' || changed.length > 0)
    for (const warning of loaded.warnings) options.log.warn(`${options.configDir}/${warningLine(warning)}`);
  if (changed.length > 0) options.log.info('configuration applied', { revision, changed });
}

/** A broken file is reported and changes nothing. */
async function reapply(app: ServerApp, options: ServeOptions, port: number): Promise<void> {
  try {
    await applyConfiguration(app, options, port, 'change');
    await app.activeRevision.refresh();
  } catch (error) {
    if (!(error instanceof StepgateError) || error.code !== 'not_configured') throw error;
  }
}

/**
 * First every answer says that the connection ends with it and that the node is not ready; only then does it stop
 * listening.
 */
async function drain(
  server: Server,
  { farewell, closeAll, delay }: { farewell: () => void; closeAll: () => Promise<void>; delay: number },
): Promise<void> {
  const closed = once(server, 'close');
  farewell();
  await pause(delay * 1000);
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), drainTime);
  await closed;
  clearTimeout(timer);
  await closeAll();
}

/**
 * What a node answers on its way down: everything, but nothing more on the same connection, and that it is not ready.
 */
function goodbye(handle: RequestListener): RequestListener {
  return (req, res) => {
    res.setHeader('Connection', 'close');
    if (req.url !== '/readyz') return handle(req, res);
    res.writeHead(503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end('{"status":"not_ready","reason":"the node is going down"}');
  };
}
