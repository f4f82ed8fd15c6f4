/**
 * The connection to Redis: its options and time limits, waiting until it can serve, and its errors as
 * `StoreUnavailable`.
 */
import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';
import { type RedisScripts, redisScripts } from './scripts.ts';
import { parseRedisUrl, type RedisAccess, type RedisAddress } from './url.ts';

export type RedisClient = (Redis | Cluster) & RedisScripts;

/** Time limits (milliseconds). */
export interface RedisPatience {
  /** For a connection to one server. */
  readonly connect: number;
  /** Before a command, until there is a connection. */
  readonly ready: number;
  readonly command: number;
  /**
   * How long to wait until all replicas have a commit. Shorter than `command`: otherwise WAIT still blocks the
   * connection when the command has timed out.
   */
  readonly replicas: number;
}

/** Together they are below the 5 s of Law 13, even for a request that reaches all of them. */
export const usualPatience: RedisPatience = { connect: 1_000, ready: 1_000, command: 2_000, replicas: 500 };

/**
 * The client never sends anything twice. After a timeout or a lost connection the outcome of a write is unknown, and a
 * second run would report a lost race that this request had in fact won. `maxRetriesPerRequest: 0` rejects running
 * commands as soon as the connection closes; 1 would leave them to the command timeout.
 */
const options = {
  disconnectTimeout: 100,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // `true` reconnects (the client must leave a demoted master) without repeating the refused command.
  reconnectOnError: (error: Error) => /^(READONLY|NOREPLICAS|UNBLOCKED|MASTERDOWN)\b/.test(error.message),
  retryStrategy: (times: number) => Math.min(50 * 2 ** (times - 1), 1_000),
} satisfies CommonRedisOptions & Pick<RedisOptions, 'disconnectTimeout'>;

interface WaitOptions {
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  readonly socketTimeout: number;
}

type CommonOptions = typeof options &
  WaitOptions & {
    readonly tls?: Record<string, never>;
    readonly username?: string;
    readonly password?: string;
    readonly db?: number;
  };

export interface RedisConnection {
  readonly client: RedisClient;
  /** See `readyGate`. */
  readonly ready: () => Promise<void>;
}

/** A connection used only for commits that wait for replicas. Not for a Cluster. */
export interface CommitConnection {
  readonly client: Redis;
  readonly ready: () => Promise<void>;
}

/** Connects on first use, since a Redis without replicas never needs it. */
export function connectForCommits(address: RedisAddress, patience: RedisPatience = usualPatience): CommitConnection {
  const client = createSingle(address, { ...connectionOptions(address, patience), lazyConnect: true }, false);
  // The main connection goes to the same server and reports its errors.
  client.on('error', () => {});
  const gate = readyGate(client, patience.ready);
  const ready = (): Promise<void> => {
    if (client.status === 'wait') client.connect().catch(() => {});
    return gate();
  };
  return { client, ready };
}

/** How long a server may take to describe the other nodes (milliseconds). */
const wordLimit = 500;
/** Pause before the next attempt to reach it (milliseconds). */
const wordPause = 200;

/**
 * A connection to one server that is repeatedly asked about the other nodes. Its errors are ignored: a server that does
 * not answer excuses no replica, and the main connection reports what matters.
 */
export function connectToAsk(
  { tls, ...login }: RedisAccess,
  { host, port }: { readonly host: string; readonly port: number },
): Redis {
  const client = new Redis({
    host,
    port,
    ...loginOf(login),
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 1_000,
    commandTimeout: wordLimit,
    socketTimeout: 2 * wordLimit,
    retryStrategy: () => wordPause,
    ...(tls ? { tls: {} } : {}),
  });
  client.on('error', () => {});
  return client;
}

/**
 * Connects in the background. `trouble` is called when a connection is lost; calls of the store report it by rejecting.
 */
export function connectRedis(
  url: string,
  trouble: (error: Error) => void,
  patience: RedisPatience = usualPatience,
): RedisConnection {
  const client = createClient(url, patience);
  client.on('error', trouble);
  if (client instanceof Cluster) client.on('node error', trouble);
  for (const [name, lua] of Object.entries(redisScripts)) client.defineCommand(name, { lua });
  const typed = client as RedisClient;
  return { client: typed, ready: readyGate(typed, patience.ready) };
}

