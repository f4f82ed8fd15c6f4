// Everything that CI checks, in one run: lint, types, build, every Jest project. Arguments are handed on to Jest
// (`npm test -- --selectProjects core`). The last line is `Tests: N passed, N failed, N skipped`.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import { runJest } from './jest.mjs';
import { runChild } from './run-child.mjs';
import { installSystemPackages } from './system-packages.mjs';

const jestArgs = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'stepgate-test-'));

const failures = [];
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (stopped = true));

const advice = await installSystemPackages();
if (advice !== undefined) failures.push(...(await check('set-up', () => reportMissing(advice))));
// Each of them leaves a core idle now and then, so they run at the same time.
const checked = await Promise.all([
  check('lint', () => runNode('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '.'])),
  check('types', () => runNode('types', ['node_modules/typescript/bin/tsc', '-p', '.'])),
  check('build', async () => ((await build()) ? 0 : 1)),
]);
failures.push(...checked.flat());
const totals = stopped ? { passed: 0, failed: 0, skipped: 0 } : await countedTests();
rmSync(scratch, { recursive: true, force: true });

if (stopped) failures.push('stopped before the end');
if (failures.length > 0) process.stdout.write(`Failed besides the tests: ${failures.join(', ')}\n`);
const failed = totals.failed + failures.length;
process.stdout.write(`Tests: ${totals.passed} passed, ${failed} failed, ${totals.skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * A check that fails counts as one failed test; one that passes is no test and counts as nothing. Answers its name when
 * it failed.
 */
async function check(name, run) {
  if (stopped) return [];
  process.stdout.write(`> ${name}\n`);
  return (await run()) === 0 ? [] : [name];
}

function reportMissing(sentence) {
  process.stdout.write(`${sentence}\n`);
  // A developer who asked for some tests may well have asked for those that need none of these programs.
  return jestArgs.length > 0 ? 0 : 1;
}

/** What it writes appears when it has ended, so that it stands together. */
async function runNode(name, args) {
  const file = join(scratch, `${name}.txt`);
  const output = openSync(file, 'w');
  const code = await runChild(process.execPath, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  process.stdout.write(readFileSync(file, 'utf8'));
  return code;
}

/** The reporter leaves its totals in a file, for the closing line has to be the sum of everything. */
async function countedTests() {
  process.stdout.write('> tests\n');
  const file = join(scratch, 'totals.json');
  const code = await runJest(jestArgs, { ...process.env, STEPGATE_TEST_TOTALS: file });
  const counted = readTotals(file);
  // Jest can fail without a failed test: no test found, a crash, a coverage threshold.
  return { ...counted, failed: counted.failed === 0 && code !== 0 ? 1 : counted.failed };
}

function readTotals(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
