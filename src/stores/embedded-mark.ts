/**
 * Tells a database file that was copied without its log. In WAL mode, what was written last is in the log alone, and
 * SQLite takes the file without it for a whole, older database: used codes would come back to life.
 *
 * So the file itself is marked as incomplete, and the log takes the mark back. A program that reads both, or has
 * written the log into the file, finds a complete database; only the file alone says that something is missing.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const headerBytes = 100;
/** Of a log. */
const logHeaderBytes = 32;
/** Where the header has `user_version` (https://www.sqlite.org/fileformat2.html#the_database_header). */
const userVersionAt = 60;
/** Values of `user_version`. */
const complete = 0;
const needsLog = 1;

/** Whether the file is no database at all, or lacks a log that is not there. */
export function isIncomplete(file: string): boolean {
  const mark = markIn(file);
  return mark === undefined || (mark === needsLog && !hasFrames(`${file}-wal`));
}

/** Whether the log holds more than its header (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). */
function hasFrames(log: string): boolean {
  return (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > logHeaderBytes;
}

/**
 * Marks the file, unless it is. To be repeated: when SQLite writes the log into the file, the mark goes. Throws what
 * SQLite throws; nothing is lost then but the mark.
 */
export function markAsNeedingLog(database: DatabaseSync, file: string): void {
  if (file === ':memory:' || markIn(file) !== complete) return;
  database.exec(`PRAGMA user_version=${needsLog}`);
  // Does not wait. If others still read an older state, the mark stays in the log, and the next time does it.
  database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  database.exec(`PRAGMA user_version=${complete}`);
}

/** `undefined`: the file is too short for a database. Throws when it cannot be read. */
function markIn(file: string): number | undefined {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    if (readSync(descriptor, header, 0, headerBytes, 0) < headerBytes) return undefined;
    return header.readUInt32BE(userVersionAt);
  } finally {
    closeSync(descriptor);
  }
}
