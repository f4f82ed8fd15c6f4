/**
 * Reads a Redis for a backup. SCAN takes no snapshot, so the order matters. An entry that refers to others that never
 * change is read before them (the pointer before the documents). One that counts only together with another is read
 * after it (reservations after users). A user and the user's credentials are read in one step.
 */
import { keyRow } from '../key-table.ts';
import { revisionPointerKey, storeStateKey } from '../keys.ts';
import { mastersOf, type RedisClient } from '../redis/client.ts';
import { tagOf } from '../redis/slots.ts';
import { readStamp } from '../stamp.ts';
import { parseState } from '../store-state.ts';
import { type BackupHeader, type BackupLine, type CounterWindow, isBackedUp, newHeader } from './backup-lines.ts';

interface Source {
  readonly client: RedisClient;
  /** The prefix of every key. */
  readonly prefix: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const pageSize = 500;

/** Rejects with `StoreUnavailable` if the store has no state, and with errors from Redis. */
export async function dumpRedis(source: Source): Promise<{ header: BackupHeader; lines: AsyncIterable<BackupLine> }> {
  const { client, prefix, now } = source;
  const state = await client.hget(prefix + storeStateKey, 'v');
  const { schema, rewriting, epoch } = parseState(readStamp(state ?? '')?.text ?? '');
  const header = newHeader({ madeAt: new Date(now).toISOString(), schema, epoch, ...(rewriting && { rewriting }) });
  return { header, lines: linesOf(source) };
}

async function* linesOf(source: Source): AsyncIterable<BackupLine> {
  yield* await entriesOf(source, revisionPointerKey);
  for await (const key of keysOf(source)) {
    if (key.startsWith('counter/')) yield* await countersOf(source, key);
    else if (isBackedUp(key) && !isReservation(key) && key !== revisionPointerKey) yield* partsOf(source, key);
  }
  for await (const key of keysOf(source)) if (isReservation(key)) yield* await entriesOf(source, key);
  for await (const key of keysOf(source)) if (isBackedUp(key) && holds(key) === 'set') yield* membersOf(source, key);
}

function holds(key: string): string | undefined {
  return keyRow(key.slice(0, key.indexOf(':')))?.holds;
}

/** Whether the entry counts only together with the user that it refers to. */
function isReservation(key: string): boolean {
  return keyRow(key.slice(0, key.indexOf(':')))?.references.includes('user') === true && isBackedUp(key);
}

/** All keys, without the prefix. A key may appear twice. */
async function* keysOf({ client, prefix }: Source): AsyncIterable<string> {
  const seen = new Set<string>();
  for (const master of mastersOf(client)) {
    let cursor = '0';
    do {
      const [next, keys] = await master.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', pageSize);
      for (const key of keys) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield key.slice(prefix.length);
      }
      cursor = next;
    } while (cursor !== '0');
  }
}

async function* partsOf(source: Source, key: string): AsyncIterable<BackupLine> {
  // Credentials are read with their user. Sets are read last, after everything that their members name.
  if (key.startsWith('credentials:') || holds(key) === 'set') return;
  if (holds(key) === 'log') yield* logOf(source, key);
  else yield* await entriesOf(source, key);
}

/** The entry and the entries in its slot that it refers to, read at one moment. */
async function entriesOf({ client, prefix }: Source, key: string): Promise<readonly BackupLine[]> {
  const rows = (await client.stepgateLoad(1, prefix + key, prefix, tagOf(key))) as readonly (readonly (
    | string
    | null
  )[])[];
  return rows.flatMap(([found, value, version, refs, consumed]): readonly BackupLine[] => {
    if (typeof found !== 'string' || typeof value !== 'string') return [];
    const entry = { is: 'entry', key: found, value, version: Number(version) } as const;
    const consumedAt = consumed === null || consumed === undefined ? {} : { consumed: Number(consumed) };
    return [{ ...entry, refs: refs ? JSON.parse(refs) : [], ...consumedAt }];
  });
}

async function* logOf({ client, prefix }: Source, key: string): AsyncIterable<BackupLine> {
  let start = '-';
  for (;;) {
    const lines = await client.xrange(prefix + key, start, '+', 'COUNT', pageSize);
    const last = lines.at(-1);
    if (last === undefined) return;
    yield { is: 'log', key, values: lines.map(([, [, value = '']]) => value) };
    start = `(${last[0]}`;
  }
}

async function* membersOf({ client, prefix }: Source, key: string): AsyncIterable<BackupLine> {
  let cursor = '0';
  do {
    const [next, members] = await client.sscan(prefix + key, cursor, 'COUNT', pageSize);
    if (members.length > 0) yield { is: 'set', key, members };
    cursor = next;
  } while (cursor !== '0');
}

/** `name`: the key without the prefix of counters. */
async function countersOf({ client, prefix, now }: Source, name: string): Promise<readonly BackupLine[]> {
  const [fields, left] = await Promise.all([client.hgetall(prefix + name), client.pttl(prefix + name)]);
  const windows = Object.entries(fields).flatMap(([field, count]): readonly CounterWindow[] => {
    if (!field.startsWith('n')) return [];
    const window = Number(field.slice(1));
    // A counter whose window never closes lasts until the key expires, if it does.
    const closes = window === 0 ? (left > 0 ? now + left : null) : Number(fields[`x${window}`]);
    return closes !== null && closes <= now ? [] : [{ window, count: Number(count), until: closes }];
  });
  return windows.length === 0 ? [] : [{ is: 'counter', key: name.slice('counter/'.length), windows }];
}
