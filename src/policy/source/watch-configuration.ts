/** Watches a configuration directory for changes. */
import { type FSWatcher, watch } from 'node:fs';

export interface WatchOptions {
  /** Milliseconds without a change before `onChange` is called, as editors write in several steps. Default 200. */
  readonly quiet?: number;
  /** The directory cannot be watched any more. */
  readonly onError: (error: unknown) => void;
}

/**
 * Calls `onChange` after changes in `dir` or below, never twice at the same time: a change meanwhile leads to one more
 * call. What `onChange` rejects with goes to `onError`. Returns a function that stops it. Does not keep the process
 * alive.
 */
export function watchConfiguration(
  dir: string,
  onChange: () => Promise<void>,
  { quiet = 200, onError }: WatchOptions,
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
  const watcher: FSWatcher = watch(dir, { recursive: true, persistent: false }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), quiet);
    timer.unref();
  });
  watcher.on('error', onError);
  return () => {
    stopped = true;
    clearTimeout(timer);
    watcher.close();
  };
}
