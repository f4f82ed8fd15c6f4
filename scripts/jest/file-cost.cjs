const { appendFileSync, readFileSync } = require('node:fs');

/**
 * What a test file costs: with `STEPGATE_TEST_COSTS=<file>` each test file adds a line of JSON to that file when it
 * ends. `seconds` of CPU are those of the worker, `processes` those of processes that the tests started and that have
 * ended, `wall` is the time that passed, `memory` what the worker holds then, in MB.
 */
module.exports = async (testPath, run) => {
  const file = process.env.STEPGATE_TEST_COSTS;
  if (!file) return run();
  const before = { own: process.cpuUsage(), ended: secondsOfEnded(), at: performance.now() };
  try {
    return await run();
  } finally {
    const { user, system } = process.cpuUsage(before.own);
    const line = {
      file: testPath.replace(/^.*[/\\]test[/\\]/, ''),
      seconds: rounded((user + system) / 1e6),
      processes: rounded(secondsOfEnded() - before.ended),
      wall: rounded((performance.now() - before.at) / 1000),
      memory: Math.round(process.memoryUsage.rss() / 1e6),
    };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  }
};

/** `cutime` and `cstime` of proc_pid_stat(5), in hundredths of a second; 0 where there is no `/proc`. */
function secondsOfEnded() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return 0;
  }
}

function rounded(seconds) {
  return Math.round(seconds * 100) / 100;
}
