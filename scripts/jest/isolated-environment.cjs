const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

/** Where Node keeps the connections of `fetch`: under symbols, which Jest does not copy into the world of a test. */
const dispatchers = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

/**
 * Node as it is outside Jest: oidc-provider derives its guard against private addresses from these connections, and
 * warns without them.
 */
module.exports = class NodeEnvironment extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm;
    // Jest's own context sits behind interceptors: each use of a global (`Map`, `Object`) costs twenty times as much.
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
    // Node makes the connections when something of `fetch` is used for the first time.
    void globalThis.Response;
    for (const name of dispatchers) {
      if (globalThis[name] !== undefined) this.global[name] = globalThis[name];
    }
    /** What the tests may know of this run: their file, and whether all tests of the file are run. */
    this.global.run = { file: context.testPath, isWhole: true };
  }

  async handleTestEvent(event, state) {
    if (event.name === 'run_start') this.global.run.isWhole = !state.testNamePattern && !state.hasFocusedTests;
  }
};
