/** Asks again and again. It stands alone, so that who only repeats something does not load Redis. */

/** Asks again and again, with a pause after each answer. Failures are silent: the next answer counts. */
export function repeat(ask: () => Promise<void>, interval: number): () => void {
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
