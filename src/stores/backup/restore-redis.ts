/**
 * Writes a backup into a Redis. During the restore the state of the store says so, and every node refuses to serve. The
 * keys, the pointer to the configuration and the state are written last, in one step.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { KeyKind } from '../key-table.ts';
import { keyringKey, revisionPointerKey, storeStateKey } from '../keys.ts';
import { mastersOf, type RedisClient } from '../redis/client.ts';
import { withStamp } from '../stamp.ts';
import type { StoreState } from '../store.ts';
import type { BackupLine } from './backup-lines.ts';
import { type Restored, restoredVersion } from './restored-version.ts';

export interface RestoreTarget {
  readonly client: RedisClient;
  /** The prefix of every key. */
  readonly prefix: string;
  /** How long requests that began earlier may still write (milliseconds). */
  readonly settle: number;
}

const pageSize = 500;
/** How long to wait until the replicas have everything (milliseconds). Below the time limit of a command. */
const replicaPatience = 1_500;
/** Commands in flight at once. */
const batchSize = 200;

/** Nodes write these all the time, even into a store that has lost everything. */
const passingKinds: readonly KeyKind[] = ['write-probe', 'replication-barrier'];

export async function isEmptyRedis({ client, prefix }: Pick<RestoreTarget, 'client' | 'prefix'>): Promise<boolean> {
  const passing = passingKinds.map((kind) => `${prefix}${kind}:`);
  for await (const keys of pagesOf(client, prefix))
    if (keys.some((key) => !passing.some((start) => key.startsWith(start)))) return false;
  return true;
}

/** Replaces everything with the prefix. Rejects with errors from Redis and of `restored.lines`. */
export async function restoreRedis(target: RestoreTarget, restored: Restored): Promise<void> {
  const { client, settle } = target;
  const { state, now } = restored;
  const wasEmpty = await isEmptyRedis(target);
  await writeLast(target, state, [[storeStateKey, stateText({ ...state, restoring: true }), 1]]);
  if (!wasEmpty) await pause(settle);
  await empty(target);
  const last: (readonly [key: string, value: string, version: number])[] = [];
  let batch: Promise<unknown>[] = [];
  for await (const line of restored.lines) {
    if (line.is === 'entry' && (line.key === keyringKey || line.key === revisionPointerKey))
      last.push([line.key, line.value, line.version]);
    else batch.push(write(target, line, { state, now }));
    // Parts of one log must stay in order.
    if (batch.length < batchSize && line.is !== 'log') continue;
    await Promise.all(batch);
    batch = [];
  }
  await Promise.all(batch);
  await reachReplicas(client);
  await writeLast(target, state, [...last, [storeStateKey, stateText(state), 1]]);
  await reachReplicas(client);
}

function stateText(state: StoreState): string {
  return withStamp({ version: state.schema, epoch: state.epoch, text: JSON.stringify(state) });
}

/** All of these share a slot. */
async function writeLast(
  { client, prefix }: RestoreTarget,
  state: StoreState,
  entries: readonly (readonly [key: string, value: string, version: number])[],
): Promise<void> {
  const transaction = client.multi();
  for (const [key, value, version] of entries) {
    transaction.del(prefix + key);
    transaction.hset(prefix + key, { v: value, r: '', n: restoredVersion(version, state) });
  }
  await transaction.exec();
}

async function empty({ client, prefix }: RestoreTarget): Promise<void> {
  for await (const keys of pagesOf(client, prefix)) {
    const gone = keys.filter((key) => key !== prefix + storeStateKey);
    await Promise.all(gone.map((key) => client.unlink(key)));
  }
}

async function* pagesOf(client: RedisClient, prefix: string): AsyncIterable<readonly string[]> {
  for (const master of mastersOf(client)) {
    let cursor = '0';
    do {
      const [next, keys] = await master.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', pageSize);
      yield keys;
      cursor = next;
    } while (cursor !== '0');
  }
}

async function write(
  { client, prefix }: RestoreTarget,
  line: BackupLine,
  { state, now }: Pick<Restored, 'state' | 'now'>,
): Promise<void> {
  const key = prefix + line.key;
  switch (line.is) {
    case 'entry': {
      const r = line.refs.length === 0 ? '' : JSON.stringify(line.refs);
      const consumed = line.consumed === undefined ? {} : { c: line.consumed };
      await client.hset(key, { v: line.value, n: restoredVersion(line.version, state), r, ...consumed });
      return;
    }
    case 'set':
      if (line.members.length > 0) await client.sadd(key, ...line.members);
      return;
    case 'log':
      await Promise.all(line.values.map((value) => client.xadd(key, '*', 'v', value)));
      return;
    case 'counter':
      await writeCounter(
        client,
        `${prefix}counter/${line.key}`,
        line.windows.filter(({ until }) => (until ?? now + 1) > now),
      );
  }
}

async function writeCounter(
  client: RedisClient,
  key: string,
  windows: Extract<BackupLine, { is: 'counter' }>['windows'],
): Promise<void> {
  if (windows.length === 0) return;
  const fields = windows.flatMap(({ window, count, until }) => [
    [`n${window}`, count],
    [`x${window}`, window === 0 ? 0 : (until ?? 0)],
  ]);
  const endless = windows.find(({ window }) => window === 0);
  const ends = endless ? endless.until : Math.max(...windows.map(({ until }) => until ?? 0));
  await client.hset(key, Object.fromEntries(fields));
  if (ends === null) await client.persist(key);
  else await client.pexpireat(key, ends);
}

/** Never throws: a replica that is behind catches up later, and `restore` then waits for confirmation. */
async function reachReplicas(client: RedisClient): Promise<void> {
  await Promise.all(
    mastersOf(client).map(async (master) => {
      const [, , replicas] = await master.role();
      if (Array.isArray(replicas) && replicas.length > 0) await master.wait(replicas.length, replicaPatience);
    }),
  );
}
