/** What only the Redis store promises: round trips, the check at the start, addresses. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { StoreUnavailable } from '../../src/errors.ts';
import { revisionPointerKey } from '../../src/stores/keys.ts';
import { openAsItIs, openStore, readDurability } from '../../src/stores/open.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import { parseRedisUrl } from '../../src/stores/redis/url.ts';
import { counterOf, type Op, type Store, storeKey } from '../../src/stores/store.ts';
import {
  longPatience,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '../support/stores/redis.ts';
import { freshTag, pick, read, write } from './store-harness.ts';

let single: RedisServer;
let cluster: RedisCluster;
let admin: Redis;
const opened: Store[] = [];

beforeAll(async () => {
  single = await startRedis();
  cluster = await startRedisCluster(3);
  admin = new Redis(single.port);
});

afterAll(async () => {
  for (const store of opened) await store.close();
  admin.disconnect();
  await Promise.all([single.stop(), cluster.stop()]);
});

function open(url: string, prefix?: string): { readonly store: Store; readonly counted: string[] } {
  const counted: string[] = [];
  const store = openRedis({
    url,
    onRoundTrip: (verb) => counted.push(verb),
    patience: longPatience,
    ...(prefix === undefined ? {} : { prefix }),
  });
  opened.push(store);
  return { store, counted };
}

/** The remaining life of a key (ms), on the master that has it. -1: it has no end. */
async function clusterTtl(key: string): Promise<number> {
  const nodes = parseRedisUrl(cluster.url).nodes;
  const client = new Cluster([...nodes]);
  try {
    return await client.pttl(key);
  } finally {
    client.disconnect();
  }
}

describe('counters without a closing window', () => {
  const limits = [{ limit: 2, window: 0 }];

  test.each(['single', 'cluster'] as const)(
    '%s: those of unknown identifiers are forgotten, those of users stay',
    async (kind) => {
      const { store } = open(kind === 'single' ? single.url : cluster.url);
      const [unknown, known, user] = [
        storeKey('name', freshTag()),
        storeKey('name', freshTag()),
        storeKey('user', freshTag()),
      ];
      const decoy = storeKey('transaction', freshTag());
      await write(store, { op: 'put', key: user, value: 'u' });
      await write(store, { op: 'put', key: known, value: 'k', refs: [user] });
      await write(store, { op: 'put', key: decoy, value: 'd', refs: [storeKey('name', freshTag())] });
      const lives = async (of: string): Promise<number> => {
        const { counter = '' } = await store.load([of], { reserve: { of, name: 'n', limits } });
        const key = `stepgate:counter/${counter}`;
        if (kind === 'single') return admin.pttl(key);
        return clusterTtl(key);
      };
      expect(await lives(unknown)).toBeGreaterThan(86_400_000);
      expect(await lives(decoy)).toBeGreaterThan(86_400_000);
      expect(await lives(known)).toBe(-1);
      await store.load([unknown], { reserve: { of: unknown, name: 'n', limits } });
      const { reservation } = await store.load([unknown], { reserve: { of: unknown, name: 'n', limits } });
      expect(reservation).toMatchObject({ granted: false, retryAfter: -1 });
    },
  );
});

