/** Prints the one closing line that CI reads. A suite that failed to run counts as a failure. */
module.exports = class {
  onRunComplete(_contexts, r) {
    const failed = r.numFailedTests + r.numRuntimeErrorTestSuites;
    process.stdout.write(`Tests: ${r.numPassedTests} passed, ${failed} failed, ${r.numPendingTests + r.numTodoTests} skipped\n`);
  }
};
