/**
 * Writes a backup into an embedded store in one transaction, so that other processes see either the old store or the
 * new one.
 */
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, unavailable } from '../embedded/database.ts';
import { storeStateKey } from '../keys.ts';
import { withStamp } from '../stamp.ts';
import type { StoreState } from '../store.ts';
import type { BackupLine } from './backup-lines.ts';
import { type Restored, restoredVersion } from './restored-version.ts';

/** Replaces everything in the file. Rejects with `StoreUnavailable`, and with errors of `lines`. */
export async function restoreEmbedded(file: string, { lines, state, now }: Restored): Promise<void> {
  const database = openDatabase(file);
  try {
    database.exec('PRAGMA busy_timeout=10000; BEGIN IMMEDIATE');
    database.exec(
      'DELETE FROM entries; DELETE FROM counters; DELETE FROM sets; DELETE FROM members; DELETE FROM lines;',
    );
    const write = writer(database, state, now);
    for await (const line of lines) write(line);
    writeState(database, state);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw isOfSqlite(error) ? unavailable(error) : error;
  } finally {
    database.close();
  }
}

function isOfSqlite(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error;
}

function writer(database: DatabaseSync, state: StoreState, now: number): (line: BackupLine) => void {
  const entry = database.prepare('INSERT OR REPLACE INTO entries(k, v, n, r, c) VALUES(?, ?, ?, ?, ?)');
  const set = database.prepare('INSERT OR IGNORE INTO sets(k, x) VALUES(?, NULL)');
  const member = database.prepare('INSERT OR IGNORE INTO members(s, m) SELECT id, ?2 FROM sets WHERE k=?1');
  const line = database.prepare(
    'INSERT INTO lines(k, s, v) SELECT ?1, COALESCE(max(s), 0)+1, ?2 FROM lines WHERE k=?1',
  );
  const counter = database.prepare('INSERT OR REPLACE INTO counters(k, w, n, x) VALUES(?, ?, ?, ?)');
  return (part) => {
    const { key } = part;
    switch (part.is) {
      case 'entry': {
        const refs = part.refs.length === 0 ? null : JSON.stringify(part.refs);
        entry.run(key, part.value, restoredVersion(part.version, state), refs, part.consumed ?? null);
        return;
      }
      case 'set':
        set.run(key);
        for (const text of part.members) member.run(key, text);
        return;
      case 'log':
        for (const value of part.values) line.run(key, value);
        return;
      case 'counter':
        for (const { window, count, until } of part.windows)
          if (until === null || until > now) counter.run(key, window, count, until);
    }
  };
}

function writeState(database: DatabaseSync, state: StoreState): void {
  const value = withStamp({ version: state.schema, epoch: state.epoch, text: JSON.stringify(state) });
  database
    .prepare('INSERT OR REPLACE INTO entries(k, v, n) VALUES(?, ?, ?)')
    .run(storeStateKey, value, restoredVersion(1, state));
}
