/** In a file of its own, so that importing it does not load the Redis client. */

/**
 * Calls `ask` at once, and again `interval` milliseconds after each answer, until the returned function is called.
 * Errors are ignored: the next answer counts.
 */
export function poll(ask: () => Promise<void>, interval: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const turn = async (): Promise<void> => {
    await ask().catch(() => {});
    if (stopped) return;
    timer = setTimeout(() => void turn(), interval);
    timer.unref();
  };
  void turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
