// Runs Jest with the flags that these tests need (they are ES modules). Arguments are handed on to Jest.
import { runChild } from './run-child.mjs';

const flags = '--experimental-vm-modules --disable-warning=ExperimentalWarning';

/** Runs Jest in this terminal; answers its exit code. */
export function runJest(args, env = process.env) {
  return runChild(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
    env: { ...env, NODE_OPTIONS: flags },
  });
}

if (import.meta.main) process.exitCode = await runJest(process.argv.slice(2));
