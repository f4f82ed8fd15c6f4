/** Runs the store contract on every kind of store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { openRedis } from '../../src/stores/redis/redis.ts';
import type { Store } from '../../src/stores/store.ts';
import {
  age,
  longPatience,
  type RedisServer,
  startRedis,
  startRedisCluster,
  startReplica,
} from '../support/stores/redis.ts';
import { storeContract } from './store-contract.ts';
import type { StoreHarness } from './store-harness.ts';

storeContract('embedded, in a file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-store-'));
  const clock = movableClock();
  const { open, close } = tracked(() => openEmbedded({ file: join(dir, 'stepgate.db'), now: clock.now }));
  return {
    open,
    openToClose: open,
    pass: clock.pass,
    atomicAcrossTags: true,
    stop: () => close().then(() => rm(dir, { recursive: true })),
  };
});

storeContract('embedded, in memory', async () => {
  const clock = movableClock();
  const store = openEmbedded({ file: ':memory:', now: clock.now });
  // A store in memory has one connection only.
  return {
    open: () => store,
    openToClose: () => openEmbedded({ file: ':memory:' }),
    pass: clock.pass,
    atomicAcrossTags: true,
    stop: () => store.close(),
  };
});

storeContract('Redis, standalone', async () => {
  const server = await startRedis();
  return redisHarness(server.url, [server], () => server.stop());
});

storeContract('Redis, standalone with a replica', async () => {
  const server = await startRedis();
  const replica = await startReplica(server);
  return redisHarness(server.url, [server], async () => void (await Promise.all([server.stop(), replica.stop()])));
});

storeContract('Redis Cluster', async () => {
  const cluster = await startRedisCluster(3);
  return redisHarness(cluster.url, cluster.nodes, () => cluster.stop());
});

function redisHarness(url: string, servers: readonly RedisServer[], stop: () => Promise<void>): StoreHarness {
  const { open, close } = tracked(() => openRedis({ url, patience: longPatience }));
  return {
    open,
    openToClose: open,
    pass: async (seconds) => {
      for (const server of servers) await age(server, seconds);
    },
    atomicAcrossTags: servers.length === 1,
    stop: () => close().then(stop),
  };
}

function movableClock(): { readonly now: () => number; readonly pass: (seconds: number) => Promise<void> } {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    pass: async (seconds) => {
      offset += seconds * 1000;
    },
  };
}

function tracked(start: () => Store): { readonly open: () => Store; readonly close: () => Promise<void> } {
  const stores: Store[] = [];
  return {
    open: () => {
      const store = start();
      stores.push(store);
      return store;
    },
    close: async () => void (await Promise.all(stores.map((store) => store.close()))),
  };
}
