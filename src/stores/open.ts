/** Picks the store that the settings name, and opens it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbedded } from './embedded.ts';
import { openRedis } from './redis.ts';
import type { Store } from './store.ts';

export interface StoreSettings {
  /** Address of a Redis (see `parseRedisUrl`); absent: the embedded store. */
  readonly redisUrl?: string;
  /** Directory of the embedded store, made when missing. */
  readonly dataDir: string;
  /** Takes what an operator should know: unsafe settings of Redis, lost connections. */
  readonly warn?: (text: string) => void;
}

/** Opens the store that the settings name and checks that it may be used. Rejects with `StoreUnavailable` when not. */
export async function openStore({ redisUrl, dataDir, warn = () => {} }: StoreSettings): Promise<Store> {
  if (redisUrl === undefined) {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return openEmbedded({ file: join(dataDir, 'stepgate.db') });
  }
  const store = openRedis({ url: redisUrl, onTrouble: (error) => warn(`Redis: ${error.message}`) });
  try {
    for (const warning of await store.examine()) warn(warning);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
