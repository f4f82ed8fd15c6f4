/** What of a configuration directory tells without reading its files whether any of them has changed. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deepestDirectory, isOutside } from './configuration-files.ts';

interface PathState {
  /** Differs once the path is another file or directory, or the file was written. An error code: it cannot be read. */
  readonly state: string;
  /** It is a directory that was looked into. */
  readonly isDirectory: boolean;
}

/** By path, each beginning with that of the directory. Without what the loader ignores. */
export type ConfigurationState = ReadonlyMap<string, PathState>;

/**
 * Links are followed as the loader follows them, but no directory is looked into twice. Takes one step after another,
 * each on a thread: of a network disk that hangs, one thread waits, and nothing else.
 */
export async function configurationState(dir: string): Promise<ConfigurationState> {
  const found = new Map<string, PathState>();
  const entered = new Set<string>();
  const root = await realpath(dir).catch(() => dir);
  const visit = async (path: string, depth: number, isLink: boolean): Promise<void> => {
    try {
      const status = await stat(path);
      const inode = `${status.dev} ${status.ino}`;
      if (!status.isDirectory()) {
        // The time of the last change cannot be set to another one, but not every disk has it.
        const state = [inode, status.size, status.mtimeMs, status.ctimeMs].join(' ');
        found.set(path, { state, isDirectory: false });
        return;
      }
      const isEntered = depth <= deepestDirectory && !entered.has(inode);
      const isDirectory = isEntered && !(isLink && isOutside(root, await realpath(path)));
      found.set(path, { state: inode, isDirectory });
      if (!isDirectory) return;
      entered.add(inode);
      for (const entry of await readdir(path, { withFileTypes: true }))
        if (!entry.name.startsWith('.')) await visit(join(path, entry.name), depth + 1, entry.isSymbolicLink());
    } catch (error) {
      found.set(path, { state: String((error as NodeJS.ErrnoException).code), isDirectory: false });
    }
  };
  await visit(dir, 0, false);
  return found;
}

export function isSameState(one: ConfigurationState, other: ConfigurationState): boolean {
  return one.size === other.size && [...one].every(([path, { state }]) => other.get(path)?.state === state);
}
