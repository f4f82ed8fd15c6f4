/**
 * `stepgate store finish-upgrade`: from then on the store is written in the version of this release, and existing
 * documents are rewritten. Afterwards no older release can use the store (decision 52).
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { databaseName } from './data-dir.ts';
import { openDatabase } from './embedded/database.ts';
import { openStore, type StoreSettings } from './open.ts';
import { connectRedis, mastersOf, type RedisClient, redisFailure } from './redis/client.ts';
import { defaultPrefix } from './redis/redis.ts';
import { releaseSchema, type StoreSchema } from './schema.ts';
import { readStamp, withStamp } from './stamp.ts';
import { changeState, readState } from './store-state.ts';

export interface FinishedUpgrade {
  readonly version: number;
  /** Number of rewritten documents. */
  readonly rewritten: number;
  /** The upgrade had been finished already. */
  readonly wasFinished: boolean;
}

/** No request takes longer, by Law 13 (milliseconds). */
const longestRequest = 5_000;

/**
 * Can be repeated, and must be after an interruption. `settle`: how long requests that began earlier may still write
 * the older version (milliseconds). Rejects with `StoreUnavailable`, and with `StepgateError('busy')`.
 */
export async function finishUpgrade(
  settings: StoreSettings,
  { settle = longestRequest }: { readonly settle?: number } = {},
): Promise<FinishedUpgrade> {
  const { schema = releaseSchema } = settings;
  const { version } = schema;
  const store = await openStore(settings);
  try {
    const { entry, state } = await readState(store);
    if (state.schema === version && !state.rewriting) return { version, rewritten: 0, wasFinished: true };
    await changeState(store, entry, { ...state, schema: version, rewriting: true });
    await pause(settle);
    const count = await rewriteAll(settings, schema);
    // Without this, a master that fails could bring back an older document after the state says that there are none.
    await store.confirm();
    const after = await readState(store);
    const { rewriting: _, ...finished } = after.state;
    await changeState(store, after.entry, finished);
    return { version, rewritten: count, wasFinished: false };
  } finally {
    await store.close();
  }
}

function rewriteAll({ redisUrl, dataDir, warn = () => {} }: StoreSettings, schema: StoreSchema): Promise<number> {
  if (redisUrl === undefined) return rewriteEmbedded(join(dataDir, databaseName), schema);
  return rewriteRedis(redisUrl, schema, warn);
}

/** The value in the version of `schema`. Undefined if it already has that version. */
function rewritten(key: string, value: string, { version, upgrade }: StoreSchema): string | undefined {
  const stamp = readStamp(value);
  if (stamp === undefined || stamp.version !== version - 1) return undefined;
  const kind = key.slice(0, key.indexOf(':'));
  return withStamp({ version, epoch: stamp.epoch, text: upgrade(kind, stamp.text) });
}

const pageSize = 200;

/**
 * Rewrites a few documents at a time, so that nodes can write in between. A document that changed in the meantime stays
 * as it is.
 */
async function rewriteEmbedded(file: string, schema: StoreSchema): Promise<number> {
  const database = openDatabase(file);
  try {
    const page = database.prepare(
      `SELECT rowid AS at, k, v FROM entries WHERE rowid>? ORDER BY rowid LIMIT ${pageSize}`,
    );
    const write = database.prepare('UPDATE entries SET v=?3 WHERE k=?1 AND v=?2');
    let count = 0;
    let last = 0;
    for (;;) {
      const rows = page.all(last);
      for (const { k, v } of rows) {
        const value = rewritten(String(k), String(v), schema);
        if (value !== undefined) count += Number(write.run(k ?? '', v ?? '', value).changes);
      }
      if (rows.length < pageSize) return count;
      last = Number(rows.at(-1)?.at);
      await pause(1);
    }
  } finally {
    database.close();
  }
}

/** Keeps the lifetime and the version number of the entry, because its content is the same. */
const replaceValue = `#!lua
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2])
return 1`;

async function rewriteRedis(url: string, schema: StoreSchema, warn: (text: string) => void): Promise<number> {
  const { client, ready } = connectRedis(url, (error) => warn(`Redis: ${error.message}`));
  try {
    await ready();
    const counts = await Promise.all(mastersOf(client).map((master) => rewriteKeysOf(client, master, schema)));
    return counts.reduce((sum, count) => sum + count, 0);
  } catch (error) {
    throw redisFailure(error);
  } finally {
    client.disconnect();
  }
}

async function rewriteKeysOf(
  client: RedisClient,
  master: ReturnType<typeof mastersOf>[number],
  schema: StoreSchema,
): Promise<number> {
  let count = 0;
  let cursor = '0';
  do {
    const [next, keys] = await master.scan(cursor, 'MATCH', `${defaultPrefix}*`, 'COUNT', pageSize, 'TYPE', 'hash');
    for (const key of keys) {
      const value = await client.hget(key, 'v');
      const newer = value === null ? undefined : rewritten(key.slice(defaultPrefix.length), value, schema);
      if (value !== null && newer !== undefined) count += Number(await client.eval(replaceValue, 1, key, value, newer));
    }
    cursor = next;
  } while (cursor !== '0');
  return count;
}
