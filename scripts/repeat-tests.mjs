// Runs test files again and again beside a busy loop on each core, to find what fails by chance or because the machine
// is slow:
//   npm run test:repeat -- test/browser/email.test.ts --times 50
// Stops at the first failure, whose output stays in a file; a run takes no more than `--minutes` (default 240).

import { spawn } from 'node:child_process';
import { mkdtempSync, openSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '50' },
    minutes: { type: 'string', default: '240' },
    /** Busy loops; default: one on each core. */
    loops: { type: 'string', default: String(availableParallelism()) },
  },
});
const [times, minutes, loops] = [Number(values.times), Number(values.minutes), Number(values.loops)];

if (files.length === 0 || ![times, minutes, loops].every((number) => number >= 0)) {
  process.stderr.write('Usage: npm run test:repeat -- <test file> ... [--times 50] [--loops 2] [--minutes 240]\n');
  process.exitCode = 2;
} else process.exitCode = await repeat();

async function repeat() {
  // They end with this process, however it ends.
  const busy = Array.from({ length: loops }, () => new Worker('for (;;) {}', { eval: true }));
  const deadline = Date.now() + minutes * 60_000;
  try {
    for (const file of files) {
      for (let run = 1; run <= times; run += 1) {
        if (Date.now() > deadline) return say(1, `out of time: ${file} ran ${run - 1} times`);
        const output = join(mkdtempSync(join(tmpdir(), 'stepgate-repeat-')), 'output.txt');
        const code = await runQuietly(file, output);
        if (code !== 0) return say(1, `${file} failed at run ${run} of ${times}: see ${output}`);
      }
      say(0, `${file} passed ${times} times`);
    }
    return 0;
  } finally {
    await Promise.all(busy.map((worker) => worker.terminate()));
  }
}

function say(code, text) {
  process.stdout.write(`${text}\n`);
  return code;
}

/** One run of one file in one process. */
function runQuietly(file, output) {
  const log = openSync(output, 'w');
  const child = spawn(process.execPath, ['scripts/jest.mjs', '--runInBand', file], { stdio: ['ignore', log, log] });
  const stop = () => child.kill('SIGTERM');
  process.once('SIGTERM', stop);
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      process.off('SIGTERM', stop);
      resolve(code ?? 1);
    });
  });
}
