import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../servers/free-port.ts';
import { removeDirectory } from '../values/remove-directory.ts';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends a signal: SIGKILL crashes it, SIGSTOP makes it hang, SIGCONT lets it go on. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Lines of redis.conf, such as `{ 'maxmemory-policy': 'allkeys-lru' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Absent: a free one. */
  readonly port?: number;
  /** Absent: a temporary one that goes when the server stops. */
  readonly dir?: string;
}

export interface RedisCluster {
  readonly url: string;
  /** The masters first; replica `i` follows master `i` modulo the number of masters. */
  readonly nodes: readonly RedisServer[];
  /** Starts a node that was killed again, with its data. */
  restart(node: RedisServer): Promise<RedisServer>;
  stop(): Promise<void>;
}

const startPatience = 60_000;

/** For `openRedis`, where a test is not about waiting: the machine may be busy with other things (milliseconds). */
export const longPatience = { connect: 30_000, ready: 60_000, command: 60_000, replicas: 30_000 } as const;

/**
 * The shell prints the pid of the server and waits for it. When this process dies, however it dies, the pipe closes
 * without a line, and the server is killed; a line means that it has stopped already.
 */
const supervise =
  'exec 3<&0; redis-server "$@" </dev/null >/dev/null 2>&1 & s=$!; echo $s; (read _ <&3 || kill -9 $s) & wait $s';

/**
 * Starts a redis-server (from PATH) that has nothing left after a crash unless it gets a `dir`, and waits until it
 * answers.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const dir = options.dir ?? (await temporaryDir());
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    logfile: join(dir, 'redis.log'),
    save: '',
    // As Stepgate demands; the tests lose no machine.
    appendonly: 'yes',
    appendfsync: 'no',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await supervised(args, { port, dir, dirIsOurs: options.dir === undefined });
  return { ...server, url: `redis://127.0.0.1:${port}` };
}

/** Starts a replica, and waits until its master lists it. */
export async function startReplica(master: RedisServer): Promise<RedisServer> {
  const client = new Redis(master.port);
  // By default a master waits five seconds for more replicas.
  await client.config('SET', 'repl-diskless-sync-delay', '0');
  const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${master.port}` } });
  const isListed = async () => String(await client.call('ROLE')).includes(String(replica.port));
  await until(isListed, 'the replica does not attach').finally(() => client.disconnect());
  return replica;
}

export interface SentinelOptions {
  /** How many sentinels must call the master down. */
  readonly quorum: number;
  /** Silence after which one does (milliseconds). */
  readonly downAfter: number;
  /** Milliseconds. */
  readonly failoverTimeout: number;
  /** Further lines of sentinel.conf. */
  readonly lines?: readonly string[];
}

/** Milliseconds. */
const oneHour = 3_600_000;

const alone: SentinelOptions = { quorum: 1, downAfter: 500, failoverTimeout: 3_000 };

/** It finds no server down by itself, however slow the machine is: it fails over when it is told to. */
export const onlyWhenTold: SentinelOptions = { quorum: 1, downAfter: oneHour, failoverTimeout: 60_000 };

/**
 * Starts a sentinel over a master and the replicas of it; unless told otherwise one that decides alone, within about a
 * second.
 */
export async function startSentinel(
  master: Pick<RedisServer, 'port'>,
  { quorum, downAfter, failoverTimeout, lines = [] } = alone,
): Promise<RedisServer> {
  const port = await freePort();
  const dir = await temporaryDir();
  const file = join(dir, 'sentinel.conf');
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `logfile ${join(dir, 'redis.log')}`,
    ...lines,
    `sentinel monitor stepgate 127.0.0.1 ${master.port} ${quorum}`,
    `sentinel down-after-milliseconds stepgate ${downAfter}`,
    `sentinel failover-timeout stepgate ${failoverTimeout}`,
  ];
  await writeFile(file, `${settings.join('\n')}\n`);
  const server = await supervised([file, '--sentinel'], { port, dir, dirIsOurs: true });
  const client = new Redis(port);
  // A sentinel that got no CPU for two seconds decides nothing for half a minute (TILT).
  await client.call('SENTINEL', 'DEBUG', 'TILT-TRIGGER', oneHour).finally(() => client.disconnect());
  return { ...server, url: `redis+sentinel://127.0.0.1:${port}/stepgate` };
}

function temporaryDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'stepgate-redis-'));
}

interface Supervised {
  readonly port: number;
  readonly dir: string;
  /** The directory goes when the server stops. */
  readonly dirIsOurs: boolean;
}

