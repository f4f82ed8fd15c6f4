/** The Redis store on a Cluster with replicas: what it acknowledges is at all of them, and nothing counts twice. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { restoreCommand } from '../../src/cli/restore/restore.ts';
import { StoreUnavailable } from '../../src/errors.ts';
import { createKeyring } from '../../src/oidc/keys/keyring.ts';
import { backUp, restoreBackup } from '../../src/stores/backup/backup.ts';
import { finishUpgrade } from '../../src/stores/finish-upgrade.ts';
import { revisionPointerKey, storeStateKey } from '../../src/stores/keys.ts';
import { openStore, type StoreSettings } from '../../src/stores/open.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import { slotOf } from '../../src/stores/redis/slots.ts';
import { releaseSchema, type StoreSchema } from '../../src/stores/schema.ts';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { StoreHealth } from '../../src/stores/store-health.ts';
import { createState, readState } from '../../src/stores/store-state.ts';
import { recordingStore } from '../support/stores/recording-store.ts';
import { longPatience, type RedisCluster, type RedisServer, startRedisCluster } from '../support/stores/redis.ts';
import { until } from '../support/values/until.ts';
import { freshTag, pick, read, valuesOf, write } from './store-harness.ts';

const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startCluster(replicas: number): Promise<RedisCluster> {
  const cluster = await startRedisCluster(3, replicas);
  stops.push(cluster.stop);
  return cluster;
}

async function open({ url }: RedisCluster, patience?: typeof longPatience): Promise<Store> {
  const store = openRedis({ url, ...(patience ? { patience } : {}) });
  stops.push(store.close);
  await eventually(() => store.ping());
  return store;
}

function admin({ port }: RedisServer): Redis {
  const client = new Redis(port);
  client.on('error', () => {});
  stops.push(() => client.disconnect());
  return client;
}

/** Resolves as soon as `act` does; the test's own timeout ends it. */
async function eventually<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch {
      await pause(50);
    }
  }
}

/** A key at the master with this number, of three. */
function keyAt(master: number, kind = 'entry'): string {
  for (;;) {
    const key = storeKey(kind, freshTag());
    if (Math.floor((slotOf(key) * 3) / 16_384) === master) return key;
  }
}

const put = (key: string, value = 'v'): Op => ({ op: 'put', key, value });

/** The nodes that serve the slots of the master with this number, itself first. */
function shardOf({ nodes }: RedisCluster, master = 0): readonly RedisServer[] {
  return nodes.filter((_, index) => index % 3 === master);
}

async function promoted(servers: readonly RedisServer[]): Promise<RedisServer> {
  const clients = servers.map((server) => [server, admin(server)] as const);
  for (;;) {
    for (const [server, client] of clients)
      if (String(await client.call('ROLE').catch(() => '')).startsWith('master')) return server;
    await pause(20);
  }
}

test('slots are counted as Redis counts them', async () => {
  const cluster = await startCluster(0);
  const client = admin(pick(cluster.nodes, 0));
  const keys = ['', 'a', '123456789', 'user:{x}{a}', 'user:{}a', 'user:{a', storeKey('user', freshTag())];
  expect(keys.map(slotOf)).toEqual(await Promise.all(keys.map((key) => client.cluster('KEYSLOT', key))));
});

