// Builds when needed, then runs the demo. What it logs goes into a file, so that what it says stays readable;
// `npm start -- --log-file -` shows the log instead. The server reads PORT, DATA_DIR, CONFIG_DIR, REDIS_URL, ISSUER and
// DEMO_PASSWORD from the environment itself; arguments are handed on to it.
import { join } from 'node:path';
import { build } from './build.mjs';
import { runChild } from './run-child.mjs';

const NODE_FLAGS = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];

const log = ['--log-file', join(process.env.DATA_DIR ?? 'data', 'demo.log')];
const args = ['dist/main.js', 'serve', '--demo', ...log, ...process.argv.slice(2)];

process.exitCode = build() ? await runChild(process.execPath, [...NODE_FLAGS, ...args]) : 1;
