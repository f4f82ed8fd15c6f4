/** Reads an embedded store for a backup, as one snapshot of the whole file while nodes continue to write. */
import { DatabaseSync } from 'node:sqlite';
import { unavailable } from '../embedded/database.ts';
import { storeStateKey } from '../keys.ts';
import { readStamp } from '../stamp.ts';
import { parseState } from '../store-state.ts';
import { type BackupHeader, type BackupLine, type CounterWindow, isBackedUp, newHeader } from './backup-lines.ts';

export interface Dump {
  readonly header: BackupHeader;
  readonly lines: AsyncIterable<BackupLine>;
  /** Must always be called at the end. */
  close(): void;
}

/** Members or lines per part. */
const partSize = 500;
/** How long the file may be locked while the snapshot begins (ms). */
const patience = 5_000;

/** Throws `StoreUnavailable` when the file cannot be read. */
export function dumpEmbedded(file: string, now: number): Dump {
  try {
    // Not read-only, because a read-only connection cannot remove the log when it is the last one.
    const database = new DatabaseSync(file, { timeout: patience });
    // In WAL mode a read transaction sees one state of the database, from its first statement on.
    database.exec('BEGIN');
    const state = database.prepare('SELECT v FROM entries WHERE k=?').get(storeStateKey);
    const { schema, rewriting, epoch } = parseState(readStamp(String(state?.v ?? ''))?.text ?? '');
    const header = newHeader({ madeAt: new Date(now).toISOString(), schema, epoch, ...(rewriting && { rewriting }) });
    return { header, lines: linesOf(database, now), close: () => database.close() };
  } catch (error) {
    throw unavailable(error);
  }
}

async function* linesOf(database: DatabaseSync, now: number): AsyncIterable<BackupLine> {
  yield* entries(database);
  yield* inParts(
    database.prepare(
      'SELECT s.k AS k, m.m AS v FROM sets s JOIN members m ON m.s=s.id WHERE s.x IS NULL ORDER BY s.id, m.m',
    ),
    (key, members) => ({ is: 'set', key, members }),
  );
  yield* inParts(database.prepare('SELECT k, v FROM lines ORDER BY k, s'), (key, values) => ({
    is: 'log',
    key,
    values,
  }));
  yield* counters(database, now);
}

type Statement = ReturnType<DatabaseSync['prepare']>;

/** Only expiring entries have a time. */
function* entries(database: DatabaseSync): Iterable<BackupLine> {
  for (const row of database.prepare('SELECT k, v, n, r, c FROM entries WHERE x IS NULL').iterate()) {
    const key = String(row.k);
    if (!isBackedUp(key)) continue;
    yield {
      is: 'entry',
      key,
      value: String(row.v),
      version: Number(row.n),
      refs: row.r === null ? [] : JSON.parse(String(row.r)),
      ...(row.c === null ? {} : { consumed: Number(row.c) }),
    };
  }
}

function* inParts(
  statement: Statement,
  line: (key: string, values: readonly string[]) => BackupLine,
): Iterable<BackupLine> {
  let key = '';
  let values: string[] = [];
  for (const row of statement.iterate()) {
    if (row.k !== key || values.length >= partSize) {
      if (values.length > 0) yield line(key, values);
      key = String(row.k);
      values = [];
    }
    if (isBackedUp(key)) values.push(String(row.v));
  }
  if (values.length > 0) yield line(key, values);
}

function* counters(database: DatabaseSync, now: number): Iterable<BackupLine> {
  let key = '';
  let windows: CounterWindow[] = [];
  for (const row of database
    .prepare('SELECT k, w, n, x FROM counters WHERE x IS NULL OR x>? ORDER BY k')
    .iterate(now)) {
    if (row.k !== key) {
      if (windows.length > 0) yield { is: 'counter', key, windows };
      key = String(row.k);
      windows = [];
    }
    windows.push({ window: Number(row.w), count: Number(row.n), until: row.x === null ? null : Number(row.x) });
  }
  if (windows.length > 0) yield { is: 'counter', key, windows };
}
