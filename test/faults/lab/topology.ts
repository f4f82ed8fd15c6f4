/** The servers of an experiment: a Sentinel or a Cluster of real processes, on the loopback only. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../../support/servers/free-port.ts';
import {
  type ClusterMember,
  clusterMember,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startSentinel,
} from '../../support/stores/redis.ts';
import { removeDirectory } from '../../support/values/remove-directory.ts';
import { type SwitchableProxy, startProxy } from './switchable-proxy.ts';

export type Kind = 'Sentinel' | 'Cluster';

export interface Lab {
  readonly kind: Kind;
  readonly replicas: number;
  /** For `openRedis`. */
  readonly url: string;
  /** The nodes that serve the slots of the experiment. */
  readonly shard: readonly RedisServer[];
  /** The first of them that says that it is a master, out of those that answer. */
  master(): Promise<RedisServer>;
  /** Starts a killed one again, with its data. */
  restart(server: RedisServer): Promise<void>;
  /** Cuts a node off from all servers, but not from the clients. */
  isolate(server: RedisServer): void;
  heal(): void;
  stop(): Promise<void>;
}

interface Member {
  readonly server: RedisServer;
  readonly dir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly proxy: SwitchableProxy;
  readonly source: string;
}

const stale = { appendonly: 'yes', appendfsync: 'no', 'repl-diskless-sync-delay': '0' };
const sentinelSource = '127.0.0.2';
const sentinelCount = 3;

/** A master, replicas and three sentinels. Every server reaches the data nodes through a proxy, as clients do. */
export async function startSentinelLab(replicas: number): Promise<Lab> {
  const members: Member[] = [];
  const stops: (() => unknown)[] = [];
  for (let i = 0; i <= replicas; i += 1) {
    const member = await startMember(i, members[0]);
    members.push(member);
    stops.push(
      member.proxy.stop,
      () => member.server.stop(),
      () => removeDirectory(member.dir),
    );
  }
  const shard = members.map(({ server, proxy }) => ({ ...server, port: proxy.port }));
  const [first] = shard;
  if (first === undefined) throw new Error('no master');
  const timing = {
    quorum: 2,
    downAfter: 1_000,
    failoverTimeout: 10_000,
    lines: [`bind-source-addr ${sentinelSource}`, 'sentinel announce-ip 127.0.0.1'],
  };
  const sentinels = await Promise.all(Array.from({ length: sentinelCount }, () => startSentinel(first, timing)));
  stops.push(...sentinels.map(({ stop }) => stop));
  for (const { port } of sentinels) await sees(port, replicas);
  const peers = [sentinelSource, ...members.map(({ source }) => source)];
  return {
    kind: 'Sentinel',
    replicas,
    url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/stepgate`,
    shard,
    master: () => masterOf(shard),
    async restart(server) {
      const member = members[shard.indexOf(server as (typeof shard)[number])];
      if (member === undefined) return;
      const { settings, dir } = member;
      const again = await startRedis({ port: member.server.port, settings, dir });
      stops.push(() => again.stop());
    },
    isolate(server) {
      for (const [i, { proxy, source }] of members.entries())
        proxy.cut(
          shard[i] === server ? peers : [members[shard.indexOf(server as (typeof shard)[number])]?.source ?? source],
        );
    },
    heal() {
      for (const { proxy } of members) proxy.heal();
    },
    async stop() {
      for (const stop of stops.reverse()) await stop();
    },
  };
}

async function startMember(index: number, first: Member | undefined): Promise<Member> {
  const [port, announced] = [await freePort(), await freePort()];
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-faults-'));
  const source = `127.0.0.${10 + index}`;
  const settings = {
    ...stale,
    'replica-announce-ip': '127.0.0.1',
    'replica-announce-port': String(announced),
    'bind-source-addr': source,
    ...(first === undefined ? {} : { replicaof: `127.0.0.1 ${first.proxy.port}` }),
  };
  const proxy = await startProxy(port, announced);
  const server = await startRedis({ port, settings, dir });
  return { server, dir, settings, proxy, source };
}

/** Until this sentinel knows all replicas and all other sentinels. */
async function sees(port: number, replicas: number): Promise<void> {
  const client = quietClient(port);
  const wanted = [`slaves=${replicas}`, `sentinels=${sentinelCount}`, 'status=ok'];
  await within(60_000, async () => {
    const info = await client.info('sentinel');
    return wanted.every((text) => info.includes(text));
  }).finally(() => client.disconnect());
}

/**
 * Three masters with replicas; the shard of the first is where the faults are. Every server reaches the others, and
 * their buses, through proxies, as clients do.
 */
export async function startClusterLab(replicas: number): Promise<Lab> {
  const proxies: SwitchableProxy[][] = [];
  const sourceOf = (index: number): string => `127.0.0.${20 + index}`;
  const cluster = await startRedisCluster(3, replicas, async (index): Promise<ClusterMember> => {
    const [port, busPort] = [await freePort(), await freePort()];
    const own = [await startProxy(port), await startProxy(busPort)] as const;
    proxies[index] = [...own];
    const [announced, announcedBus] = own.map((proxy) => proxy.port) as [number, number];
    const member = await clusterMember(
      { port, busPort },
      {
        'cluster-announce-ip': '127.0.0.1',
        'cluster-announce-port': String(announced),
        'cluster-announce-bus-port': String(announcedBus),
        'replica-announce-ip': '127.0.0.1',
        'replica-announce-port': String(announced),
        'bind-source-addr': sourceOf(index),
      },
    );
    return { ...member, busPort: announcedBus, server: { ...member.server, port: announced } };
  });
  const shard = cluster.nodes.filter((_, index) => index % 3 === 0);
  const sources = cluster.nodes.map((_, index) => sourceOf(index));
  const restarted: RedisServer[] = [];
  return {
    kind: 'Cluster',
    replicas,
    url: cluster.url,
    shard,
    master: () => masterOf(shard),
    async restart(server) {
      restarted.push(await cluster.restart(server));
    },
    isolate(server) {
      const isolated = cluster.nodes.findIndex(({ port }) => port === server.port);
      for (const [index, own] of proxies.entries())
        for (const proxy of own) proxy.cut(index === isolated ? sources : [sourceOf(isolated)]);
    },
    heal() {
      for (const proxy of proxies.flat()) proxy.heal();
    },
    async stop() {
      for (const proxy of proxies.flat()) proxy.stop();
      for (const server of restarted) await server.stop();
      await cluster.stop();
    },
  };
}

async function masterOf(shard: readonly RedisServer[]): Promise<RedisServer> {
  let found: RedisServer | undefined;
  await within(60_000, async () => {
    const roles = await Promise.all(shard.map(async (server) => [server, await roleOf(server)] as const));
    found = roles.find(([, role]) => role === 'master')?.[0];
    return found !== undefined;
  });
  return found as RedisServer;
}

/** `silent`: it does not answer. */
export async function roleOf({ port }: Pick<RedisServer, 'port'>): Promise<string> {
  const client = quietClient(port);
  try {
    const [role] = (await client.call('ROLE')) as [string];
    return role;
  } catch {
    return 'silent';
  } finally {
    client.disconnect();
  }
}

function quietClient(port: number): Redis {
  const client = new Redis(port, '127.0.0.1', { commandTimeout: 400, connectTimeout: 400, maxRetriesPerRequest: 1 });
  client.on('error', () => {});
  return client;
}

/** Resolves with whether it holds before so many milliseconds are over. */
export async function within(limit: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + limit;
  while (performance.now() < end) {
    if (await holds().catch(() => false)) return true;
    await pause(20);
  }
  return false;
}
