/** Where a store is: for tests that make backups of it, and write them back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAsItIs, type StoreSettings } from '../../../src/stores/open.ts';
import { openRedis } from '../../../src/stores/redis/redis.ts';
import { releaseSchema, type StoreSchema } from '../../../src/stores/schema.ts';
import type { Store } from '../../../src/stores/store.ts';
import { createState } from '../../../src/stores/store-state.ts';
import { longPatience, type RedisServer, startRedis, startRedisCluster, startReplica, startSentinel } from './redis.ts';

export interface StorePlace {
  readonly settings: StoreSettings;
  /** A connection of its own, for a release with this schema. */
  connect(schema?: StoreSchema): Promise<Store>;
  stop(): Promise<void>;
}

export interface KindOfPlace {
  readonly name: string;
  /** A store that holds nothing but its state. */
  make(): Promise<StorePlace>;
}

async function onDisk(): Promise<StorePlace> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-store-'));
  const dataDir = join(dir, 'data');
  const opened: Store[] = [];
  return {
    settings: { dataDir },
    async connect(schema = releaseSchema) {
      const store = await openAsItIs({ dataDir, schema }, (empty) => createState(empty, schema));
      opened.push(store);
      return store;
    },
    async stop() {
      for (const store of opened) await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function onRedis(redis: Pick<RedisServer, 'url' | 'stop'>): Promise<StorePlace> {
  const opened: Store[] = [];
  return {
    settings: { redisUrl: redis.url, dataDir: '/nowhere' },
    async connect(schema = releaseSchema) {
      const store = openRedis({ url: redis.url, patience: longPatience, schema });
      opened.push(store);
      await createState(store, schema);
      return store;
    },
    async stop() {
      for (const store of opened) await store.close();
      await redis.stop();
    },
  };
}

export const kindsOfPlace: readonly KindOfPlace[] = [
  { name: 'embedded', make: onDisk },
  { name: 'redis', make: async () => onRedis(await startRedis()) },
];

/** A master and its replica, found by a sentinel. */
export const sentinelPlace: KindOfPlace = {
  name: 'Redis Sentinel',
  async make() {
    const master = await startRedis();
    const replica = await startReplica(master);
    const sentinel = await startSentinel(master);
    const stop = async (): Promise<void> => {
      for (const server of [sentinel, replica, master]) await server.stop();
    };
    return onRedis({ url: sentinel.url, stop });
  },
};

export const clusterPlace: KindOfPlace = {
  name: 'Redis Cluster',
  make: async () => onRedis(await startRedisCluster()),
};
