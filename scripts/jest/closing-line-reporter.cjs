const { writeFileSync } = require('node:fs');

/**
 * Counts for the closing line that CI reads. `npm test` adds them to the other checks and prints the line itself: it
 * names a file in STEPGATE_TEST_TOTALS. Jest run by hand prints it here. A suite that failed to run counts as a
 * failure.
 */
module.exports = class {
  onRunComplete(_contexts, r) {
    const passed = r.numPassedTests;
    const failed = r.numFailedTests + r.numRuntimeErrorTestSuites;
    const skipped = r.numPendingTests + r.numTodoTests;
    const file = process.env.STEPGATE_TEST_TOTALS;
    if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped }));
    else process.stdout.write(`Tests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
};
