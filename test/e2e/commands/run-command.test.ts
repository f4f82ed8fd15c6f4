/** The program answers within the process of a test as in its own: what it prints, and its exit code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runCommand } from '../../support/servers/run-command.ts';
import { type Environment, stepgate } from '../../support/servers/stepgate-process.ts';

test.each<[string, readonly string[], Environment, number, RegExp]>([
  [
    'a command that does not exist',
    ['users', 'lst'],
    {},
    1,
    /^error: unknown command 'lst'\n\(Did you mean list\?\)\n/,
  ],
  [
    'help',
    ['keys', 'rotate', '--help'],
    {},
    0,
    /^Usage: stepgate keys rotate [\s\S]*\n {2}\$ npm run stepgate -- keys/,
  ],
  ['a store that is not there', ['users', 'list'], {}, 1, /^there is no store in /],
  [
    'a setting that is not known',
    ['users', 'list'],
    { REDIS_DURABILITY: 'disk' },
    1,
    /^REDIS_DURABILITY is none of .*\n$/,
  ],
])('%s', async (_, words, more, expected, said) => {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-run-command-'));
  const env = { DATA_DIR: join(dir, 'data'), ...more };
  const ran = await stepgate(env, words);
  expect(ran).toEqual({
    code: expected,
    out: expected === 0 ? expect.stringMatching(said) : '',
    err: expected === 0 ? '' : expect.stringMatching(said),
  });
  expect(await runCommand(env, words)).toEqual(ran);
  await rm(dir, { recursive: true, force: true });
});
