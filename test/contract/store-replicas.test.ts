/** The Redis store with Sentinel and replicas: what it acknowledges is at all of them, and nothing counts twice. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { StoreUnavailable } from '../../src/errors.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import { endStandAloneOp, standAloneOp } from '../../src/stores/redis/store-alone.ts';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import {
  longPatience,
  onlyWhenTold,
  type RedisServer,
  startRedis,
  startReplica,
  startSentinel,
} from '../support/stores/redis.ts';
import { until } from '../support/values/until.ts';
import { freshTag, pick, read, write } from './store-harness.ts';

const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Lab {
  readonly master: RedisServer;
  readonly replicas: readonly RedisServer[];
  readonly sentinel: RedisServer;
  readonly open: (patience?: typeof longPatience) => Promise<Store>;
}

function admin(port: number): Redis {
  const client = new Redis(port);
  client.on('error', () => {});
  stops.push(() => client.disconnect());
  return client;
}

/** A master, replicas and a sentinel that decides nothing until it is told to. */
async function startLab(count: number): Promise<Lab> {
  const master = await startRedis();
  stops.push(master.stop);
  const replicas: RedisServer[] = [];
  for (let i = 0; i < count; i += 1) replicas.push(await startReplica(master));
  for (const { stop } of replicas) stops.push(stop);
  const sentinel = await startSentinel(master, onlyWhenTold);
  stops.push(sentinel.stop);
  await until('the sentinel lists the replicas', async () =>
    (await admin(sentinel.port).info('sentinel')).includes(`slaves=${count}`),
  );
  const open = async (patience?: typeof longPatience): Promise<Store> => {
    const store = openRedis({ url: sentinel.url, ...(patience ? { patience } : {}) });
    stops.push(store.close);
    await eventually(() => store.ping());
    return store;
  };
  return { master, replicas, sentinel, open };
}

/** Tells the sentinel to fail over. Resolves to the replica that has become master. */
async function failedOver(sentinel: RedisServer, replicas: readonly RedisServer[]): Promise<RedisServer> {
  const told = admin(sentinel.port);
  await eventually(() => told.call('SENTINEL', 'FAILOVER', 'stepgate'));
  return promoted(replicas);
}

/** From now on the sentinel takes a node for down that is silent for half a second. */
async function noticesSilence(sentinel: RedisServer): Promise<void> {
  await admin(sentinel.port).call('SENTINEL', 'SET', 'stepgate', 'down-after-milliseconds', '500');
}

