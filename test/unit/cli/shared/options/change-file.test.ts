/** Files that commands change: whole for each reader, and nothing of two commands at once is lost. */
import { mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configTestCommand } from '../../../../../src/cli/policy-tests/policy-tests.ts';
import { changeFile } from '../../../../../src/cli/shared/options/change-file.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import { applyDemo, openTerminal, run } from '../../support/harness.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-change-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const appended = (file: string, word: string) =>
  changeFile(file, async (text = '') => {
    await turn();
    return `${text}${word}\n`;
  });

test('of many changes at once none is lost, and no other file is left behind', async () => {
  const file = join(dir, 'new/words');
  const words = Array.from({ length: 12 }, (_, index) => `word ${index}`);
  await Promise.all(words.map((word) => appended(file, word)));
  expect((await readFile(file, 'utf8')).trim().split('\n').sort()).toEqual([...words].sort());
  expect(await readdir(join(dir, 'new'))).toEqual(['words']);
});

test('a change that fails leaves the file as it was, and the next one works', async () => {
  const file = join(dir, 'words');
  await appended(file, 'one');
  await expect(changeFile(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await appended(file, 'two');
  expect(await readFile(file, 'utf8')).toBe('one\ntwo\n');
});

test('what a killed command left behind stops no later one', async () => {
  const lock = join(dir, '.words.lock');
  await writeFile(lock, '');
  await utimes(lock, 1000, 1000);
  await appended(join(dir, 'words'), 'one');
  expect(await readdir(dir)).toEqual(['words']);
});

test('a link stays a link, and anything but a file is refused', async () => {
  await writeFile(join(dir, 'target'), 'one\n');
  await symlink('target', join(dir, 'link'));
  await appended(join(dir, 'link'), 'two');
  expect(await readFile(join(dir, 'target'), 'utf8')).toBe('one\ntwo\n');
  await expect(appended(dir, 'one')).rejects.toThrow(`${dir} cannot be read: EISDIR`);
});

test('tests that are recorded at once are all there, each under a name of its own', async () => {
  const terminal = openTerminal();
  try {
    await withConfiguration(validFiles, async (config) => {
      await applyDemo(terminal.store, config);
      await terminal.directory.create({ identifiers: ['ann'] });
      const file = join(config, 'tests/recorded.yaml');
      const command = () => configTestCommand({ ...terminal.context, configDir: config });
      const record = (...more: readonly string[]) =>
        run(command(), '--record', '--app', 'notes', '--user', 'ann', ...more);
      await Promise.all([record(), record(), record('--name', 'One'), record()]);
      const names = [...(await readFile(file, 'utf8')).matchAll(/name: "?([^"\n]*)/g)].map(([, name]) => name);
      expect(names.sort()).toEqual(['One', 'Recorded: notes', 'Recorded: notes (2)', 'Recorded: notes (3)']);
      const before = await readFile(file, 'utf8');
      await expect(record('--name', 'One')).rejects.toThrow(`${file} has a test "One": choose another name`);
      expect(await readFile(file, 'utf8')).toBe(before);
    });
  } finally {
    await terminal.store.close();
  }
});
