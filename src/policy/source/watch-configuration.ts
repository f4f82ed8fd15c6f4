/** Watches a configuration directory for changes. */
import { type FSWatcher, watch as watchPath } from 'node:fs';
import { StoreUnavailable } from '../../errors.ts';
import { type ConfigurationState, configurationState, isSameState } from './configuration-state.ts';

export interface WatchOptions {
  /** From before what `onChange` knows was read. */
  readonly since: ConfigurationState;
  /** Milliseconds without a change before `onChange` is called, as editors write in several steps. Default 200. */
  readonly quiet?: number;
  /** Milliseconds between two looks for changes that the system does not tell. Default 2000. */
  readonly interval?: number;
  /**
   * Gets what `onChange` rejects with: while that is the store, once. And once that directories cannot be watched,
   * until they can.
   */
  readonly onError: (error: unknown) => void;
  /** As that of `node:fs`, which is the default. */
  readonly watch?: (path: string, options: { readonly persistent: boolean }, onEvent: () => void) => FSWatcher;
  /** Default: `configurationState`. */
  readonly look?: (dir: string) => Promise<ConfigurationState>;
}

/**
 * Calls `onChange` after changes in `dir` or below, never twice at the same time: a change meanwhile leads to one more
 * call. If it rejects with `StoreUnavailable`, it is called again after the next interval. The system tells of a change
 * at once, but not of each: not on network disks, not if a file has a second path, and not where it cannot watch (the
 * limit of inotify, say). So it is looked after every interval, too. Returns a function that stops it. Does not keep
 * the process alive.
 */
export function watchConfiguration(
  dir: string,
  onChange: () => Promise<void>,
  { since, quiet = 200, interval = 2000, onError, watch = watchPath, look = configurationState }: WatchOptions,
): () => void {
  let seen = since;
  let timer: NodeJS.Timeout | undefined;
  let isChanged = false;
  const change = untilStored(onChange, onError);
  let stopped = false;
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void turn(), isChanged ? quiet : interval);
    timer.unref();
  };
  const onEvent = () => {
    isChanged = true;
    // Without it, a turn is under way, and schedules the next one itself.
    if (timer !== undefined) schedule();
  };
  const watchers = new DirectoryWatchers((path, onPathEvent) =>
    watch(path, { persistent: false }, () => {
      onPathEvent();
      onEvent();
    }).on('error', onPathEvent),
  );
  const onMissing = onceUntilNone((errors) => {
    const text = `the system does not watch ${errors.length} directories of ${dir}; changes there are looked for every ${interval / 1000} s`;
    onError(new Error(text, { cause: errors[0] }));
  });
  const turn = async () => {
    timer = undefined;
    const isDue = isChanged;
    isChanged = false;
    const now = await look(dir);
    if (stopped) return;
    if (!isDue && !isSameState(seen, now)) isChanged = true;
    seen = now;
    onMissing(watchers.follow(now));
    // What changed meanwhile may still be half written.
    if (isDue || (change.isWaiting() && !isChanged)) await change.call();
    if (!stopped) schedule();
  };
  void turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
    watchers.close();
  };
}

/** `isWaiting`: the last call failed for the store. Of such failures in a row, the first is told. */
function untilStored(act: () => Promise<void>, tell: (error: unknown) => void) {
  let isWaiting = false;
  return {
    isWaiting: () => isWaiting,
    async call(): Promise<void> {
      try {
        await act();
        isWaiting = false;
      } catch (error) {
        const isOutage = error instanceof StoreUnavailable;
        if (!(isOutage && isWaiting)) tell(error);
        isWaiting = isOutage;
      }
    },
  };
}

/** Leaves out errors as long as there are some, with the same codes. */
function onceUntilNone(tell: (errors: readonly unknown[]) => void): (errors: readonly unknown[]) => void {
  let told = '';
  return (errors) => {
    const codes = [...new Set(errors.map((error) => (error as NodeJS.ErrnoException).code))].sort().join();
    if (errors.length > 0 && codes !== told) tell(errors);
    told = codes;
  };
}

/**
 * Watches each directory by itself: the recursive watcher of Node tells nothing of a directory that is swapped for
 * another, and nothing of what it cannot watch.
 */
class DirectoryWatchers {
  readonly #start: (path: string, onEvent: () => void) => FSWatcher;
  /** By path. `state`: of the directory that is watched. */
  readonly #watched = new Map<string, { state: string | undefined; readonly watcher: FSWatcher }>();

  constructor(start: (path: string, onEvent: () => void) => FSWatcher) {
    this.#start = start;
  }

  /** Watches these directories, and no others. Returns what keeps some from being watched. */
  follow(now: ConfigurationState): readonly unknown[] {
    for (const [path, { state, watcher }] of this.#watched) {
      const { isDirectory, state: current } = now.get(path) ?? {};
      if (isDirectory && current === state) continue;
      watcher.close();
      this.#watched.delete(path);
    }
    return [...now].flatMap(([path, { isDirectory, state }]) =>
      isDirectory && !this.#watched.has(path) ? this.#watch(path, state) : [],
    );
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #watch(path: string, state: string): readonly unknown[] {
    try {
      const watcher = this.#start(path, () => {
        // It may be the event that the directory itself is gone, which ends its watching.
        const watched = this.#watched.get(path);
        if (watched?.watcher === watcher) watched.state = undefined;
      });
      this.#watched.set(path, { state, watcher });
      return [];
    } catch (error) {
      // What has gone since is a difference when it is looked next.
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [error];
    }
  }
}