/** The replica that has become master. */
async function promoted(replicas: readonly RedisServer[]): Promise<RedisServer> {
  const clients = replicas.map((replica) => [replica, admin(replica.port)] as const);
  for (;;) {
    for (const [replica, client] of clients)
      if (String(await client.call('ROLE').catch(() => '')).startsWith('master')) return replica;
    await pause(20);
  }
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

const entry = (): string => storeKey('entry', freshTag());
const ephemeral = (): Op => ({ op: 'put', key: storeKey('transaction', freshTag()), value: 't', ttl: 60 });

describe.each([1, 2])('with %i replica(s)', (count) => {
  test('the settings say so where one more dead machine would stop sign-ins', async () => {
    const { open } = await startLab(count);
    const store = await open(longPatience);
    const advice = expect.stringContaining('one replica');
    expect(await store.examine()).toEqual(count === 1 ? [advice] : []);
  });

  test('while a replica hangs, promises are refused and everything else continues', async () => {
    const { replicas, open } = await startLab(count);
    const store = await open();
    const code = entry();
    await eventually(() => write(store, { op: 'put', key: code, value: 'c' }));
    pick(replicas, count - 1).kill('SIGSTOP');
    const commits = await Promise.allSettled([
      store.commit([{ op: 'put', key: entry(), value: 'a' }]),
      store.commit([ephemeral(), { op: 'consume', key: code }]),
    ]);
    for (const commit of commits) {
      expect(commit).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
      expect(String(commit.status === 'rejected' && commit.reason)).toMatch(/not at every replica.*not known/);
    }
    await write(store, ephemeral());
    expect((await read(store, code))?.value).toBe('c');
    // A refusal promises nothing. It is right even here, for the script has consumed the code.
    expect((await store.commit([{ op: 'consume', key: code }])).ok).toBe(false);
    pick(replicas, count - 1).kill('SIGCONT');
    await eventually(() => write(store, { op: 'put', key: entry(), value: 'b' }));
  });

  test('acknowledged writes survive the master, even those written while the replicas lag behind', async () => {
    const { master, replicas, sentinel, open } = await startLab(count);
    const store = await open();
    const create = async (value: string): Promise<string | undefined> => {
      const key = entry();
      const { ok } = await store.commit([{ op: 'create', key, value }]).catch(() => ({ ok: false }));
      return ok ? key : undefined;
    };
    await eventually(() => write(store, { op: 'put', key: entry(), value: 'a' }));
    const small = await Promise.all(Array.from({ length: 100 }, () => create('a')));
    for (const replica of replicas) replica.kill('SIGSTOP');
    // More than the buffers of the sockets take, so that it cannot reach the replicas after the master is gone.
    const large = await Promise.all(Array.from({ length: 32 }, () => create('a'.repeat(1_000_000))));
    master.kill('SIGKILL');
    for (const replica of replicas) replica.kill('SIGCONT');
    const successor = admin((await failedOver(sentinel, replicas)).port);
    const acknowledged = [...small, ...large].filter((key) => key !== undefined);
    const found = await Promise.all(acknowledged.map((key) => successor.exists(`stepgate:${key}`)));
    expect(found.length).toBeGreaterThanOrEqual(100);
    expect(found.filter((exists) => exists === 0)).toEqual([]);
  });

  test('a master that stalls until another was elected: no code is redeemed twice', async () => {
    const { master, replicas, sentinel, open } = await startLab(count);
    const before = await open(longPatience);
    const codes = Array.from({ length: 40 }, entry);
    await eventually(() => write(before, ...codes.map((key): Op => ({ op: 'put', key, value: 'c' }))));
    master.kill('SIGSTOP');
    const redeem = (store: Store) => (key: string) => store.commit([{ op: 'consume', key }]);
    const stalled = Promise.allSettled(codes.map(redeem(before)));
    const successor = await failedOver(sentinel, replicas);
    master.kill('SIGCONT');
    const first = await stalled;
    await until('the sentinel names the new master', async () =>
      String(await admin(sentinel.port).call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'stepgate')).includes(
        String(successor.port),
      ),
    );
    const after = await open();
    const second = await Promise.all(codes.map((key) => eventually(() => redeem(after)(key))));
    const granted = codes.map((_, i) => {
      const early = first[i];
      return Number(early?.status === 'fulfilled' && early.value.ok) + Number(second[i]?.ok);
    });
    expect(granted.filter((times) => times > 1)).toEqual([]);
  });
});

test('where fsync is asked for, a promise is kept when it is on every disk', async () => {
  const master = await startRedis({ settings: { appendfsync: 'always' } });
  stops.push(master.stop);
  const replica = await startReplica(master);
  stops.push(replica.stop);
  const store = openRedis({ url: master.url, patience: longPatience, durability: 'fsync' });
  const hasty = openRedis({ url: master.url, durability: 'fsync' });
  stops.push(store.close, hasty.close);
  await store.examine();
  const promise = (): Op => ({ op: 'put', key: entry(), value: 'a' });
  const replicaAdmin = admin(replica.port);
  await replicaAdmin.config('SET', 'appendfsync', 'always');
  await write(store, promise());
  // It has every write, and none of them on its disk.
  await replicaAdmin.config('SET', 'appendonly', 'no');
  await expect(hasty.commit([promise()])).rejects.toThrow(/not on every disk .* 0 of 1 replicas.*not known/);
  await write(hasty, ephemeral());
});