describe.each([1, 2])('with %i replica(s) for each master', (count) => {
  test('while a replica hangs, promises in its slots are refused and everything else continues', async () => {
    const cluster = await startCluster(count);
    const store = await open(cluster);
    const code = keyAt(0);
    await eventually(() => write(store, put(code, 'c')));
    await eventually(() => write(store, put(keyAt(1))));
    pick(shardOf(cluster), count).kill('SIGSTOP');
    const refused = await Promise.allSettled([
      store.commit([put(keyAt(0))]),
      store.commit([{ op: 'consume', key: code }]),
    ]);
    for (const commit of refused) {
      expect(commit).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
      expect(String(commit.status === 'rejected' && commit.reason)).toMatch(/not at every replica.*not known/);
    }
    await eventually(() => write(store, put(keyAt(1)), put(keyAt(2))));
    await write(store, { op: 'put', key: keyAt(0, 'transaction'), value: 't', ttl: 60 });
    expect((await read(store, code))?.value).toBe('c');
    pick(shardOf(cluster), count).kill('SIGCONT');
    await eventually(() => write(store, put(keyAt(0))));
  });

  test.each([0, 1, 2])('while a replica of master %i hangs, nodes are not ready', async (number) => {
    const cluster = await startCluster(count);
    const store = await open(cluster);
    const health = new StoreHealth({ store, warn() {}, alarm() {}, interval: 50, patience: 0 });
    stops.push(() => health.stop());
    await eventually(() => store.confirm());
    health.start();
    const replica = pick(shardOf(cluster, number), count);
    replica.kill('SIGSTOP');
    await until('the probe to fail', () => /not at every replica/.test(health.unreadyBecause() ?? ''));
    replica.kill('SIGCONT');
    await until('the probe to succeed', () => health.unreadyBecause() === undefined);
  });

  test('nothing happens whose announcement is not at every replica of its own slot', async () => {
    const cluster = await startCluster(count);
    const store = await open(cluster);
    const [message, session] = [keyAt(0, 'outbox-message'), keyAt(1, 'sso-session')];
    await eventually(() => write(store, put(session, 's'), put(keyAt(0))));
    const end: readonly Op[] = [
      { op: 'delete', key: session },
      { op: 'put', key: message, value: 'm', ttl: 600, ahead: true },
    ];
    pick(shardOf(cluster), count).kill('SIGSTOP');
    await expect(store.commit(end)).rejects.toThrow(/not at every replica/);
    expect((await read(store, session))?.value).toBe('s');
    pick(shardOf(cluster), count).kill('SIGCONT');
    await eventually(() => write(store, ...end));
    expect(valuesOf(await store.load([message, session]))).toEqual({ [message]: 'm', [session]: undefined });
  });

  test('a master that stalls until another was elected: no code is redeemed twice', async () => {
    const cluster = await startCluster(count);
    const [master, ...replicas] = shardOf(cluster);
    const before = await open(cluster, longPatience);
    const codes = Array.from({ length: 40 }, () => keyAt(0));
    await eventually(() => write(before, ...codes.map((key) => put(key))));
    master?.kill('SIGSTOP');
    const redeem = (store: Store) => (key: string) => store.commit([{ op: 'consume', key }]);
    const stalled = Promise.allSettled(codes.map(redeem(before)));
    await promoted(replicas);
    master?.kill('SIGCONT');
    const first = await stalled;
    const after = await open(cluster);
    const second = await Promise.all(codes.map((key) => eventually(() => redeem(after)(key))));
    const granted = codes.map((_, i) => {
      const early = first[i];
      return Number(early?.status === 'fulfilled' && early.value.ok) + Number(second[i]?.ok);
    });
    expect(granted.filter((times) => times > 1)).toEqual([]);
  });
});

test('one dead machine of three: promises are kept again when the other masters have excused it', async () => {
  const cluster = await startCluster(2);
  const [master, ...replicas] = shardOf(cluster);
  const store = await open(cluster);
  const key = keyAt(0);
  await eventually(() => write(store, put(key, 'a')));
  master?.kill('SIGKILL');
  await promoted(replicas);
  await eventually(() => write(store, put(key, 'b')));
  for (const replica of replicas) {
    const client = admin(replica);
    await client.readonly();
    expect(await client.hget(`stepgate:${key}`, 'v')).toMatch(/:b$/);
  }
});

