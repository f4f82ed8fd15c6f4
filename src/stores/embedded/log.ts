/**
 * Reads the log of the embedded store in the way SQLite does
 * (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Sizes and offsets in the header of the log and of each page (bytes). */
const logHeaderBytes = 32;
const frameHeaderBytes = 24;
const pageSizeAt = 8;
const logSaltsAt = 16;
const frameSaltsAt = 8;
const saltBytes = 8;

export interface LogContent {
  /** Number of committed pages that may not be in the file yet. */
  readonly frames: number;
  /** The beginning of the database after the last of these pages. Absent if the first page is not among them. */
  readonly header?: Buffer;
}

/** Reads the log. Empty if there is none. `size`: how many bytes of the database header to return. */
export function lastHeaderIn(log: string, size: number): LogContent {
  let descriptor: number;
  try {
    descriptor = openSync(log, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { frames: 0 };
    throw error;
  }
  try {
    return readFrames(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

function readFrames(descriptor: number, size: number): LogContent {
  const start = Buffer.alloc(logHeaderBytes);
  if (readSync(descriptor, start, 0, logHeaderBytes, 0) < logHeaderBytes) return { frames: 0 };
  const frameBytes = frameHeaderBytes + start.readUInt32BE(pageSizeAt);
  const salts = start.subarray(logSaltsAt, logSaltsAt + saltBytes);
  const frame = Buffer.alloc(frameHeaderBytes + size);
  let committed: LogContent = { frames: 0 };
  let header: Buffer | undefined;
  for (let frames = 1; ; frames += 1) {
    const offset = logHeaderBytes + (frames - 1) * frameBytes;
    if (readSync(descriptor, frame, 0, frame.length, offset) < frame.length) return committed;
    // The remaining frames are from before the log was restarted.
    if (!frame.subarray(frameSaltsAt, frameSaltsAt + saltBytes).equals(salts)) return committed;
    if (frame.readUInt32BE(0) === 1) header = Buffer.from(frame.subarray(frameHeaderBytes));
    // The last frame of a transaction records the size of the database.
    if (frame.readUInt32BE(4) > 0) committed = { frames, ...(header && { header }) };
  }
}
