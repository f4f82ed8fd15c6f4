// Runs Jest with the flags that these tests need (they are ES modules). Arguments are handed on to Jest.
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { withMemoryFolder } from './memory-folder.mjs';
import { runChild } from './run-child.mjs';

const flags = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
/** What Node compiled stays here: tests start the program again and again, and compiling is half of a start. */
const compiled = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.cache', 'stepgate-tests');

/** Runs Jest in this terminal; answers its exit code. Some tests start the program as it was built. */
export function runJest(args, env = process.env, stdio = 'inherit') {
  return withMemoryFolder((folder) =>
    runChild(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
      stdio,
      env: {
        NODE_COMPILE_CACHE: compiled,
        // All runs on this machine share the ports.
        STEPGATE_TEST_PORTS: join(tmpdir(), 'stepgate-test-ports'),
        ...env,
        NODE_OPTIONS: flags,
        TMPDIR: folder,
      },
    }),
  );
}

if (import.meta.main) process.exitCode = (await build()) ? await runJest(process.argv.slice(2)) : 1;