test('while a slot moves, each commit counts once and none is lost', async () => {
  const cluster = await startCluster(1);
  const store = await open(cluster, longPatience);
  const [from, to] = [admin(pick(cluster.nodes, 0)), admin(pick(cluster.nodes, 1))];
  const tag = keyAt(0).replace(/.*\{(.*)\}/, '$1');
  const slot = slotOf(`{${tag}}`);
  const keys = Array.from({ length: 30 }, (_, i) => storeKey('entry', tag, String(i)));
  await write(store, ...keys.map((key) => put(key)));
  const [source, target] = [await from.call('CLUSTER', 'MYID'), await to.call('CLUSTER', 'MYID')] as string[];
  await to.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source ?? '');
  await from.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target ?? '');
  const consumed: boolean[] = [];
  const consume = async (numbers: readonly number[]): Promise<void> => {
    for (const i of numbers) consumed.push((await store.commit([{ op: 'consume', key: pick(keys, i) }])).ok);
  };
  const range = (start: number) => Array.from({ length: 10 }, (_, i) => start + i);
  await consume(range(0));
  for (const key of keys.slice(10, 20))
    await from.call('MIGRATE', '127.0.0.1', pick(cluster.nodes, 1).port, `stepgate:${key}`, 0, 5000);
  await consume(range(10));
  for (const key of [...keys.slice(0, 10), ...keys.slice(20)])
    await from.call('MIGRATE', '127.0.0.1', pick(cluster.nodes, 1).port, `stepgate:${key}`, 0, 5000);
  for (const client of [to, from]) await client.call('CLUSTER', 'SETSLOT', slot, 'NODE', target ?? '');
  await consume(range(20));
  expect(consumed).toEqual(Array.from({ length: 30 }, () => true));
  expect(await Promise.all(keys.map(async (key) => (await read(store, key))?.version))).toEqual(keys.map(() => 2));
  await until('the new master is known', async () => (await store.commit([put(pick(keys, 0))])).ok);
});

describe('what a command writes everywhere', () => {
  /** Begins like a store in use: with keys, and a configuration. */
  async function storeOn(cluster: RedisCluster): Promise<Store> {
    const store = await open(cluster, longPatience);
    await createState(store, releaseSchema);
    await createKeyring(store, 0);
    await write(store, put(revisionPointerKey, 'pointer'));
    return store;
  }

  /** Of a master that does not have the state of the store. */
  function replicaElsewhere({ nodes }: RedisCluster): RedisServer {
    const master = Math.floor((slotOf(storeStateKey) * 3) / 16_384);
    return pick(nodes, 3 + ((master + 1) % 3));
  }

  /** Without the replicas: a command that asked the one that hangs would wait for its first answer in vain. */
  const throughMasters = ({ nodes }: RedisCluster): StoreSettings => ({
    redisUrl: `redis+cluster://${nodes
      .slice(0, 3)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')}`,
    dataDir: '/nowhere',
  });

  test('an upgrade is finished when it is at every replica of every master, not before', async () => {
    const cluster = await startCluster(1);
    await storeOn(cluster);
    const replica = replicaElsewhere(cluster);
    const next = { ...releaseSchema, version: releaseSchema.version + 1 };
    const settings = { ...throughMasters(cluster), schema: next };
    replica.kill('SIGSTOP');
    await expect(finishUpgrade(settings, { settle: 0 })).rejects.toThrow(/not at every replica/);
    replica.kill('SIGCONT');
    await eventually(() => finishUpgrade(settings, { settle: 0 }));
    const { state } = await readState(openRedisAt(cluster, next));
    expect([state.schema, state.rewriting]).toEqual([next.version, undefined]);
  });

  test('a restore says when it is not known to be at every replica', async () => {
    const cluster = await startCluster(1);
    await storeOn(cluster);
    const settings = throughMasters(cluster);
    const dir = await mkdtemp(join(tmpdir(), 'stepgate-restore-'));
    stops.push(() => rm(dir, { recursive: true, force: true }));
    const file = join(dir, 'a.backup');
    await backUp(settings, file, { encryption: {}, now: Date.now() });
    const restore = () =>
      restoreCommand({
        restoreBackup: (from, options) => restoreBackup(settings, from, { ...options, now: Date.now(), settle: 0 }),
        openStore: async () => recordingStore(await openStore(settings)),
        stdout: () => {},
        now: () => Math.floor(Date.now() / 1000),
        recoveryCodes: 'recovery-code',
      })
        .exitOverride()
        .parseAsync([file, '--replace'], { from: 'user' });
    const replica = replicaElsewhere(cluster);
    replica.kill('SIGSTOP');
    await expect(restore()).rejects.toThrow(/was restored, and is not known to be at every replica/);
    replica.kill('SIGCONT');
    await eventually(restore);
  });

  function openRedisAt({ url }: RedisCluster, schema: StoreSchema): Store {
    const store = openRedis({ url, patience: longPatience, schema });
    stops.push(store.close);
    return store;
  }
});