test('a master that keeps no log is refused, unless the operator says that all may be lost', async () => {
  const master = await startRedis({ settings: { appendonly: 'no' } });
  stops.push(master.stop);
  const lone = openRedis({ url: master.url });
  stops.push(lone.close);
  await expect(lone.examine()).resolves.toEqual([expect.stringContaining('appendonly no')]);
  const replica = await startReplica(master);
  stops.push(replica.stop);
  await eventually(async () => expect(await admin(master.port).info('replication')).toContain('connected_slaves:1'));
  await expect(lone.examine()).rejects.toThrow(/appendonly no.*Set appendonly to yes.*REDIS_DURABILITY/);
  const careless = openRedis({ url: master.url, durability: 'memory' });
  stops.push(careless.close);
  await expect(careless.examine()).resolves.toContainEqual(expect.stringContaining('appendonly no'));
});

test('the only replica is dead: promises are refused, until the operator says that the store stands alone', async () => {
  const { replicas, sentinel, open } = await startLab(1);
  const store = await open();
  const promise = (): Op => ({ op: 'put', key: entry(), value: 'a' });
  await eventually(() => write(store, promise()));
  await noticesSilence(sentinel);
  pick(replicas, 0).kill('SIGKILL');
  await until('the sentinel calls it down', async () =>
    String(await admin(sentinel.port).call('SENTINEL', 'REPLICAS', 'stepgate')).includes('s_down'),
  );
  await expect(store.commit([promise()])).rejects.toThrow(/not at every replica/);
  await write(store, standAloneOp({ until: Math.floor(Date.now() / 1000) + 3600, by: 'ops' }, 3600));
  // A command has heard the sentinels for no time at all, and is patient instead of failing.
  const command = openRedis({ url: sentinel.url, isPatient: true });
  stops.push(command.close);
  await write(command, promise());
  await eventually(() => write(store, promise()));
  await write(store, endStandAloneOp);
  await until('promises are refused again', async () =>
    store.commit([promise()]).then(
      () => false,
      () => true,
    ),
  );
});

test('one dead machine of three: promises are kept again when the sentinels have excused it', async () => {
  const { master, replicas, sentinel, open } = await startLab(2);
  const store = await open();
  const key = entry();
  await eventually(() => write(store, { op: 'put', key, value: 'a' }));
  master.kill('SIGKILL');
  await failedOver(sentinel, replicas);
  await noticesSilence(sentinel);
  await eventually(() => write(store, { op: 'put', key, value: 'b' }));
  for (const replica of replicas) {
    const value = () => admin(replica.port).hget(`stepgate:${key}`, 'v');
    expect(await value()).toMatch(/:b$/);
  }
});

test('a replica with a copy from another replica joins without a second copy, while commits continue', async () => {
  const { master, replicas, sentinel, open } = await startLab(1);
  const store = await open(longPatience);
  const chained = await startRedis({ settings: { replicaof: `127.0.0.1 ${pick(replicas, 0).port}` } });
  stops.push(chained.stop);
  const replication = (port: number) => admin(port).info('replication');
  await until('its copy', async () => (await replication(chained.port)).includes('master_link_status:up'));
  const copies = async () => /sync_full:(\d+)/.exec(await admin(master.port).info('stats'))?.[1];
  const before = await copies();
  await admin(chained.port).call('REPLICAOF', '127.0.0.1', String(master.port));
  const key = entry();
  let count = 0;
  await until('it to be listed, while commits go on', async () => {
    count += 1;
    await write(store, { op: 'put', key, value: String(count) });
    return (await admin(sentinel.port).info('sentinel')).includes('slaves=2');
  });
  await write(store, { op: 'put', key, value: 'last' });
  expect(await copies()).toBe(before);
  expect(await admin(chained.port).hget(`stepgate:${key}`, 'v')).toMatch(/:last$/);
});
