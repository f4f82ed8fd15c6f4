// The first thing that `npm start`, `npm test` and `npm run test:...` run. It must work on any Node since 18, and
// before anything is installed. So it imports only Node's own modules and neighbours that do the same.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './installed.mjs';
import { withProgress } from './progress.mjs';
import { runChild } from './run-child.mjs';

const oldestNode = [24, 15];
const tasks = {
  start: ['--disable-warning=ExperimentalWarning', 'scripts/start.mjs'],
  test: ['scripts/test.mjs'],
  jest: ['scripts/jest.mjs'],
  'test-core': ['scripts/test-core.mjs'],
  'repeat-tests': ['scripts/repeat-tests.mjs'],
  'test-seeds': ['scripts/test-seeds.mjs'],
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(root, 'node_modules', '.bin');

stopWithNpm();
process.exitCode = await main(process.argv[2], process.argv.slice(3));

async function main(task, args) {
  if (!Object.hasOwn(tasks, task ?? ''))
    return refuse(`Usage: node scripts/bootstrap.mjs ${Object.keys(tasks).join('|')} [arguments]`);
  if (!isInstalled(root)) {
    process.stderr.write('Installing the packages that package-lock.json names ...\n');
    const code = await withProgress(install());
    if (code !== 0) return refuse('npm ci failed, see above. It needs a reachable npm registry.');
  }
  const node = findNode();
  if (node === undefined) return refuse(missingNode());
  const env = { ...process.env, PATH: [binaries, dirname(node), process.env.PATH].join(delimiter) };
  return runChild(node, [...tasks[task], ...args], { cwd: root, env });
}

/**
 * npm passes SIGTERM on to the shell that it starts scripts with, and that shell dies without passing it on. So a
 * lost parent is taken for the signal.
 */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, 'SIGTERM'), 250).unref();
}

/** No package here needs its install script, and npm 12 blocks them: without them every npm installs the same. */
function install() {
  // Warnings are about the old Node that npm runs on, not about the one that is being installed.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm would otherwise run on node_modules/.bin/node, which is the first thing that it deletes.
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const env = { ...process.env, PATH: path.join(delimiter) };
  const { npm_execpath: npm, npm_node_execpath: npmNode } = process.env;
  if (npm?.endsWith('.js') && npmNode && existsSync(npmNode))
    return runChild(npmNode, [npm, ...args], { cwd: root, env });
  return runChild(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: root, env });
}

/** The pinned Node that npm installed where there is one for this platform, else the one that runs this. */
function findNode() {
  return [join(binaries, 'node'), process.execPath].find((candidate) => {
    const { stdout, status } = spawnSync(candidate, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    return status === 0 && isRecent(stdout);
  });
}

function isRecent(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

function missingNode() {
  const oldest = oldestNode.join('.');
  const platform = `${process.platform}-${process.arch}`;
  return `Stepgate needs Node ${oldest} or newer. npm has no package of it for ${platform}, and this is Node ${process.versions.node}: install Node ${oldest} or newer and try again.`;
}

function refuse(message) {
  process.stderr.write(`${message}\n`);
  return 1;
}
