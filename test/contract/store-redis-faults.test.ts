/** The Redis store while servers, connections, memory and disks fail. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { StoreUnavailable } from '../../src/errors.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { freePort } from '../support/servers/free-port.ts';
import {
  onlyWhenTold,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startReplica,
  startSentinel,
} from '../support/stores/redis.ts';
import { freshTag, read, write } from './store-harness.ts';
import { startLosingProxy } from './store-losing-proxy.ts';

const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function server(settings: Readonly<Record<string, string>> = {}, port?: number): Promise<RedisServer> {
  const started = await startRedis({ settings, ...(port === undefined ? {} : { port }) });
  stops.push(started.stop);
  return started;
}

function store(url: string): Store {
  const opened = openRedis({ url });
  stops.push(opened.close);
  return opened;
}

/** A store that is connected, however long that takes on a busy machine. */
async function connected(url: string): Promise<Store> {
  const opened = store(url);
  await eventually(() => opened.ping());
  return opened;
}

function admin(port: number): Redis {
  const client = new Redis(port);
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

async function expectUnavailable(opened: Store, key = storeKey('entry', 'a')): Promise<void> {
  const calls = await Promise.allSettled([
    opened.load([key]),
    opened.commit([{ op: 'put', key, value: 'a' }]),
    opened.reserve(key, [{ limit: 1, window: 1 }]),
    opened.ping(),
  ]);
  for (const call of calls) expect(call).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
}

test('scripts that the server has forgotten are sent again', async () => {
  const { url, port } = await server();
  const opened = await connected(url);
  const key = storeKey('entry', freshTag());
  const use = (i: number) =>
    Promise.all([
      write(opened, { op: 'put', key: `${key}:${i}`, value: 'a' }),
      opened.load([key]),
      opened.load([], { reserve: { of: key, name: 'n', limits: [{ limit: 1_000, window: 600 }] } }),
      opened.reserve(key, [{ limit: 1_000, window: 600 }]),
    ]);
  await use(0);
  for (let round = 0; round < 3; round += 1) {
    await admin(port).script('FLUSH');
    await Promise.all(Array.from({ length: 20 }, (_, i) => use(i)));
  }
  expect((await opened.reserve(key, [{ limit: 1_000, window: 600 }])).remaining).toBe(1_000 - 62);
});

test('connections that are cut: nothing runs twice, and every acknowledged write is there', async () => {
  const { url, port } = await server();
  const opened = await connected(url);
  const key = storeKey('log', freshTag());
  const outcomes: string[] = [];
  const unknown: string[] = [];
  const killer = admin(port);
  for (let round = 0; round < 20; round += 1) {
    const batch = Array.from({ length: 50 }, async (_, i) => {
      const value = `${round}-${i}`;
      try {
        await write(opened, { op: 'append', key, value, keep: 100_000 });
        outcomes.push(value);
      } catch (error) {
        expect(error).toBeInstanceOf(StoreUnavailable);
        unknown.push(value);
      }
    });
    await killer.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await Promise.all(batch);
  }
  const lines = (await eventually(() => opened.tail(key, undefined, 10_000))).map((line) => line.value);
  expect(new Set(lines).size).toBe(lines.length);
  expect(outcomes.filter((value) => !lines.includes(value))).toEqual([]);
  expect(lines.filter((value) => !outcomes.includes(value) && !unknown.includes(value))).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(0);
});

test('when a reply is lost, the outcome is unknown and the command is never sent again', async () => {
  const { port } = await server();
  const proxy = await startLosingProxy(port);
  stops.push(proxy.stop);
  const opened = await connected(`redis://127.0.0.1:${proxy.port}`);
  const [code, log] = [storeKey('code', freshTag()), storeKey('log', freshTag())];
  await write(opened, { op: 'create', key: code, value: 'a' });
  for (let round = 0; round < 5; round += 1) {
    proxy.loseNextReply();
    const append: Op = { op: 'append', key: log, value: `${round}`, keep: 100 };
    await expect(opened.commit([append])).rejects.toThrow(StoreUnavailable);
    await eventually(() => opened.ping());
  }
  proxy.loseNextReply();
  await expect(opened.commit([{ op: 'consume', key: code }])).rejects.toThrow(StoreUnavailable);
  await eventually(() => opened.ping());
  expect((await opened.tail(log, undefined, 100)).map((line) => line.value)).toEqual(['0', '1', '2', '3', '4']);
  expect((await opened.commit([{ op: 'consume', key: code }])).ok).toBe(false);
});

test('without a server calls are refused in time, and served as soon as there is one', async () => {
  const port = await freePort();
  const opened = store(`redis://127.0.0.1:${port}`);
  await expectUnavailable(opened);
  await server({}, port);
  await eventually(() => opened.ping());
  await write(opened, { op: 'put', key: storeKey('entry', 'a'), value: 'a' });
});

test('when the server crashes, calls are refused in time, and served when it is back', async () => {
  const first = await server();
  const opened = await connected(first.url);
  first.kill('SIGKILL');
  await expectUnavailable(opened);
  await first.stop();
  await server({}, first.port);
  await eventually(() => opened.ping());
});

test('when the server hangs, calls are refused in time, and are served once it continues', async () => {
  const hanging = await server();
  const opened = await connected(hanging.url);
  const key = storeKey('entry', freshTag());
  await write(opened, { op: 'put', key, value: 'before' });
  hanging.kill('SIGSTOP');
  await expectUnavailable(opened, key);
  await expectUnavailable(opened, key);
  hanging.kill('SIGCONT');
  await eventually(() => opened.ping());
  // What was sent to the hanging server may have run when it went on: whole or not at all.
  expect((await read(opened, key))?.value).toMatch(/^(before|a)$/);
});

test('out of memory: whole writes are refused, reads still work', async () => {
  const { url, port } = await server({ 'maxmemory-policy': 'noeviction' });
  const opened = await connected(url);
  const [key, other] = [storeKey('entry', freshTag()), storeKey('entry', freshTag())];
  await write(opened, { op: 'put', key, value: 'a' });
  await admin(port).config('SET', 'maxmemory', '1');
  await expect(
    opened.commit([
      { op: 'put', key: other, value: 'b' },
      { op: 'delete', key },
    ]),
  ).rejects.toThrow(StoreUnavailable);
  await expect(opened.reserve(key, [{ limit: 1, window: 1 }])).rejects.toThrow(/OOM/);
  expect((await opened.load([key, other])).entries.get(key)?.value).toBe('a');
  expect(await read(opened, other)).toBeUndefined();
});

test('out of memory, or too few replicas: a ping says so', async () => {
  const { url, port } = await server({ 'maxmemory-policy': 'noeviction' });
  const opened = await connected(url);
  await admin(port).config('SET', 'maxmemory', '1');
  await expect(opened.ping()).rejects.toThrow(/OOM/);
  await admin(port).config('SET', 'maxmemory', '0', 'min-replicas-to-write', '1');
  await expect(opened.ping()).rejects.toThrow(/NOREPLICAS/);
  await admin(port).config('SET', 'min-replicas-to-write', '0');
  await opened.ping();
});

test('a disk that cannot be written: writes and pings are refused, reads still work', async () => {
  const { url, port } = await server();
  const opened = await connected(url);
  const key = storeKey('entry', freshTag());
  await write(opened, { op: 'put', key, value: 'a' });
  const client = admin(port);
  const [, dir = ''] = (await client.config('GET', 'dir')) as string[];
  await mkdir(join(dir, 'dump.rdb'));
  await client.config('SET', 'save', '3600 1000000');
  await client.bgsave();
  await eventually(async () => expect(await client.info('persistence')).toContain('rdb_last_bgsave_status:err'));
  await expect(opened.commit([{ op: 'put', key, value: 'b' }])).rejects.toThrow(/MISCONF/);
  await expect(opened.ping()).rejects.toThrow(StoreUnavailable);
  expect((await read(opened, key))?.value).toBe('a');
});

test('a replica serves no writes', async () => {
  const master = await server();
  const replica = await server({ replicaof: `127.0.0.1 ${master.port}` });
  const opened = store(replica.url);
  await expect(opened.commit([{ op: 'put', key: storeKey('entry', 'a'), value: 'a' }])).rejects.toThrow(
    StoreUnavailable,
  );
});

test('a wrong password is refused in time', async () => {
  const { port } = await server();
  await admin(port).config('SET', 'requirepass', 'right');
  for (const credentials of ['', ':wrong@', 'nobody:wrong@']) {
    const opened = store(`redis://${credentials}127.0.0.1:${port}`);
    await expectUnavailable(opened);
    // The reason depends on how far the connection came; with more time it is that of the server.
    await eventually(() => expect(opened.ping()).rejects.toThrow(/NOAUTH|WRONGPASS/));
  }
  await connected(`redis://:right@127.0.0.1:${port}`);
});

test('operations on keys of another type fail before anything is written', async () => {
  const { url } = await server();
  const opened = await connected(url);
  const tag = freshTag();
  const [entry, set, log] = [storeKey('entry', tag), storeKey('set', tag), storeKey('log', tag)];
  await write(
    opened,
    { op: 'create', key: entry, value: 'a' },
    { op: 'join', key: set, member: 'm' },
    { op: 'append', key: log, value: 'l', keep: 9 },
  );
  const put: Op = { op: 'put', key: storeKey('other', tag), value: 'b' };
  const mistakes: readonly Op[] = [
    { op: 'put', key: set, value: 'x' },
    { op: 'create', key: log, value: 'x' },
    { op: 'join', key: entry, member: 'x' },
    { op: 'append', key: set, value: 'x', keep: 9 },
  ];
  for (const mistake of mistakes) await expect(opened.commit([put, mistake])).rejects.toThrow(/WRONGTYPE/);
  expect(await read(opened, put.key)).toBeUndefined();
});

test('Sentinel: after a fail-over the new master is used; alone it promises nothing until the old one is back', async () => {
  const master = await server();
  const replica = await startReplica(master);
  stops.push(replica.stop);
  const sentinel = await startSentinel(master, onlyWhenTold);
  stops.push(sentinel.stop);
  const opened = await connected(sentinel.url);
  const [before, after] = [storeKey('entry', freshTag()), storeKey('entry', freshTag())];
  await write(opened, { op: 'put', key: before, value: 'before' });
  await eventually(async () => expect(await admin(replica.port).exists(`stepgate:${before}`)).toBe(1));
  await eventually(async () => expect(await admin(sentinel.port).info('sentinel')).toMatch(/slaves=1/));
  master.kill('SIGKILL');
  await expect(opened.load([before])).rejects.toThrow(StoreUnavailable);
  const told = admin(sentinel.port);
  // A fail-over that takes too long is given up, and this sentinel begins none by itself: it is told again.
  const failOver = () => told.call('SENTINEL', 'FAILOVER', 'stepgate').catch(() => undefined);
  await eventually(async () => {
    await failOver();
    await write(opened, { op: 'put', key: storeKey('transaction', freshTag()), value: 'a', ttl: 60 });
  });
  expect((await read(opened, before))?.value).toBe('before');
  const promised: Op = { op: 'put', key: after, value: 'after' };
  await expect(opened.commit([promised])).rejects.toThrow(/not at every replica|not known whether/);
  await master.stop();
  await server({}, master.port);
  await eventually(() => write(opened, promised));
  expect(await admin(replica.port).exists(`stepgate:${after}`)).toBe(1);
});

test('Cluster: when a master crashes, its slots are refused and ping reports it', async () => {
  const cluster = await startRedisCluster(3);
  stops.push(cluster.stop);
  const opened = await connected(cluster.url);
  const keys = Array.from({ length: 30 }, () => storeKey('entry', freshTag()));
  await write(opened, ...keys.map((key): Op => ({ op: 'put', key, value: 'a' })));
  cluster.nodes[1]?.kill('SIGKILL');
  const loads = await Promise.allSettled(keys.map((key) => opened.load([key])));
  const refused = loads.flatMap((load) => (load.status === 'rejected' ? [load.reason] : []));
  expect(refused.length).toBeGreaterThan(0);
  for (const reason of refused) expect(reason).toBeInstanceOf(StoreUnavailable);
  await eventually(() => expect(opened.ping()).rejects.toThrow(StoreUnavailable));
});
