/** The stores that whole-system tests run on. */
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { openRedis } from '../../../src/stores/redis/redis.ts';
import type { Store } from '../../../src/stores/store.ts';
import { age, longPatience, startRedis } from './redis.ts';

export interface StoreUnderTest {
  readonly name: string;
  /** Opens the first connection. */
  open(): Promise<OpenedStore>;
}

export interface OpenedStore {
  readonly store: Store;
  /** Opens a further connection to the same data. */
  readonly again: () => Promise<Store>;
  /** So many seconds go by in no time: what is kept has so much less to live. */
  readonly pass: (seconds: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const storesUnderTest: readonly StoreUnderTest[] = [
  {
    name: 'embedded',
    async open() {
      let ahead = 0;
      const store = openEmbedded({ file: ':memory:', now: () => Date.now() + ahead });
      return {
        store,
        again: async () => store,
        async pass(seconds) {
          ahead += seconds * 1000;
        },
        stop: () => store.close(),
      };
    },
  },
  {
    name: 'redis',
    async open() {
      const redis = await startRedis();
      const opened: Store[] = [];
      const again = async (): Promise<Store> => {
        const store = openRedis({ url: redis.url, patience: longPatience });
        await store.ping();
        opened.push(store);
        return store;
      };
      return {
        store: await again(),
        again,
        pass: (seconds) => age(redis, seconds),
        async stop() {
          for (const store of opened) await store.close();
          await redis.stop();
        },
      };
    },
  },
];
