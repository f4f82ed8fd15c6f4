import { availableParallelism } from 'node:os';

/** Watching reloads what changed, and coverage needs Jest's own loader; `STEPGATE_TESTS=isolated` asks for it, too. */
const isolated =
  process.env.STEPGATE_TESTS === 'isolated' || process.argv.some((flag) => /^--(watch|coverage|collect)/.test(flag));
const loading = isolated
  ? { testEnvironment: '<rootDir>/scripts/jest/isolated-environment.cjs' }
  : {
      testEnvironment: '<rootDir>/scripts/jest/shared-modules-environment.cjs',
      testRunner: '<rootDir>/scripts/jest/shared-modules-runner.cjs',
    };

/** Outlives a run, whose files for a while do not (scripts/memory-folder.mjs): how long each file took. */
const cacheDirectory = '<rootDir>/node_modules/.cache/jest';
const shared = {
  ...loading,
  cacheDirectory,
  // What is watched and listed. Each project would list all files of all packages.
  roots: ['config', 'docs', 'scripts', 'src', 'test', 'views'].map((folder) => `<rootDir>/${folder}`),
  injectGlobals: false,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/scripts/jest/strip-transform.cjs' },
};
const suite = (name) => ({ ...shared, displayName: name, testMatch: [`<rootDir>/test/${name}/**/*.test.ts`] });

/** One project per level of the pyramid, so that `npx jest --selectProjects core` runs one level. */
export default {
  projects: ['architecture', 'core', 'unit', 'contract', 'http', 'e2e', 'security', 'faults', 'browser'].map(suite),
  cacheDirectory,
  coverageProvider: 'v8',
  reporters: ['default', '<rootDir>/scripts/jest/closing-line-reporter.cjs'],
  testSequencer: '<rootDir>/scripts/jest/longest-first-sequencer.cjs',
  // One more than there are cores: some tests wait. A whole run has lanes instead (scripts/jest/test-lanes.cjs).
  maxWorkers: Math.min(availableParallelism() + 1, 8),
  // Each file leaves some 30 MB behind until V8 collects them, which takes seconds in a process of several gigabytes.
  workerIdleMemoryLimit: '1GB',
  // A worker that ends writes down what Node compiled, for the next one. Half a second, which Jest waits, is too
  // short for that.
  workerGracefulExitTimeout: 10_000,
  // Finds what hangs; a machine that is busy with other things must not reach it.
  testTimeout: 180_000,
};
