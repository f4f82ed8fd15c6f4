/** Watches a configuration directory for changes. */
import { statSync, watch } from 'node:fs';

export interface WatchOptions {
  /** Milliseconds without a change before `onChange` is called, as editors write in several steps. Default 200. */
  readonly quiet?: number;
  /** Milliseconds after which it is looked whether another directory has taken its place. Default 2000. */
  readonly interval?: number;
  /** The directory cannot be watched any more. */
  readonly onError: (error: unknown) => void;
}

/**
 * Calls `onChange` after changes in `dir` or below, never twice at the same time: a change meanwhile leads to one more
 * call. So does another directory in its place, or a link that leads elsewhere; that one is watched from then on. What
 * `onChange` rejects with goes to `onError`. Returns a function that stops it. Does not keep the process alive. Throws
 * if `dir` is not there.
 */
export function watchConfiguration(
  dir: string,
  onChange: () => Promise<void>,
  { quiet = 200, interval = 2000, onError }: WatchOptions,
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
  let watched = watchDirectory(dir, onEvent, onError);
  const watchAgain = () => {
    watched.close();
    try {
      watched = watchDirectory(dir, onEvent, onError);
    } catch (error) {
      watched = { identity: identityOf(dir), close: () => undefined };
      // A directory that is not there is watched as soon as it is.
      if (watched.identity !== undefined) onError(error);
    }
  };
  const look = setInterval(() => {
    if (timer === undefined && identityOf(dir) !== watched.identity) onEvent();
  }, interval);
  look.unref();
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearInterval(look);
    watched.close();
  };
}

interface Watched {
  /** Of the directory that is watched. Undefined if it is not there. */
  readonly identity: string | undefined;
  close(): void;
}

/** Throws if it is not there. */
function watchDirectory(dir: string, onEvent: () => void, onError: (error: unknown) => void): Watched {
  const identity = identityOf(dir);
  const watcher = watch(dir, { recursive: true, persistent: false }, onEvent);
  watcher.on('error', onError);
  return { identity, close: () => watcher.close() };
}

/** Differs for another directory in this place, or at the end of this link. */
function identityOf(dir: string): string | undefined {
  try {
    const { dev, ino } = statSync(dir);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
