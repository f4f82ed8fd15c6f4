import { setTimeout as pause } from 'node:timers/promises';

const patience = 10_000;

/** Waits for something that happens by itself. Rejects when it does not within ten seconds. */
export async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(50);
  }
}
