/** No test depends on a draw: every property of fast-check is given a seed, and nothing else is drawn. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

test('every property has a seed, so that a failure comes back', () => {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const unseeded = files.filter((file) => {
    const text = readFileSync(join('test', file), 'utf8');
    const properties = text.match(/^\s*(?:await )?fc\.(?:assert|check|sample)\(/gm)?.length ?? 0;
    const seeds = text.match(/\bseeded\((?!numRuns)|\bseed, path\b/g)?.length ?? 0;
    return properties > seeds;
  });
  expect(files.length).toBeGreaterThan(100);
  expect(unseeded).toEqual([]);
});

test('no test names or chooses anything by chance', () => {
  const files = globSync('{test,scripts}/**/*.{ts,mjs}').filter((file) => !file.startsWith('test/architecture/'));
  expect(files.length).toBeGreaterThan(500);
  const drawing = files.filter((file) => readFileSync(file, 'utf8').includes('Math.random('));
  expect(drawing).toEqual([]);
});
