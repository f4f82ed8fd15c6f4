// Everything that CI checks, in one run: lint, types, build, every Jest project. Arguments are handed on to Jest
// (`npm test -- --selectProjects core`). The last line is `Tests: N passed, N failed, N skipped`.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.mjs';
import lanes from './jest/test-lanes.cjs';
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
const failedCount = totals.failed + failures.length;
process.stdout.write(`Tests: ${totals.passed} passed, ${failedCount} failed, ${totals.skipped} skipped\n`);
process.exitCode = failedCount === 0 ? 0 : 1;

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
function runNode(name, args) {
  return withOutputAtEnd(name, (stdio) => runChild(process.execPath, args, { stdio }));
}

async function withOutputAtEnd(name, run) {
  const file = join(scratch, `${name}.txt`);
  const output = openSync(file, 'w');
  const code = await run(['ignore', output, output]);
  closeSync(output);
  process.stdout.write(readFileSync(file, 'utf8'));
  return code;
}

/**
 * One Jest for the tests that the arguments name. A whole run is a Jest for each lane: the one with most of the tests
 * writes into this terminal, and what the others wrote appears when they have ended.
 */
async function countedTests() {
  process.stdout.write('> tests\n');
  if (jestArgs.length > 0) return runCounted('tests', (env) => runJest(jestArgs, env));
  const runs = Object.entries(lanes.workersOfLane).map(([lane, workers]) => {
    const args = [`--maxWorkers=${workers}`, '--filter=<rootDir>/scripts/jest/lane-filter.cjs'];
    return runCounted(lane, (env) => {
      const laneEnv = { ...env, STEPGATE_TEST_LANE: lane };
      if (lane === 'computing') return runJest(args, laneEnv);
      return withOutputAtEnd(lane, (stdio) => runJest(args, laneEnv, stdio));
    });
  });
  const counted = await Promise.all(runs);
  return counted.reduce((sum, { passed, failed, skipped }) => ({
    passed: sum.passed + passed,
    failed: sum.failed + failed,
    skipped: sum.skipped + skipped,
  }));
}

/** The reporter leaves its totals in a file, for the closing line has to be the sum of everything. */
async function runCounted(name, run) {
  const file = join(scratch, `${name}.json`);
  const code = await run({ ...process.env, STEPGATE_TEST_TOTALS: file });
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
