/** `stepgate backup` and `stepgate restore`, for both kinds of store (decision 51). */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseName, filesOfStore, hasWholeDatabase, makeDatabase } from '../data-dir.ts';
import { openDatabase } from '../embedded/database.ts';
import { keyringKey, revisionPointerKey, storeStateKey } from '../keys.ts';
import { openStore, type StoreSettings } from '../open.ts';
import { connectRedis, mastersOf, type RedisClient, redisFailure } from '../redis/client.ts';
import { assertRedisSafe } from '../redis/durability-check.ts';
import { defaultPrefix } from '../redis/redis.ts';
import { parseRedisUrl } from '../redis/url.ts';
import { releaseSchema, type StoreSchema } from '../schema.ts';
import { readStamp, withStamp } from '../stamp.ts';
import type { StoreState } from '../store.ts';
import { assertUsable, nextEpoch, parseState } from '../store-state.ts';
import { type Decryption, type Encryption, readBackupFile, writeBackupFile } from './backup-file.ts';
import { type BackupHeader, type BackupLine, backupText } from './backup-lines.ts';
import { BackupRefused } from './backup-refused.ts';
import { dumpEmbedded } from './dump-embedded.ts';
import { dumpRedis } from './dump-redis.ts';
import { restoreEmbedded } from './restore-embedded.ts';
import { isEmptyRedis, restoreRedis } from './restore-redis.ts';
import type { Restored } from './restored-version.ts';

export interface BackupSummary {
  readonly madeAt: string;
  readonly users: number;
  /** The number of documents, counters, and parts of sets and logs. */
  readonly parts: number;
  /** Keys of documents that this release cannot read. They are missing from the file. Absent if there are none. */
  readonly leftOut?: readonly string[];
}

/** Time limits of the connection (milliseconds). Some pages of SCAN take longer than a normal request may. */
const patience = { connect: 5_000, ready: 10_000, command: 60_000, replicas: 500 } as const;

/** Rejects with `BackupRefused`, with `StoreUnavailable`, and with what the disk rejects with. */
export async function backUp(
  settings: StoreSettings,
  file: string,
  { encryption, now }: { readonly encryption: Encryption; readonly now: number },
): Promise<BackupSummary> {
  // Refuses an empty store, and one that lost data: its backup could replace a good one.
  await (await openStore(settings)).close();
  const counted = { madeAt: new Date(now).toISOString(), users: 0, parts: 0 };
  const leftOut: string[] = [];
  const schema = settings.schema ?? releaseSchema;
  const count = (line: BackupLine): void => {
    counted.parts += 1;
    if (line.is === 'entry' && line.key.startsWith('user:')) counted.users += 1;
  };
  await withDump(settings, now, ({ header, lines }) =>
    writeBackupFile(file, backupText(header, readableOnly(lines, schema, leftOut), count), encryption),
  );
  return leftOut.length === 0 ? counted : { ...counted, leftOut };
}

/** Leaves out documents that a restore would refuse together with the whole file, and adds their keys to `leftOut`. */
async function* readableOnly(
  lines: AsyncIterable<BackupLine>,
  schema: StoreSchema,
  leftOut: string[],
): AsyncIterable<BackupLine> {
  for await (const line of lines) {
    if (line.is === 'entry' && !isReadable(line.value, schema)) leftOut.push(line.key);
    else yield line;
  }
}

interface Dumped {
  readonly header: BackupHeader;
  readonly lines: AsyncIterable<BackupLine>;
}

async function withDump(
  { redisUrl, dataDir, warn }: StoreSettings,
  now: number,
  use: (dump: Dumped) => Promise<void>,
): Promise<void> {
  if (redisUrl !== undefined)
    return withRedis(redisUrl, warn, async (client) => use(await dumpRedis({ client, prefix: defaultPrefix, now })));
  const dump = dumpEmbedded(join(dataDir, databaseName), now);
  try {
    await use(dump);
  } finally {
    dump.close();
  }
}

async function withRedis<T>(
  url: string,
  warn: (text: string) => void = () => {},
  use: (client: RedisClient) => Promise<T>,
): Promise<T> {
  const { client, ready } = connectRedis(url, (error) => warn(`Redis: ${error.message}`), patience);
  try {
    await ready();
    return await use(client);
  } catch (error) {
    throw error instanceof BackupRefused ? error : redisFailure(error);
  } finally {
    client.disconnect();
  }
}

export interface RestoreOptions {
  readonly decryption: Decryption;
  /** Give up what the store contains, if anything. */
  readonly replace: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Changes a document of this release before it is written. Default: no change. */
  readonly change?: (key: string, text: string) => string;
  /** How long requests on a replaced Redis may still write (milliseconds). Default: 5 seconds, by Law 13. */
  readonly settle?: number;
}

/**
 * Reads the whole file before writing anything. Rejects with `BackupRefused`, with `StoreUnavailable`, and with errors
 * of the disk.
 */
