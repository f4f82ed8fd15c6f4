/** What commands print about the store. */
import { Readable, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { baseContext } from '../../../../src/cli/base-context.ts';

test('what is unsafe about the store is printed once for each command, trouble each time', () => {
  let printed = '';
  const output = new Writable({
    write(chunk, _encoding, taken) {
      printed += chunk;
      taken();
    },
  });
  const command = { stdin: Readable.from([]), stdout: output, stderr: output, exit: () => {}, once: () => undefined };
  const { storeSettings } = baseContext({}, command);
  for (let times = 0; times < 2; times += 1) {
    storeSettings.advise?.('no log');
    storeSettings.warn?.('connection lost');
  }
  expect(printed).toBe('no log\nconnection lost\nconnection lost\n');
});
