/**
 * The SQLite file of the embedded store: its tables, how to open it, and which of its errors mean that it cannot serve.
 */
import { closeSync, fchmodSync, fstatSync, openSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../errors.ts';

const schema = `
CREATE TABLE IF NOT EXISTS entries(k TEXT NOT NULL UNIQUE, v TEXT NOT NULL, n INTEGER NOT NULL, r TEXT, c INTEGER, x INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS entries_x ON entries(x) WHERE x IS NOT NULL;
CREATE TABLE IF NOT EXISTS counters(k TEXT NOT NULL, w INTEGER NOT NULL, n INTEGER NOT NULL, x INTEGER, UNIQUE(k, w)) STRICT;
CREATE INDEX IF NOT EXISTS counters_x ON counters(x) WHERE x IS NOT NULL;
CREATE TABLE IF NOT EXISTS sets(id INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE, x INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS sets_x ON sets(x) WHERE x IS NOT NULL;
CREATE TABLE IF NOT EXISTS members(s INTEGER NOT NULL, m TEXT NOT NULL, UNIQUE(s, m)) STRICT;
CREATE TABLE IF NOT EXISTS lines(k TEXT NOT NULL, s INTEGER NOT NULL, v TEXT NOT NULL, UNIQUE(k, s)) STRICT;`;

/** How long to wait while another process locks the file during opening (ms). */
const openPatience = 5_000;
/**
 * How long SQLite itself waits for a lock (ms). This blocks the event loop, so it is short, and callers try again
 * without blocking.
 */
const lockPatience = 50;

/**
 * Opens the database file (or creates it, readable by its owner only) in WAL mode with an fsync per commit. Throws
 * `StoreUnavailable` if the file cannot be opened, is not a database, or stays locked.
 */
export function openDatabase(file: string): DatabaseSync {
  const deadline = performance.now() + openPatience;
  for (;;) {
    try {
      return tryOpen(file);
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw unavailable(error);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function tryOpen(file: string): DatabaseSync {
  if (file !== ':memory:') restrictToOwner(file);
  const database = new DatabaseSync(file, { timeout: lockPatience });
  try {
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;');
    database.exec(schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * SQLite gives the -wal and -shm files the mode of the database file, so the mode must be set before SQLite opens the
 * file.
 */
function restrictToOwner(file: string): void {
  const descriptor = openSync(file, 'a', 0o600);
  try {
    if ((fstatSync(descriptor).mode & 0o077) !== 0) fchmodSync(descriptor, 0o600);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Returns a check that the path still leads to the opened file. SQLite would continue to write into a deleted or
 * replaced file, and those writes are lost when the process ends. The check throws `StoreUnavailable`.
 */
export function watchFile(file: string): () => void {
  if (file === ':memory:') return () => {};
  const opened = statSync(file);
  return () => {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.ino === opened.ino && found.dev === opened.dev) return;
    const what = found === undefined ? 'deleted' : 'replaced';
    throw new StoreUnavailable(`the store file was ${what} while it was open: restore ${file} and restart`);
  };
}

/** Result codes of https://www.sqlite.org/rescode.html that concern the file or the disk. */
const reasons: Readonly<Record<number, string>> = {
  5: 'the store file stays locked by another process',
  6: 'the store file stays locked',
  8: 'the store file cannot be written',
  10: 'the disk reports an error',
  11: 'the store file is damaged',
  13: 'the disk is full',
  14: 'the store file cannot be opened',
  26: 'the store file is not a database',
};

/** True for a lock held by another process: the operation did nothing and may be repeated. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5;
}

function resultCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

/** Converts any SQLite error to a `StoreUnavailable` with a reason for the operator. */
export function unavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  const code = resultCode(error);
  const reason = code === undefined ? undefined : reasons[code];
  return new StoreUnavailable(`${reason ?? 'the store file failed'} (${error})`, error);
}
