/** `stepgate backup` and `stepgate restore`, for both kinds of store (decision 51). */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseName, filesOfStore, hasWholeDatabase, makeDatabase } from '../data-dir.ts';
import { openDatabase } from '../embedded/database.ts';
import { keyringKey, revisionPointerKey, storeStateKey } from '../keys.ts';
import { openStore, type StoreSettings } from '../open.ts';
import { assertRedisSafe } from '../redis/check.ts';
import { connectRedis, type RedisClient, redisFailure } from '../redis/client.ts';
import { defaultPrefix } from '../redis/redis.ts';
import { parseRedisUrl } from '../redis/url.ts';
import { releaseSchema, type StoreSchema } from '../schema.ts';
import { readStamp, withStamp } from '../stamp.ts';
import type { StoreState } from '../store.ts';
import { assertUsable, nextEpoch, parseState } from '../store-state.ts';
import { dumpEmbedded } from './dump-embedded.ts';
import { dumpRedis, mastersOf } from './dump-redis.ts';
import { type Decryption, type Encryption, readBackupFile, writeBackupFile } from './file.ts';
import { type BackupHeader, type BackupLine, backupText } from './lines.ts';
import { BackupRefused } from './refused.ts';
import { restoreEmbedded } from './restore-embedded.ts';
import { isEmptyRedis, restoreRedis } from './restore-redis.ts';
import type { Restored } from './restored.ts';

export interface BackupSummary {
  readonly madeAt: string;
  readonly users: number;
  /** Documents, counters, and parts of sets and logs. */
  readonly parts: number;
  /** Keys of documents that this release cannot read: they are not in the file. Absent: all are. */
  readonly leftOut?: readonly string[];
}

/** Time limits of the connection: some pages of SCAN take longer than a request may (milliseconds). */
const patience = { connect: 5_000, ready: 10_000, command: 60_000, replicas: 500 } as const;

/** Rejects with `BackupRefused`, with `StoreUnavailable`, and with what the disk rejects with. */
export async function backUp(
  settings: StoreSettings,
  file: string,
  { encryption, now }: { readonly encryption: Encryption; readonly now: number },
): Promise<BackupSummary> {
  // Refuses a store that is none, or that lost something: its backup would take the place of a good one.
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

/** Without documents that a restore would refuse, and with it the whole file. Their keys go into `leftOut`. */
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
  /** The store may hold something, which is given up. */
  readonly replace: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What becomes of a document of this release on the way, by its key. Default: it stays as it is. */
  readonly change?: (key: string, text: string) => string;
  /** How long requests on a Redis that is replaced may still write (milliseconds). Default: 5 seconds, as by Law 13. */
  readonly settle?: number;
}

/**
 * Reads the file to its end before anything is written. Rejects with `BackupRefused`, with `StoreUnavailable`, and with
 * what the disk rejects with.
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
    // Before anything is written: a Redis that would not keep it is refused as by every other command.
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

/** A document of the version before is changed as one of this release, and goes into the store as what it was. */
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
