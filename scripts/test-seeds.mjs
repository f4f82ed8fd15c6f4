// Runs the files with properties (core and unit) with other seeds than theirs, to find what passes only by its seed:
//   npm run test:seeds
//   npm run test:seeds -- --times 10 test/core/properties.test.ts
//   npm run test:seeds -- --seed 4242
// With all samples of each property; `npm test` draws a third.
// Draws five seeds unless told otherwise, and names at the end those with which a test failed.

import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runJest } from './jest.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '5' },
    /** These instead of drawn ones. */
    seed: { type: 'string', multiple: true, default: [] },
  },
});
const times = Number(values.times);
/** Milliseconds. Three times as many samples as `npm test` draws take three times as long. */
const longest = 540_000;
const given = values.seed.map(Number);

if (!(Number.isInteger(times) && times > 0 && given.every(Number.isInteger))) {
  process.stderr.write('Usage: npm run test:seeds -- [--times 5] [--seed 4242]... [test file]...\n');
  process.exitCode = 2;
} else process.exitCode = await tryAll();

async function tryAll() {
  // fast-check takes a signed number of 32 bits.
  const seeds = given.length > 0 ? given : Array.from({ length: times }, () => randomInt(2 ** 31));
  const files = positionals.length > 0 ? positionals : filesWithProperties();
  const failed = [];
  for (const seed of seeds) {
    process.stdout.write(`> seed ${seed}\n`);
    const code = await runJest([...files, `--testTimeout=${longest}`], {
      ...process.env,
      STEPGATE_SEED: String(seed),
      STEPGATE_SAMPLE_SHARE: '1',
    });
    // Ended by a signal.
    if (code > 128) return code;
    if (code !== 0) failed.push(seed);
  }
  const again = failed.map((seed) => `--seed ${seed}`).join(' ');
  process.stdout.write(
    failed.length === 0
      ? `passed with all of ${seeds.join(', ')}\n`
      : `failed with ${failed.length} of ${seeds.length} seeds: npm run test:seeds -- ${again}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function filesWithProperties() {
  return ['test/core', 'test/unit'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file))
      .filter((file) => file.endsWith('.test.ts') && /\bseeded\(/.test(readFileSync(file, 'utf8'))),
  );
}
