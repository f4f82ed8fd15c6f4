import { describe, expect, test } from '@jest/globals';
import { PeriodicTask } from '../../../src/flow/periodic-task.ts';

describe('work that is repeated', () => {
  test('continues after a pass that fails, and ends when it is stopped', async () => {
    const third = Promise.withResolvers<void>();
    let count = 0;
    const work = new PeriodicTask(async () => {
      count += 1;
      if (count === 1) throw new Error('the store is away');
      if (count === 3) third.resolve();
    }, 0);
    work.start();
    await third.promise;
    await work.stop();
    const atStop = count;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(count).toBe(atStop);
  });

  test('waits for the pass that is under way before it has stopped', async () => {
    const release = Promise.withResolvers<void>();
    const steps: string[] = [];
    const work = new PeriodicTask(async () => {
      await release.promise;
      steps.push('done');
    }, 0);
    work.start();
    const stopped = work.stop().then(() => steps.push('stopped'));
    release.resolve();
    await stopped;
    expect(steps).toEqual(['done', 'stopped']);
  });
});
