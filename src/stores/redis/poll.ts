/** Polling, in a file of its own, so that it loads no Redis. */

/**
 * Asks at once, and again `interval` milliseconds after each answer, until the function that it returns is called. A
 * failure is ignored: the next answer counts.
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
