// Builds when needed, then runs the demo, which logs into a file unless it is asked for (`npm start -- --log-file -`).
// The server reads PORT, DATA_DIR, CONFIG_DIR, REDIS_URL, ISSUER and DEMO_PASSWORD from the environment itself;
// arguments are handed on to it.
import { build } from './build.mjs';
import { runChild } from './run-child.mjs';

const nodeFlags = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];

const args = ['dist/main.js', 'serve', '--demo', ...process.argv.slice(2)];

process.exitCode = (await build()) ? await runChild(process.execPath, [...nodeFlags, ...args]) : 1;
