/** No test depends on a draw: every property of fast-check is given a seed. */
import { readdirSync, readFileSync } from 'node:fs';
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