async function supervised(
  args: readonly string[],
  { port, dir, dirIsOurs }: Supervised,
): Promise<Omit<RedisServer, 'url'>> {
  const shell = spawn('sh', ['-c', supervise, 'sh', ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = once(shell, 'exit').then(() => shell.stdin.end('\n'));
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  shell.stdout.destroy();
  let killed = false;
  const kill = (signal: NodeJS.Signals): void => {
    // Once killed, the pid may soon be another's.
    if (killed || !running(shell)) return;
    killed = signal === 'SIGKILL';
    process.kill(pid, signal);
  };
  const stop = async (): Promise<void> => {
    kill('SIGKILL');
    await gone;
    if (dirIsOurs) await removeDirectory(dir);
  };
  await answering(port, shell, join(dir, 'redis.log')).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { port, pid, kill, stop };
}

/** One node of a Cluster, before it has met the others. */
export interface ClusterMember {
  /** With the port that clients and other nodes use. */
  readonly server: RedisServer;
  /** That of the bus, as other nodes use it. */
  readonly busPort: number;
  /** How it is started again. */
  readonly again: Required<RedisServerOptions>;
}

/** Starts a Cluster; the slots are shared out evenly, and each master has so many replicas. */
export async function startRedisCluster(
  masters = 3,
  replicas = 0,
  startMember: (index: number) => Promise<ClusterMember> = startClusterMember,
): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: masters * (1 + replicas) }, (_, index) => startMember(index)));
  const clients = nodes.map(({ server }) => new Redis(server.port));
  const share = 16_384 / masters;
  for (const [index, client] of clients.entries()) {
    if (index < masters)
      await client.cluster('ADDSLOTSRANGE', Math.ceil(index * share), Math.ceil((index + 1) * share) - 1);
    const first = nodes[0];
    if (index > 0 && first) await client.call('CLUSTER', 'MEET', '127.0.0.1', first.server.port, first.busPort);
  }
  const everywhere = (holds: (client: Redis, index: number) => Promise<boolean>): Promise<unknown> =>
    Promise.all(
      clients.map((client, index) => until(() => holds(client, index), 'the Redis Cluster does not come up')),
    );
  await everywhere(async (client) => (await client.cluster('INFO')).includes('cluster_state:ok'));
  await everywhere(async (client) => ((await client.cluster('SLOTS')) as unknown[]).length === masters);
  await everywhere(async (client) => lineCount(await client.cluster('NODES')) === nodes.length);
  await everywhere(async (client, index) => {
    if (index < masters) return true;
    // Refused until the node has heard of the master.
    const id = (await clients[index % masters]?.call('CLUSTER', 'MYID')) as string;
    return client.call('CLUSTER', 'REPLICATE', id).then(
      () => true,
      () => false,
    );
  });
  await everywhere(async (client, index) => {
    if (index >= masters) return true;
    const [, , attached] = (await client.call('ROLE')) as [string, number, readonly unknown[]];
    return attached.length === replicas;
  });
  // The other masters hear of a replica by gossip: until then they do not count it.
  await everywhere(async (client) => {
    const lines = String(await client.cluster('NODES')).split('\n');
    return lines.filter((line) => /\bslave\b/.test(line)).length === masters * replicas;
  });
  for (const client of clients) client.disconnect();
  return {
    url: `redis+cluster://${nodes.map(({ server }) => `127.0.0.1:${server.port}`).join(',')}`,
    nodes: nodes.map(({ server }) => server),
    restart: ({ port }) => startRedis(nodes.find(({ server }) => server.port === port)?.again),
    async stop() {
      await Promise.all(nodes.map(({ server }) => server.stop()));
      await Promise.all(nodes.map(({ again }) => removeDirectory(again.dir)));
    },
  };
}

function startClusterMember(): Promise<ClusterMember> {
  return clusterMember();
}

/** `more`: further lines of redis.conf. */
export async function clusterMember(
  ports: { readonly port?: number; readonly busPort?: number } = {},
  more: Readonly<Record<string, string>> = {},
): Promise<ClusterMember> {
  const { port = await freePort(), busPort = await freePort() } = ports;
  const dir = await temporaryDir();
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': String(busPort),
    'cluster-node-timeout': '2000',
    'repl-diskless-sync-delay': '0',
    ...more,
  };
  const again = { port, dir, settings };
  return { busPort, again, server: await startRedis(again) };
}

function lineCount(text: unknown): number {
  return String(text).trim().split('\n').length;
}

/** Takes so many seconds off the lifetime of every key and of every window of a counter, as if they had gone by. */
export async function age({ port }: RedisServer, seconds: number): Promise<void> {
  const client = new Redis(port);
  for await (const keys of client.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
    for (const key of keys) {
      await closeWindows(client, key, seconds);
      const left = await client.pttl(key);
      // Without a life left, PEXPIRE deletes.
      if (left >= 0) await client.pexpire(key, left - seconds * 1000);
    }
  }
  client.disconnect();
}

/** A counter keeps under `x<window>` when the window closes (ms); one of 0 never does. */
async function closeWindows(client: Redis, key: string, seconds: number): Promise<void> {
  if ((await client.type(key)) !== 'hash') return;
  const windows = (await client.hkeys(key)).filter((field) => /^x[1-9]\d*$/.test(field));
  for (const field of windows) await client.hincrby(key, field, -seconds * 1000);
}

function running(shell: ChildProcess): boolean {
  return shell.exitCode === null && shell.signalCode === null;
}

async function answering(port: number, shell: ChildProcess, log: string): Promise<void> {
  const client = new Redis({ port, retryStrategy: () => 20, maxRetriesPerRequest: null });
  client.on('error', () => {});
  const exited = once(shell, 'exit').then(async () => {
    throw new Error(`redis-server did not start: ${await readFile(log, 'utf8').catch(() => 'no log')}`);
  });
  await Promise.race([client.ping(), exited]).finally(() => client.disconnect());
}

async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = performance.now() + startPatience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(otherwise);
    await pause(20);
  }
}
