const { ModuleMocker } = require('jest-mock');

/**
 * The process itself as the world of a test file, so that modules of `src` and of packages, once loaded and compiled,
 * serve each file that the worker runs (docs/decisions/0110-tests-share-modules.md). What a file leaves behind among
 * the globals is gone before the next one.
 */
module.exports = class SharedModulesEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  fakeTimersModern = null;

  constructor(_config, context) {
    this.globals = new Set(Reflect.ownKeys(globalThis));
    this.exit = process.exit;
    // Otherwise the worker ends, Jest runs the file again in another, and the fault is seen by chance or not at all.
    process.exit = (code) => {
      throw new Error(`a test ended its process with code ${code}`);
    };
    this.console = globalThis.console;
    /** What the tests may know of this run: their file, and whether all tests of the file are run. */
    globalThis.run = { file: context.testPath, isWhole: true };
  }

  async setup() {
    // Jest translates each stack by source maps, and these tests need none: types are taken away in place. Playwright
    // asks for a stack at every call.
    Error.prepareStackTrace = undefined;
  }

  async teardown() {
    process.exit = this.exit;
    globalThis.console = this.console;
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!this.globals.has(key)) Reflect.deleteProperty(globalThis, key);
    }
  }

  getVmContext() {
    return null;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  async handleTestEvent(event, state) {
    if (event.name === 'run_start') globalThis.run.isWhole = !state.testNamePattern && !state.hasFocusedTests;
  }
};
