import { setTimeout as pause } from 'node:timers/promises';

/**
 * Milliseconds; far more than anything takes, for the machine may do other things, and less than the timeout of a test.
 */
const patience = 60_000;

/** Waits for something that happens by itself. Rejects when it does not within a minute. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(50);
  }
}
