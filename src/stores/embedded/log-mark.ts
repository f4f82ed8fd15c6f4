/**
 * Detects a database file that was copied without its log, or that lies next to the log of another store. In WAL mode
 * the latest writes are only in the log. Without it, SQLite takes the file for a complete but older database, in which
 * used codes would be valid again. If the log belongs to another store, SQLite would write it into the file page by
 * page.
 *
 * The file therefore identifies its store (`application_id`, drawn once) and has a counter in `user_version`. In the
 * file the counter is odd, which means that the log continues it. In the log it is even again. A program that reads
 * both, or that has written the log into the file, finds an even number. An odd number therefore means that the log is
 * missing. A log that belongs to the file has the same store id and a counter that is at least as high.
 */
import { randomInt } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { lastHeaderIn } from './log.ts';

const headerBytes = 100;
/** Offsets of both in the header (https://www.sqlite.org/fileformat2.html#the_database_header). */
const userVersionAt = 60;
const applicationIdAt = 68;
/** Ids are positive. 0: the store has no id yet. */
const largestId = 2 ** 31 - 1;

interface Mark {
  readonly store: number;
  readonly count: number;
}

/** `incomplete`: the file is not a database, or its log is missing. `foreign_log`: the log belongs to another store. */
export type MarkFault = 'incomplete' | 'foreign_log';

/**
 * Another process may write file and log while this one reads them one after the other, so a fault counts only if it
 * lasts through all tries.
 */
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
  // Between two marks the log may restart without containing the first page, while the file itself is complete.
  if (log.header === undefined) return isOdd(mark.count) ? 'foreign_log' : undefined;
  const { store, count } = readMark(log.header);
  const isOwn = mark.store === 0 || (mark.store === store && count >= mark.count);
  return isOwn ? undefined : 'foreign_log';
}

/**
 * Marks the file unless it is marked already. Must be called repeatedly, because the mark disappears when SQLite writes
 * the log into the file. Throws errors of SQLite; apart from the mark nothing is lost then.
 */
export function markAsNeedingLog(database: DatabaseSync, file: string): void {
  if (file === ':memory:') return;
  const now = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  // A process ended after setting the odd number and before setting the next even one.
  if (isOdd(now)) database.exec(`PRAGMA user_version=${now + 1}`);
  if (isOdd(now) || isOdd(markIn(file)?.count ?? 1)) return;
  const id = Number(database.prepare('PRAGMA application_id').get()?.application_id);
  if (id === 0) database.exec(`PRAGMA application_id=${randomInt(1, largestId)}`);
  database.exec(`PRAGMA user_version=${now + 1}`);
  // Does not wait. If other connections still read an older state, the mark stays in the log and the next call writes
  // it.
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  database.exec(`PRAGMA user_version=${now + 2}`);
}

function isOdd(count: number): boolean {
  return count % 2 !== 0;
}

/** Undefined if the file is too short for a database. Throws if it cannot be read. */
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
