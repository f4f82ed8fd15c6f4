/** Opens the store that the settings name, and checks that it is an initialised store of this installation. */
import { join } from 'node:path';
import { StepgateError, StoreUnavailable } from '../errors.ts';
import { databaseName, openDataDir } from './data-dir.ts';
import { keyringKey, revisionPointerKey, usersKey } from './keys.ts';
import type { RedisDurability } from './redis/durability-check.ts';
import { releaseSchema, type StoreSchema } from './schema.ts';
import type { Store } from './store.ts';
import { createState } from './store-state.ts';

export interface StoreSettings {
  /** Address of a Redis (see `parseRedisUrl`). Absent for the embedded store. */
  readonly redisUrl?: string;
  /** Directory of the embedded store. */
  readonly dataDir: string;
  /** Called with warnings for the operator, such as lost connections. */
  readonly warn?: (text: string) => void;
  /** Called with what is unsafe about the settings of Redis, each time the store is opened. Default: `warn`. */
  readonly advise?: (text: string) => void;
  /** Default: the schema of this release. */
  readonly schema?: StoreSchema;
  /** What Redis must guarantee. Default: `replicas`. */
  readonly durability?: RedisDurability;
  /** For a command, which has time to find out which Redis replicas are dead before it writes. */
  readonly isPatient?: boolean;
}

/**
 * Fills a new store that has an epoch: the keys first, the pointer to the configuration last. Can be repeated safely.
 */
export type Initialise = (store: Store) => Promise<void>;

/**
 * Opens the store that the settings name, and checks that it may be used. An empty store may have lost everything, so
 * it counts as new only if the caller passes `fill`. Rejects with `StoreUnavailable` if the store may not be used or
 * lost data, with `StepgateError('not_configured')` if it is empty, and with errors of `fill`.
 */
export async function openStore(settings: StoreSettings, fill?: Initialise): Promise<Store> {
  const initialise = fill && initialiseWith(settings, fill);
  const store = await openAsItIs(settings, initialise);
  try {
    if (await isInitialised(store, settings)) return store;
    if (settings.redisUrl === undefined) throw damaged(settings.dataDir);
    if (initialise === undefined) throw new StepgateError('not_configured', emptyRedis);
    await initialise(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The epoch comes first, so that every later write belongs to it. */
function initialiseWith({ schema = releaseSchema }: StoreSettings, fill: Initialise): Initialise {
  return async (store) => {
    await createState(store, schema);
    await fill(store);
  };
}

/** Like `openStore`, but accepts any content, for commands that examine a store. */
export async function openAsItIs(settings: StoreSettings, initialise?: Initialise): Promise<Store> {
  const { redisUrl: url, dataDir, warn = () => {}, advise = warn, schema = releaseSchema } = settings;
  if (url === undefined) return openDataDir(dataDir, { initialise, schema });
  const { isPatient = false, durability = 'replicas' } = settings;
  const onTrouble = (error: Error): void => warn(`Redis: ${error.message}`);
  // Loaded only here: the package takes a quarter of the start-up time, and the embedded store does not need it.
  const { openRedis } = await import('./redis/redis.ts');
  const store = openRedis({ url, schema, isPatient, durability, onTrouble });
  try {
    for (const warning of await store.examine()) advise(warning);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

const emptyRedis =
  'this Redis holds no store of Stepgate. If it is new, run `npm run stepgate -- config apply --init`. ' +
  'If it was in use, its content is lost: restore it from a backup';

const beforeFirstRelease =
  'this store does not say which version its documents have: it was written before the first release, and no release ' +
  'reads it. Empty it to start again';

/** False if the store is empty, or contains only what an interrupted initialisation wrote. */
async function isInitialised(store: Store, { redisUrl, dataDir }: StoreSettings): Promise<boolean> {
  const { entries, state } = await store.load([keyringKey, revisionPointerKey]);
  const hasKeys = entries.get(keyringKey) !== undefined;
  const hasConfiguration = entries.get(revisionPointerKey) !== undefined;
  if (hasKeys && hasConfiguration && state?.epoch === 0) throw new StoreUnavailable(beforeFirstRelease);
  if (hasKeys && hasConfiguration) return true;
  if (hasKeys || !(hasConfiguration || (await hasUsers(store)))) return false;
  const where = redisUrl === undefined ? join(dataDir, databaseName) : 'this Redis';
  throw new StoreUnavailable(`the keys are gone from ${where}: restore it from a backup, or empty it to start again`);
}

async function hasUsers(store: Store): Promise<boolean> {
  for await (const page of store.members(usersKey)) if (page.length > 0) return true;
  return false;
}

function damaged(dataDir: string): StoreUnavailable {
  const file = join(dataDir, databaseName);
  return new StoreUnavailable(
    `${file} is damaged: it holds no keys or no configuration. Restore it from a backup together with its log ` +
      `(${databaseName}-wal), or empty ${dataDir} to start again`,
  );
}

const durabilities = ['memory', 'replicas', 'fsync'] as const satisfies readonly RedisDurability[];

/** Reads `REDIS_DURABILITY`. Throws `RangeError` for an unknown value. */
export function readDurability(text: string | undefined): RedisDurability | undefined {
  const found = durabilities.find((durability) => durability === text);
  if (text && found === undefined)
    throw new RangeError(`REDIS_DURABILITY is none of ${durabilities.join(', ')}: ${text}`);
  return found;
}