export async function restoreBackup(
  settings: StoreSettings,
  file: string,
  options: RestoreOptions,
): Promise<BackupSummary> {
  const { schema = releaseSchema, redisUrl } = settings;
  const { header, summary } = await verify(file, options.decryption, schema);
  const stateAfter = (before: StoreState | undefined): StoreState => ({
    schema: header.schema,
    epoch: nextEpoch(Math.max(header.epoch, before?.epoch ?? 0), options.now),
    ...(header.rewriting && { rewriting: true }),
  });
  const restored = async (before: StoreState | undefined): Promise<Restored> => {
    const { lines } = await readBackupFile(file, options.decryption);
    return { lines: changed(lines, schema, options.change), state: stateAfter(before), now: options.now };
  };
  if (redisUrl === undefined) await intoDirectory(settings, options, restored);
  else await intoRedis(redisUrl, settings, { options, restored });
  return summary;
}

type MakeRestored = (before: StoreState | undefined) => Promise<Restored>;

async function intoRedis(
  url: string,
  { warn, durability = 'replicas' }: StoreSettings,
  { options, restored }: { readonly options: RestoreOptions; readonly restored: MakeRestored },
): Promise<void> {
  await withRedis(url, warn, async (client) => {
    const target = { client, prefix: defaultPrefix, settle: options.settle ?? 5_000 };
    // Checked before anything is written. Like every other command, this refuses a Redis that would not keep the data.
    const isReplicated = parseRedisUrl(url).kind !== 'standalone';
    await assertRedisSafe(mastersOf(client), { now: Date.now, durability, isReplicated });
    if (!options.replace && !(await isEmptyRedis(target))) throw notEmpty('this Redis');
    const before = readableState(await client.hget(defaultPrefix + storeStateKey, 'v'));
    await restoreRedis(target, await restored(before));
  });
}

async function intoDirectory(
  { dataDir }: StoreSettings,
  { replace }: RestoreOptions,
  restored: MakeRestored,
): Promise<void> {
  const found = filesOfStore(dataDir);
  if (found.length > 0 && !replace) throw notEmpty(dataDir);
  if (hasWholeDatabase(dataDir)) {
    const file = join(dataDir, databaseName);
    return restoreEmbedded(file, await restored(stateIn(file)));
  }
  const content = await restored(undefined);
  for (const file of found) await rm(file, { force: true });
  await makeDatabase(dataDir, (file) => restoreEmbedded(file, content));
}

function stateIn(file: string): StoreState | undefined {
  const database = openDatabase(file);
  try {
    const row = database.prepare('SELECT v FROM entries WHERE k=?').get(storeStateKey);
    return readableState(row === undefined ? null : String(row.v));
  } finally {
    database.close();
  }
}

function readableState(value: string | null): StoreState | undefined {
  try {
    return parseState(readStamp(value ?? '')?.text ?? '');
  } catch {
    return undefined;
  }
}

function notEmpty(where: string): BackupRefused {
  return new BackupRefused(
    'store_not_empty',
    `${where} holds a store, or what is left of one. With --replace, the backup takes its place`,
  );
}

async function verify(
  file: string,
  decryption: Decryption,
  schema: StoreSchema,
): Promise<{ readonly header: BackupHeader; readonly summary: BackupSummary }> {
  const { header, lines } = await readBackupFile(file, decryption);
  try {
    assertUsable(header, schema);
  } catch (error) {
    throw new BackupRefused('backup_version', (error as Error).message, error);
  }
  const needed = new Set([keyringKey, revisionPointerKey]);
  let users = 0;
  let parts = 0;
  for await (const line of lines) {
    parts += 1;
    needed.delete(line.key);
    if (line.key.startsWith('user:') && line.is === 'entry') users += 1;
    if (line.is === 'entry') assertReadable(line, schema);
  }
  if (needed.size > 0) throw new BackupRefused('backup_damaged', 'the file holds no keys, or no configuration');
  return { header, summary: { madeAt: header.madeAt, users, parts } };
}

function isReadable(value: string, { version }: StoreSchema): boolean {
  const found = readStamp(value)?.version;
  return found === version || found === version - 1;
}

function assertReadable({ key, value }: Extract<BackupLine, { is: 'entry' }>, schema: StoreSchema): void {
  if (isReadable(value, schema)) return;
  const found = readStamp(value)?.version ?? 'none';
  throw new BackupRefused('backup_version', `${key} in the file has version ${found}, not ${schema.version}`);
}

/**
 * Applies `change` to each document. A document of the previous version is upgraded first and downgraded afterwards.
 */
async function* changed(
  lines: AsyncIterable<BackupLine>,
  { version, upgrade, downgrade }: StoreSchema,
  change: RestoreOptions['change'],
): AsyncIterable<BackupLine> {
  for await (const line of lines) {
    const stamp = line.is === 'entry' && change ? readStamp(line.value) : undefined;
    if (line.is !== 'entry' || change === undefined || stamp === undefined) {
      yield line;
      continue;
    }
    const kind = line.key.slice(0, line.key.indexOf(':'));
    const isOlder = stamp.version < version;
    const next = change(line.key, isOlder ? upgrade(kind, stamp.text) : stamp.text);
    yield { ...line, value: withStamp({ ...stamp, text: isOlder ? downgrade(kind, next) : next }) };
  }
}
