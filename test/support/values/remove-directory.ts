import { rm } from 'node:fs/promises';

/**
 * Removes a directory and all that is in it. A child of a killed Redis may still write there for a moment, so a
 * directory that is not empty is tried again, for five seconds in all.
 */
export function removeDirectory(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