function createClient(url: string, patience: RedisPatience): Redis | Cluster {
  const address = parseRedisUrl(url);
  const redisOptions = connectionOptions(address, patience);
  if (address.kind === 'cluster') return createCluster(address.nodes, redisOptions, address.tls);
  return createSingle(address, redisOptions, true);
}

function loginOf({ username, password }: Omit<RedisAccess, 'tls'>) {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function connectionOptions(address: RedisAddress, patience: RedisPatience): CommonOptions {
  const { tls, db } = address;
  return {
    ...options,
    connectTimeout: patience.connect,
    commandTimeout: patience.command,
    socketTimeout: patience.command,
    ...(tls ? { tls: {} } : {}),
    ...loginOf(address),
    ...(db === undefined ? {} : { db }),
  };
}

function createSingle(
  address: RedisAddress,
  redisOptions: CommonOptions & { readonly lazyConnect?: true },
  enableAutoPipelining: boolean,
): Redis {
  const { kind, nodes, master, tls } = address;
  // With the offline queue a write could still run after its caller got "store unavailable". `ready` waits instead.
  const single = { ...redisOptions, enableOfflineQueue: false, enableAutoPipelining };
  if (kind === 'standalone') return new Redis({ ...single, ...nodes[0] });
  return new Redis({
    ...single,
    sentinels: [...nodes],
    ...(master === undefined ? {} : { name: master }),
    // A master that was paused and resumed continues to acknowledge writes that the fail-over then discards. This makes
    // the client leave it.
    failoverDetector: true,
    ...(tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  });
}

function createCluster(
  nodes: readonly { readonly host: string; readonly port: number }[],
  redisOptions: CommonOptions,
  tls: boolean,
): Cluster {
  return new Cluster([...nodes], {
    redisOptions,
    // With any other value, commands in flight on a lost connection would be sent again.
    retryDelayOnFailover: 0,
    clusterRetryStrategy: (times) => Math.min(50 * 2 ** (times - 1), 1_000),
    slotsRefreshTimeout: redisOptions.commandTimeout,
    // A pipeline does not follow a MOVED reply that concerns only some of its commands.
    enableAutoPipelining: false,
    // Certificates contain names, so names must not be resolved before TLS uses them.
    ...(tls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
  });
}

/**
 * The gate before every command. It resolves when commands can be sent, and rejects with `StoreUnavailable` if that
 * takes too long. All callers that wait at the same time share one wait.
 */
function readyGate(client: Redis | Cluster, patience: number): () => Promise<void> {
  let waiting: Promise<void> | undefined;
  return async () => {
    if (client.status === 'ready') return;
    waiting ??= connected(client, patience).finally(() => {
      waiting = undefined;
    });
    await waiting;
  };
}

/**
 * Errors do not end the wait, since the client tries again by itself. The last error becomes the reason in the message.
 */
function connected(client: Redis | Cluster, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    const failed = (error: unknown) => {
      last = error;
    };
    const settle = (done: () => void) => {
      clearTimeout(timer);
      client.off('ready', opened);
      client.off('error', failed);
      done();
    };
    const opened = () => settle(resolve);
    const timer = setTimeout(() => {
      const reason = last === undefined ? 'no connection to Redis' : `no connection to Redis (${last})`;
      settle(() => reject(new StoreUnavailable(reason, last)));
    }, patience);
    client.on('ready', opened);
    client.on('error', failed);
  });
}

/** Replies of a Redis that cannot serve at the moment. Any other error reply means a mistake in this program. */
const refusals =
  /^(MISCONF|OOM|READONLY|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|NOAUTH|WRONGPASS|NOPERM)\b|max number of clients/;

/** Converts an error of the client to the error to throw. */
export function redisFailure(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  const { name, message } = error as Error;
  if (name === 'ReplyError' && !refusals.test(message)) return error;
  return new StoreUnavailable(`Redis: ${message}`, error);
}

/** The servers that hold the data: each master of a cluster, or the one server. */
export function mastersOf(client: RedisClient): readonly Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
