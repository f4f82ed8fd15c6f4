/** The stores that whole-system tests run on. */
import { openEmbedded } from '../../src/stores/embedded.ts';
import { openRedis } from '../../src/stores/redis.ts';
import type { Store } from '../../src/stores/store.ts';
import { startRedis } from './redis.ts';

export interface StoreUnderTest {
  readonly name: string;
  /** Opens the first connection; `again` opens further ones to the same data. */
  open(): Promise<{ readonly store: Store; readonly again: () => Promise<Store>; readonly stop: () => Promise<void> }>;
}

export const storesUnderTest: readonly StoreUnderTest[] = [
  {
    name: 'embedded',
    async open() {
      const store = openEmbedded({ file: ':memory:' });
      return { store, again: async () => store, stop: () => store.close() };
    },
  },
  {
    name: 'redis',
    async open() {
      const redis = await startRedis();
      const opened: Store[] = [];
      const again = async (): Promise<Store> => {
        const store = openRedis({ url: redis.url });
        await store.ping();
        opened.push(store);
        return store;
      };
      return {
        store: await again(),
        again,
        async stop() {
          for (const store of opened) await store.close();
          await redis.stop();
        },
      };
    },
  },
];
