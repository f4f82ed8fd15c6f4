/** The benchmark works, and counts no more than the budgets allow. Times are not checked here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { budgetResults, type Results, tripBudget } from '../../bench/results.ts';

test('a short run measures everything, within the budget of round trips', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-bench-'));
  try {
    const file = join(dir, 'results.json');
    // Not the flags of the test runner.
    const { NODE_OPTIONS: _, ...env } = process.env;
    const run = spawn(process.execPath, ['test/bench/run.ts', '--smoke', '--out', file], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = await once(run, 'exit');
    expect(code).toBe(0);
    const results = JSON.parse(await readFile(file, 'utf8')) as Results;
    const trips = budgetResults(results).filter(({ what }) => what.startsWith('round trips'));
    expect(trips.filter(({ ok }) => !ok)).toEqual([]);
    const measured = new Set(results.comparisons.map(({ operation }) => operation));
    expect([...measured].sort()).toEqual(Object.keys(tripBudget).sort());
    expect(results.passwordLogins.loginsPerSecond).toBeGreaterThan(0);
    expect(results.decisions.map(({ rules }) => rules)).toEqual([1, 100, 10_000]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  // It starts eight servers, which take minutes on a machine that does other things.
}, 600_000);
