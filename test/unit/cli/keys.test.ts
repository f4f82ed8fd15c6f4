/** What `keys list` says of each key while a rotation is under way. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keysCommand } from '../../../src/cli/keys/keys.ts';
import { createKeyring } from '../../../src/oidc/keys/keyring.ts';
import { openTerminal, run, type Terminal } from './support/harness.ts';

let terminal: Terminal;
beforeEach(async () => {
  terminal = openTerminal();
  await createKeyring(terminal.store, Math.floor(Date.now() / 1000) - 60);
});
afterEach(() => terminal.store.close());

/** The states of each type, in the order of the lines. */
async function listed(...words: string[]): Promise<Readonly<Record<string, readonly string[]>>> {
  await run(keysCommand(terminal.context), ...words);
  const lines = terminal.printed().trimEnd().split('\n');
  const states = lines.map((line) => line.replaceAll(/\d{4}-\S+Z/g, 'T').split(/ {2,}/));
  return Object.fromEntries(
    Object.entries(Object.groupBy(states, ([, type = '']) => type)).map(([type, rows = []]) => [
      type,
      rows.map(([, , state = '']) => state),
    ]),
  );
}

test('a key that has a successor signs until that one does', async () => {
  expect(await listed('list')).toEqual({ RS256: ['signs'], ES256: ['signs'] });
  expect(await listed('rotate')).toEqual({ RS256: ['signs from T'], ES256: ['signs from T'] });
  const during = ['signs until T, published until T', 'signs from T'];
  expect(await listed('list')).toEqual({ RS256: during, ES256: during });
});

test('a key that was replaced is published for a while', async () => {
  await listed('rotate', '--overlap', '0');
  const after = ['signs', 'published until T'];
  expect(await listed('list')).toEqual({ RS256: after, ES256: after });
});
