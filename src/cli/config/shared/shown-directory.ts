/** The name of a directory in the titles of pages, which are read elsewhere. */
import { basename, resolve } from 'node:path';

/** `.` and `..` come out as what they stand for; any other path as it was given. */
export function shownDirectory(dir: string): string {
  return /^[./\\]+$/.test(dir) ? basename(resolve(dir)) || dir : dir;
}