describe('round trips', () => {
  const limits = [{ limit: 100, window: 600 }];

  test('standalone: one for any load, reservation included, and one for any batch', async () => {
    const { store, counted } = open(single.url);
    const keys = Array.from({ length: 5 }, () => storeKey('entry', freshTag()));
    // The first load also tells what later commits need to know of the store.
    await store.load(keys);
    counted.length = 0;
    await write(
      store,
      ...keys.map((key, i): Op => ({ op: 'create', key, value: 'a', refs: keys.slice(i + 1, i + 2) })),
    );
    await store.load(keys);
    const first = pick(keys, 0);
    const loaded = await store.load([first], {
      reserve: { of: first, name: 'n', limits, when: { key: first, version: 1 } },
    });
    expect(loaded.entries.size).toBe(5);
    expect(loaded.counter).toBe(counterOf(pick(keys, 1), 'n'));
    await store.reserve('counter:{a}', limits);
    await store.tail('log:{a}', undefined, 5);
    expect(counted).toEqual(['commit', 'load', 'load', 'reserve', 'tail']);
  });

  test('Cluster: one per tag and hop; entries that share a tag cost one', async () => {
    const { store, counted } = open(cluster.url);
    // Every request loads it anyway; the state of the store is in its slot.
    await store.load([revisionPointerKey]);
    expect(counted.splice(0)).toEqual(['load']);
    const tag = freshTag();
    const [form, user, far] = [storeKey('form', tag), storeKey('user', tag), storeKey('group', freshTag())];
    await write(
      store,
      { op: 'put', key: form, value: 'f', refs: [user] },
      { op: 'put', key: user, value: 'u', refs: [far] },
    );
    await store.load([form, user, revisionPointerKey]);
    await store.load([revisionPointerKey], { reserve: { of: form, name: 'n', limits } });
    await write(store, { op: 'put', key: far, value: 'g' }, { op: 'consume', key: form });
    const [first, second] = [
      ['load', 'load', 'load'],
      ['load', 'load', 'reserve', 'load'],
    ];
    expect(counted).toEqual(['commit', ...first, ...second, 'commit', 'commit']);
  });

  test('the server saw as many script calls as were counted', async () => {
    const { store } = open(single.url);
    await store.ping();
    await admin.config('RESETSTAT');
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.load([storeKey('entry', `n${i}`)])));
    const calls = [...(await admin.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)];
    expect(calls.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(50);
  });
});

test('stores of different prefixes share nothing; a prefix cannot choose a slot', async () => {
  const [one, two] = [open(single.url, 'one:').store, open(single.url, 'two:').store];
  const key = storeKey('entry', freshTag());
  await write(
    one,
    { op: 'put', key, value: 'one' },
    { op: 'put', key: storeKey('from', 'x'), value: 'f', refs: [key] },
  );
  expect(await read(two, key)).toBeUndefined();
  expect(await admin.exists(`one:${key}`)).toBe(1);
  expect((await one.load([storeKey('from', 'x')])).entries.get(key)?.value).toBe('one');
  expect(() => openRedis({ url: single.url, prefix: '{x}' })).toThrow(TypeError);
});

