/** Reads the log of the embedded store as SQLite does (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). */
import { closeSync, openSync, readSync } from 'node:fs';

/** Of the log, and of each page in it (bytes). */
const logHeaderBytes = 32;
const frameHeaderBytes = 24;
const pageSizeAt = 8;
const logSaltsAt = 16;
const frameSaltsAt = 8;
const saltBytes = 8;

export interface LogContent {
  /** Pages that were committed and are not in the file yet, or at least not known to be. */
  readonly frames: number;
  /** How the database begins after the last of them; absent: none of them is the first page. */
  readonly header?: Buffer;
}

/** What the log holds; nothing when there is none. `size`: bytes of the header that are asked for. */
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
    const at = logHeaderBytes + (frames - 1) * frameBytes;
    if (readSync(descriptor, frame, 0, frame.length, at) < frame.length) return committed;
    // What follows is left over from before the log began anew.
    if (!frame.subarray(frameSaltsAt, frameSaltsAt + saltBytes).equals(salts)) return committed;
    if (frame.readUInt32BE(0) === 1) header = Buffer.from(frame.subarray(frameHeaderBytes));
    // The last frame of a transaction says how large the database is then.
    if (frame.readUInt32BE(4) > 0) committed = { frames, ...(header && { header }) };
  }
}
