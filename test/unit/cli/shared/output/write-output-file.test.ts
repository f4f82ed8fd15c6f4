/** Files that commands write, beside the configuration and never within it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeOutputFile } from '../../../../../src/cli/shared/output/write-output-file.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-output-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('a file within a configuration is refused, at any depth, before anything is written', async () => {
  await mkdir(join(dir, 'config', 'tests'), { recursive: true });
  await writeFile(join(dir, 'config', 'stepgate.yaml'), 'brand: { name: A }\n');
  for (const file of ['config/report.html', 'config/tests/junit.xml']) {
    await expect(writeOutputFile(join(dir, file), 'text')).rejects.toThrow(
      /would be a file of the configuration in .*config, which takes no others: name a place outside of it/,
    );
    await expect(readFile(join(dir, file))).rejects.toThrow('ENOENT');
  }
  await writeOutputFile(join(dir, 'report.html'), 'text');
  expect(await readFile(join(dir, 'report.html'), 'utf8')).toBe('text');
});

test('a file that cannot be written is refused', async () => {
  await expect(writeOutputFile(join(dir, 'none', 'report.html'), 'text')).rejects.toThrow(/cannot be written: ENOENT/);
});
