/**
 * Tells a database file that was copied without its log, or lies beside the log of another store. In WAL mode, what was
 * written last is in the log alone, and SQLite takes the file without it for a whole, older database: used codes would
 * come back to life. A log of another store it writes into the file, page by page.
 *
 * So the file says which store it is (`application_id`, drawn once), and counts in `user_version`: an odd number means
 * that the log goes on, and there the next even one takes the mark back. A program that reads both, or has written the
 * log into the file, finds an even number; only the file alone says that something is missing. A log that belongs to
 * the file names the same store, and has counted as far.
 */
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { lastHeaderIn } from './log.ts';

const headerBytes = 100;
/** Where the header has both (https://www.sqlite.org/fileformat2.html#the_database_header). */
const userVersionAt = 60;
const applicationIdAt = 68;
/** Ids are positive; 0: the store has none yet. */
const largestId = 2 ** 31 - 1;

interface Mark {
  readonly store: number;
  readonly count: number;
}

/** `incomplete`: the file is no database at all, or its log is missing. `foreign_log`: the log is not its own. */
export type MarkFault = 'incomplete' | 'foreign_log';

/** Another process may write both while we read one after the other: what stays wrong for so long is wrong. */
const tries = 4;
const pause = 25;

export function faultOf(file: string): MarkFault | undefined {
  let fault = lookAt(file);
  for (let count = 1; fault !== undefined && count < tries; count += 1) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    fault = lookAt(file);
  }
  return fault;
}

function lookAt(file: string): MarkFault | undefined {
  const mark = markIn(file);
  if (mark === undefined) return 'incomplete';
  const log = lastHeaderIn(`${file}-wal`, headerBytes);
  if (log.frames === 0) return isOdd(mark.count) ? 'incomplete' : undefined;
  // Between two marks the log may begin anew without the first page, while the file itself is complete.
  if (log.header === undefined) return isOdd(mark.count) ? 'foreign_log' : undefined;
  const { store, count } = readMark(log.header);
  const isOwn = mark.store === 0 || (mark.store === store && count >= mark.count);
  return isOwn ? undefined : 'foreign_log';
}

/**
 * Marks the file, unless it is. To be repeated: when SQLite writes the log into the file, the mark goes. Throws what
 * SQLite throws; nothing is lost then but the mark.
 */
export function markAsNeedingLog(database: DatabaseSync, file: string): void {
  if (file === ':memory:') return;
  const now = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  // A process ended between the mark and what takes it back.
  if (isOdd(now)) database.exec(`PRAGMA user_version=${now + 1}`);
  if (isOdd(now) || isOdd(markIn(file)?.count ?? 1)) return;
  const id = Number(database.prepare('PRAGMA application_id').get()?.application_id);
  if (id === 0) database.exec(`PRAGMA application_id=${randomInt(1, largestId)}`);
  database.exec(`PRAGMA user_version=${now + 1}`);
  // Does not wait. If others still read an older state, the mark stays in the log, and the next time does it.
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  database.exec(`PRAGMA user_version=${now + 2}`);
}

function isOdd(count: number): boolean {
  return count % 2 !== 0;
}

/** `undefined`: the file is too short for a database. Throws when it cannot be read. */
function markIn(file: string): Mark | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    if (readSync(descriptor, header, 0, headerBytes, 0) < headerBytes) return undefined;
    return readMark(header);
  } finally {
    closeSync(descriptor);
  }
}

function readMark(header: Buffer): Mark {
  return { store: header.readInt32BE(applicationIdAt), count: header.readInt32BE(userVersionAt) };
}
