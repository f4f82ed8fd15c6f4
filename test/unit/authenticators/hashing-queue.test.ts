import { describe, expect, test } from '@jest/globals';
import { HashingQueue, hashingConcurrency } from '../../../src/authenticators/shared/hashing-queue.ts';

/** A task that ends when told to. */
function gate(): { task: () => Promise<string>; open: () => void; fail: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { task: () => promise, open: () => resolve('done'), fail: () => reject(new Error('task failed')) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.each([
  [1, 4, 1],
  [2, 4, 2],
  [8, 4, 2],
  [8, 16, 8],
  [64, 32, 30],
  [8, 2, 1],
  [8, 1, 1],
])('%i cores and %i threads: %i hashes at a time', (cores, threads, expected) => {
  expect(hashingConcurrency(cores, threads)).toBe(expected);
});

describe('the queue', () => {
  test('runs at most as many tasks at a time as it may, in the order of arrival', async () => {
    const queue = new HashingQueue({ concurrency: 2 });
    const order: number[] = [];
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, index) =>
      queue.run(async () => {
        order.push(index);
        most = Math.max(most, queue.stats.active);
        await turn();
        return index;
      }),
    );
    expect(await Promise.all(tasks)).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(most).toBe(2);
    expect(queue.stats).toEqual({ active: 0, waiting: 0, started: 20, refused: 0 });
  });

  test('refuses at once when it is full, with a time to come back', async () => {
    const queue = new HashingQueue({ concurrency: 1, capacity: 2 });
    const gates = [gate(), gate(), gate()];
    const running = gates.map(({ task }) => queue.run(task));
    await expect(queue.run(async () => 'never')).rejects.toMatchObject({ code: 'busy', status: 503, retryAfter: 2 });
    expect(queue.stats).toEqual({ active: 1, waiting: 2, started: 1, refused: 1 });
    for (const { open } of gates) open();
    expect(await Promise.all(running)).toEqual(['done', 'done', 'done']);
    expect(await queue.run(async () => 'room again')).toBe('room again');
  });

  test('gives up on a wait that is too long, and does not run that task later', async () => {
    const queue = new HashingQueue({ concurrency: 1, maxWait: 0.01 });
    const first = gate();
    const running = queue.run(first.task);
    let ran = false;
    const late = queue.run(async () => {
      ran = true;
    });
    await expect(late).rejects.toMatchObject({ code: 'busy', retryAfter: 2 });
    first.open();
    await running;
    await turn();
    expect(ran).toBe(false);
    expect(queue.stats).toEqual({ active: 0, waiting: 0, started: 1, refused: 1 });
  });

  test('a task that fails makes room like one that succeeds', async () => {
    const queue = new HashingQueue({ concurrency: 1 });
    const first = gate();
    const failing = queue.run(first.task);
    const next = queue.run(async () => 'next');
    first.fail();
    await expect(failing).rejects.toThrow('task failed');
    expect(await next).toBe('next');
  });
});
