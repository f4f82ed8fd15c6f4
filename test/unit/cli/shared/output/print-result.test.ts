/** What commands print at the end, to readers fast and slow. */
import { expect, test } from '@jest/globals';
import { printLongResult } from '../../../../../src/cli/shared/output/print-result.ts';

const rows = Array.from({ length: 50 }, (_, at) => `${at} `.repeat(50_000));

const notAskedFor = () => {
  throw new Error('not asked for');
};

test('long JSON is not printed faster than it is read, and no text is put together', async () => {
  const printed: string[] = [];
  let waiting: (() => void) | undefined;
  const context = {
    stdout: (text: string) => void printed.push(text),
    stdoutTaken: () =>
      new Promise<void>((resolve) => {
        waiting = resolve;
      }),
  };
  const done = printLongResult(context, { json: true }, { text: notAskedFor, data: () => ({ rows }) });
  expect(printed).toHaveLength(1);
  let steps = 0;
  while (waiting) {
    const goOn = waiting;
    waiting = undefined;
    const before = printed.length;
    goOn();
    await Promise.resolve();
    await Promise.resolve();
    expect(printed.length - before).toBeLessThanOrEqual(1);
    steps += 1;
  }
  await done;
  expect(steps).toBeGreaterThan(3);
  expect(printed.join('')).toBe(`${JSON.stringify({ rows })}\n`);
});

test('without --json the text is printed, and nothing is put together for scripts', async () => {
  const printed: string[] = [];
  await printLongResult({ stdout: (text) => void printed.push(text) }, {}, { text: () => 'done\n', data: notAskedFor });
  expect(printed).toEqual(['done\n']);
});
