const { readFileSync } = require('node:fs');
const { registerHooks } = require('node:module');
const { join } = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const runner = require.resolve('jest-circus/runner');
const { default: runFile } = require(runner);
const measured = require('./file-cost.cjs');
const withoutTypes = require('./stripped.cjs');

const circus = join(runner, '..', 'jestAdapterInit.js');
const handlers = Symbol.for('EVENT_HANDLERS');
const globals = pathToFileURL(join(__dirname, 'globals.mjs')).href;
const tests = pathToFileURL(join(__dirname, '..', '..', 'test', '/')).href;
const kept = `${tests}support/shared/`;
/** Source of the files below `test` without its types, by address: Node would strip it anew for each test file. */
const stripped = new Map();
let filesRun = 0;

/**
 * Tests and their support are loaded anew for each file, for they register hooks and keep state of one file; what they
 * test is loaded once, and so is `test/support/shared`.
 */
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return { url: `${globals}?${filesRun}`, shortCircuit: true };
    const found = next(specifier, context);
    return isLoadedAnew(found.url) ? { ...found, url: `${found.url}?${filesRun}` } : found;
  },
  load(url, context, next) {
    const [file, query] = url.split('?');
    if (query === undefined || !isLoadedAnew(file)) return next(url, context);
    const source = stripped.get(file) ?? withoutTypes(readFileSync(fileURLToPath(file), 'utf8'));
    stripped.set(file, source);
    return { format: 'module', source, shortCircuit: true };
  },
});

function isLoadedAnew(url) {
  return url.startsWith(tests) && !url.startsWith(kept) && url.endsWith('.ts');
}

/**
 * Jest's own runner, but Node loads the modules instead of Jest, once for all files that a worker runs. It goes with
 * `shared-modules-environment.cjs`. It tells Jest nothing of a test before its file ends: two messages for each of
 * thousands of tests, of which no reporter here prints anything.
 */
module.exports = (globalConfig, config, environment, jestRuntime, testPath) => {
  filesRun += 1;
  const { moduleMocker } = environment;
  const jest = { fn: moduleMocker.fn.bind(moduleMocker), spyOn: moduleMocker.spyOn.bind(moduleMocker) };
  const runtime = Object.create(jestRuntime, {
    requireInternalModule: { value: requireAnew },
    setGlobalsForRuntime: { value: (made) => (globalThis.jestGlobals = { ...made, jest }) },
    unstable_importModule: { value: (path) => import(pathToFileURL(path).href) },
  });
  return measured(testPath, () => runFile(globalConfig, config, environment, runtime, testPath));
};

/** Circus keeps the tests of the file that it runs in its module and among the globals. */
function requireAnew(path) {
  globalThis[handlers] = undefined;
  delete require.cache[circus];
  return require(path);
}