describe('the check at start', () => {
  test('refuses a server that could evict, also while it has no limit to evict at', async () => {
    const { store } = open(single.url);
    await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
    await expect(store.examine()).rejects.toThrow(StoreUnavailable);
    await expect(store.examine()).rejects.toThrow(/volatile-lru.*noeviction/);
    await expect(openStore({ redisUrl: single.url, dataDir: '/nowhere' })).rejects.toThrow(/noeviction/);
    await admin.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '100mb');
    await store.examine();
    await admin.config('SET', 'maxmemory', '0');
  });

  test('warns of a clock that differs', async () => {
    const { store } = open(single.url);
    const began = performance.now();
    const late = await store.examine(() => Date.now() - 20_000);
    const [, seconds = ''] = /clock.* (\d+) s/.exec(late[0] ?? '') ?? [];
    const tolerance = 1 + (performance.now() - began) / 1000;
    expect(Math.abs(Number(seconds) - 20)).toBeLessThanOrEqual(tolerance);
    await expect(store.examine(() => Date.now() + 90_000)).rejects.toThrow(/the clock of Redis differs/);
    await expect(store.examine()).resolves.toEqual([]);
  });

  test('warns of a lone server that keeps no log, and refuses it where disks are asked for', async () => {
    const { store } = open(single.url);
    await admin.config('SET', 'appendonly', 'no');
    await expect(store.examine()).resolves.toEqual([expect.stringContaining('appendonly no')]);
    const synced = openRedis({ url: single.url, durability: 'fsync' });
    await expect(synced.examine()).rejects.toThrow(/appendonly no.*Set appendonly to yes.*REDIS_DURABILITY/);
    await synced.close();
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    const asItIs = await openAsItIs({ redisUrl: single.url, dataDir: '/nowhere', durability: 'memory', warn });
    await asItIs.ping();
    await asItIs.close();
    expect(warnings).toEqual([expect.stringContaining('appendonly')]);
    await admin.config('SET', 'appendonly', 'yes');
    await store.examine();
  });

  test('refuses a lone server that kept a log when the node looked before, and keeps none any more', async () => {
    const { store } = open(single.url);
    const careless = openRedis({ url: single.url, durability: 'memory' });
    for (const one of [store, careless]) expect(await one.examine()).toEqual([]);
    await admin.config('SET', 'appendonly', 'no');
    await expect(store.examine()).rejects.toThrow(/appendonly no.*Set appendonly to yes/);
    await expect(careless.examine()).resolves.toEqual([expect.stringContaining('appendonly no')]);
    await careless.close();
    await admin.config('SET', 'appendonly', 'yes');
    expect(await store.examine()).toEqual([]);
  });

  test('where fsync is asked for, refuses a server that syncs late', async () => {
    const store = openRedis({ url: single.url, durability: 'fsync' });
    await expect(store.examine()).rejects.toThrow(/appendfsync is no: set appendfsync to always/);
    await admin.config('SET', 'appendfsync', 'always');
    await store.examine();
    await admin.config('SET', 'appendfsync', 'no');
    await store.close();
  });

  test('warns when it has no permission to look', async () => {
    await admin.acl('SETUSER', 'shy', 'on', '>pw', '~*', '+@all', '-info');
    const said = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { store } = open(single.url.replace('://', '://shy:pw@'));
    await expect(store.examine()).resolves.toEqual([expect.stringContaining('INFO')]);
    expect(said.mock.calls.flat().join()).toMatch(/^Skipping the ready check/);
    said.mockRestore();
  });

  test('refuses a replica', async () => {
    const replica = await startRedis({ settings: { replicaof: `127.0.0.1 ${single.port}` } });
    const store = openRedis({ url: replica.url });
    await expect(store.examine()).rejects.toThrow(/replica/);
    await store.close();
    await replica.stop();
  });

  test('looks at every master of a Cluster', async () => {
    const { store } = open(cluster.url);
    const node = new Redis(pick(cluster.nodes, 2).port);
    await node.config('SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '100mb');
    await expect(store.examine()).rejects.toThrow(/allkeys-lru/);
    await node.config('SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '0');
    await store.examine();
    node.disconnect();
  });
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['memory', 'memory'],
  ['fsync', 'fsync'],
])('REDIS_DURABILITY %j is %j', (text, durability) => {
  expect(readDurability(text)).toBe(durability);
});

test('REDIS_DURABILITY is one of three', () => {
  expect(() => readDurability('disk')).toThrow('REDIS_DURABILITY is none of memory, replicas, fsync: disk');
});

describe('addresses', () => {
  test.each([
    ['redis://localhost', { kind: 'standalone', tls: false, nodes: [{ host: 'localhost', port: 6379 }] }],
    [
      'rediss://ann:p%40ss@db.test:7000/3',
      {
        kind: 'standalone',
        tls: true,
        nodes: [{ host: 'db.test', port: 7000 }],
        username: 'ann',
        password: 'p@ss',
        db: 3,
      },
    ],
    [
      'redis://:pw@[::1]:7000',
      { kind: 'standalone', tls: false, nodes: [{ host: '::1', port: 7000 }], password: 'pw' },
    ],
    [
      'redis+sentinel://s1,s2:7/main/2',
      {
        kind: 'sentinel',
        tls: false,
        nodes: [
          { host: 's1', port: 26379 },
          { host: 's2', port: 7 },
        ],
        master: 'main',
        db: 2,
      },
    ],
    [
      'rediss+cluster://a:1,b',
      {
        kind: 'cluster',
        tls: true,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 6379 },
        ],
      },
    ],
  ])('%s', (url, address) => {
    expect(parseRedisUrl(url)).toEqual(address);
  });

  test.each([
    'http://localhost',
    'redis://',
    'localhost:6379',
    'redis://a,b',
    'redis://a:0',
    'redis://a:70000',
    'redis://a/x',
    'redis://a/1/2',
    'redis+sentinel://a',
    'redis+cluster://a/0',
    'redis://a?db=1',
    'redis://a b:secret@:x',
  ])('%s is refused without repeating a password', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(TypeError);
    expect(() => parseRedisUrl(url)).not.toThrow(/secret/);
  });
});
