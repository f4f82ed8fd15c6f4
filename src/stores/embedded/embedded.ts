/** The embedded store: one SQLite file, for one machine. */
import type { DatabaseSync } from 'node:sqlite';
import { checkBatch, tightestLimits } from '../check-batch.ts';
import type { StoreSchema } from '../schema.ts';
import { stampedStore } from '../stamped-store.ts';
import {
  type Committed,
  counterOf,
  type Entry,
  type LoadedEntries,
  type LoadOptions,
  type Op,
  type Store,
} from '../store.ts';
import { type EmbeddedOps, embeddedOps } from './apply.ts';
import { type CountAttempt, embeddedCounters } from './counters.ts';
import { openDatabase, watchFile } from './database.ts';
import { markAsNeedingLog } from './log-mark.ts';
import { EmbeddedQueue } from './queue.ts';
import { embeddedSweep } from './sweep.ts';

export interface EmbeddedOptions {
  /** Path of the database file, created if missing. `:memory:` keeps nothing. Several processes may open one file. */
  readonly file: string;
  /** The clock for expiry (milliseconds since the epoch). */
  readonly now?: () => number;
  /** Default: the schema of this release. */
  readonly schema?: StoreSchema;
}

/** Milliseconds. */
const sweepEvery = 1_000;
/** Pause between two batches while there is a backlog (ms), so that requests are served in between. */
const sweepAgain = 20;
const pageSize = 500;

/**
 * The store in one SQLite file, for one machine. It is durable: a promise resolves after the fsync. Throws
 * `StoreUnavailable` if the file cannot be opened.
 */
export function openEmbedded({ file, now = Date.now, schema }: EmbeddedOptions): Store {
  const database = openDatabase(file);
  const queue = new EmbeddedQueue(database, watchFile(file));
  const count = embeddedCounters(database);
  const mark = () => markWhereItCan(database, file);
  mark();
  const stopSweeping = keepSweeping({ database, queue, now, mark });
  const parts: EmbeddedParts = { queue, ops: embeddedOps(database), count, now };
  const store: Store = {
    load: loadEntries(parts),
    commit: commitBatch(parts),
    async reserve(counter, limits) {
      tightestLimits(limits);
      return queue.write(() => count(counter, limits, { now: now(), orphan: false }));
    },
    members: memberPages(database, queue, now),
    tail: tailLines(database, queue),
    ping: () => queue.write(() => undefined),
    examine: async () => [],
    // Every write is synced before it is acknowledged.
    confirm: async () => undefined,
    async close() {
      if (!database.isOpen) return;
      stopSweeping();
      await queue.close();
      if (!database.isOpen) return;
      // The last connection writes the log into the file. No later connection may do so, because that would remove the
      // mark.
      database.close();
    },
  };
  return stampedStore(store, schema);
}

interface EmbeddedParts {
  readonly queue: EmbeddedQueue;
  readonly ops: EmbeddedOps;
  readonly count: CountAttempt;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

function loadEntries({ queue, ops, count, now }: EmbeddedParts): Store['load'] {
  return (keys, { reserve }: LoadOptions = {}): Promise<LoadedEntries> => {
    if (reserve === undefined) return queue.read(() => ({ entries: withReferences(ops, keys, now()) }));
    return queue.write(() => {
      const { when } = reserve;
      const keysAndOwner = [...keys, reserve.of, ...(when === undefined ? [] : [when.key])];
      const entries = withReferences(ops, keysAndOwner, now());
      if (when !== undefined && entries.get(when.key)?.version !== when.version) return { entries };
      const owner = entries.get(reserve.of)?.refs[0] ?? reserve.of;
      const counter = counterOf(owner, reserve.name);
      const orphan = entries.get(owner) === undefined;
      return { entries, counter, reservation: count(counter, reserve.limits, { now: now(), orphan }) };
    });
  };
}

/** The entries of these keys, and all entries that they refer to, directly or indirectly. */
function withReferences(ops: EmbeddedOps, keys: readonly string[], now: number): Map<string, Entry | undefined> {
  const entries = new Map<string, Entry | undefined>();
  for (let wanted = keys; wanted.length > 0; ) {
    const fresh = [...new Set(wanted)].filter((key) => !entries.has(key));
    const found = ops.entries(fresh, now);
    for (const key of fresh) entries.set(key, found.get(key));
    wanted = fresh.flatMap((key) => found.get(key)?.refs ?? []);
  }
  return entries;
}

function commitBatch({ queue, ops, now }: EmbeddedParts): Store['commit'] {
  return async (batch: readonly Op[]): Promise<Committed> => {
    checkBatch(batch);
    if (batch.length === 0) return { ok: true };
    return queue.write<Committed>(() => {
      const at = now();
      const failed = batch.find((op) => !ops.canApply(op, at));
      if (failed !== undefined) return { ok: false, failed, applied: [] };
      for (const op of batch) ops.apply(op, at);
      return { ok: true };
    });
  };
}

/**
 * Errors here (a lock, a full disk) are ignored and the mark is tried again later, since writers get the same errors.
 */
function markWhereItCan(database: DatabaseSync, file: string): void {
  try {
    markAsNeedingLog(database, file);
  } catch {}
}

interface Sweeping {
  readonly database: DatabaseSync;
  readonly queue: EmbeddedQueue;
  readonly now: () => number;
  /** Renews the mark of the file. */
  readonly mark: () => void;
}

function keepSweeping({ database, queue, now, mark }: Sweeping): () => void {
  const { due, sweep } = embeddedSweep(database);
  let timer: NodeJS.Timeout;
  const schedule = (delay: number): void => {
    timer = setTimeout(turn, delay).unref();
  };
  const turn = (): void => {
    void queue
      .read(() => due(now()))
      .then((is) => (is ? queue.write(() => sweep(now())) : false))
      // Errors are ignored and the sweep is tried again later, since the next read or write reports them.
      .catch(() => false)
      .then((more) => {
        if (!database.isOpen) return;
        mark();
        schedule(more ? sweepAgain : sweepEvery);
      });
  };
  schedule(sweepEvery);
  return () => clearTimeout(timer);
}

function memberPages(database: DatabaseSync, queue: EmbeddedQueue, now: () => number): Store['members'] {
  const page = (after: string) =>
    database.prepare(
      `SELECT m FROM members WHERE s=(SELECT id FROM sets WHERE k=?1 AND (x IS NULL OR x>?2)) ${after} ORDER BY m LIMIT ${pageSize}`,
    );
  const first = page('');
  const next = page('AND m>?3');
  return async function* (key) {
    let last: string | undefined;
    for (;;) {
      const rows = await queue.read(() => (last === undefined ? first.all(key, now()) : next.all(key, now(), last)));
      const members = rows.map((row) => String(row.m));
      if (members.length > 0) yield members;
      if (members.length < pageSize) return;
      last = members.at(-1);
    }
  };
}

function tailLines(database: DatabaseSync, queue: EmbeddedQueue): Store['tail'] {
  const after = database.prepare('SELECT s, v FROM lines WHERE k=?1 AND s>?2 ORDER BY s LIMIT ?3');
  return async (key, cursor, limit) => {
    const rows = await queue.read(() => after.all(key, Number(cursor ?? 0), limit));
    return rows.map((row) => ({ cursor: String(row.s), value: String(row.v) }));
  };
}
