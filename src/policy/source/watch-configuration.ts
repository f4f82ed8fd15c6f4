/** Watches a configuration directory for changes. */
import { type FSWatcher, readdirSync, statSync, watch as watchPath } from 'node:fs';
import { join } from 'node:path';

export interface WatchOptions {
  /** Milliseconds without a change before `onChange` is called, as editors write in several steps. Default 200. */
  readonly quiet?: number;
  /** Milliseconds after which it is looked whether another directory has taken a place. Default 2000. */
  readonly interval?: number;
  /** Something cannot be watched. Told once for each error. */
  readonly onError: (error: unknown) => void;
  /** As that of `node:fs`, which is the default. */
  readonly watch?: (path: string, options: { readonly persistent: boolean }, onEvent: () => void) => FSWatcher;
}

/**
 * Calls `onChange` after changes in `dir` or below, never twice at the same time: a change meanwhile leads to one more
 * call. So does another directory in the place of this one or of one below, or a link that leads elsewhere; that one is
 * watched from then on. What `onChange` rejects with goes to `onError`. A directory that is not there is watched
 * as soon as it is. While one cannot be watched (the limit of inotify, say), `onChange` is called after every interval
 * instead. Returns a function that stops it. Does not keep the process alive.
 */
export function watchConfiguration(
  dir: string,
  onChange: () => Promise<void>,
  { quiet = 200, interval = 2000, onError, watch = watchPath }: WatchOptions,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  let stopped = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await onChange().catch(onError);
    } while (again && !stopped);
    running = false;
  };
  const onEvent = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      // The event may be that of the directory itself: then what was watched is no longer there.
      watchAgain();
      void run();
    }, quiet);
    timer.unref();
  };
  const report = onceForEach(onError);
  const watchNow = (): Watched => {
    try {
      return watchDirectories(dir, (path) => watch(path, { persistent: false }, onEvent).on('error', report));
    } catch (error) {
      report(error);
      // As if it was not there, so that it is tried again.
      return { identity: undefined, close: () => undefined };
    }
  };
  let watched = watchNow();
  const watchAgain = () => {
    watched.close();
    watched = watchNow();
  };
  const look = setInterval(() => {
    if (timer === undefined && identityOf(inodesOf(dir)) !== watched.identity) onEvent();
  }, interval);
  look.unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearInterval(look);
    watched.close();
  };
}

/** The most errors to remember. */
const mostReported = 100;

/** Leaves out an error that says the same as one before, since it last forgot them. */
function onceForEach(onError: (error: unknown) => void): (error: unknown) => void {
  const reported = new Set<string>();
  return (error) => {
    const text = String(error);
    if (reported.has(text)) return;
    if (reported.size === mostReported) reported.clear();
    reported.add(text);
    onError(error);
  };
}

interface Watched {
  /** Of what is watched. Undefined if that is nothing. */
  readonly identity: string | undefined;
  close(): void;
}

/**
 * Each directory by itself: the recursive watcher of Node tells nothing of a directory that is swapped for another, and
 * nothing of what it cannot watch. Throws what keeps one that is there from being watched.
 */
function watchDirectories(dir: string, start: (path: string) => FSWatcher): Watched {
  const inodes = inodesOf(dir);
  const watchers: FSWatcher[] = [];
  const close = () => {
    for (const watcher of watchers) watcher.close();
  };
  for (const path of inodes.keys())
    try {
      watchers.push(start(path));
    } catch (error) {
      // What has gone since is a difference when it is looked next.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      close();
      throw error;
    }
  return { identity: identityOf(inodes), close };
}

/** Differs for other directories, or links that lead elsewhere. Undefined if there are none. */
function identityOf(inodes: ReadonlyMap<string, string>): string | undefined {
  return inodes.size === 0 ? undefined : JSON.stringify([...inodes].sort());
}

/** Device and inode of this directory, and of each directory and what each link below leads to, by path. */
function inodesOf(dir: string): Map<string, string> {
  const inodes = new Map<string, string>();
  const visit = (path: string, isDirectory: boolean) => {
    try {
      const { dev, ino } = statSync(path);
      inodes.set(path, `${dev} ${ino}`);
      if (!isDirectory) return;
      for (const entry of readdirSync(path, { withFileTypes: true }))
        if (entry.isDirectory() || entry.isSymbolicLink()) visit(join(path, entry.name), entry.isDirectory());
    } catch {
      // It is not there (any more), leads nowhere, or may not be read.
    }
  };
  visit(dir, true);
  return inodes;
}
