import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

/** A project with the real scripts and with stand-ins for the tools that they start. */
let project = '';

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'stepgate-commands-'));
  cpSync('scripts', join(project, 'scripts'), { recursive: true });
  put('node_modules/@biomejs/biome/bin/biome', '');
  put('node_modules/typescript/bin/tsc', '');
  putBundler('');
  put('node_modules/jest/bin/jest.js', jestThat(totals));
  putPrograms('bin', ['redis-server', 'chromium']);
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

function put(path: string, content: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function putPrograms(directory: string, names: readonly string[], content = '#!/bin/sh\n'): void {
  for (const name of names) chmodSync(put(`${directory}/${name}`, content), 0o755);
}

/** A bundler that makes the folder, and then runs `program`. */
function putBundler(program: string): void {
  put('node_modules/esbuild/package.json', '{"main":"main.js"}');
  const build = `async () => { fs.mkdirSync('dist', { recursive: true }); ${program} }`;
  put('node_modules/esbuild/main.js', `const fs = require('node:fs'); exports.build = ${build};`);
}

/** What the stand-in for Jest counts in each lane of a whole run; with arguments, when there is no lane, the first. */
const totals = {
  computing: { passed: 3, failed: 0, skipped: 1 },
  waiting: { passed: 2, failed: 0, skipped: 0 },
};

/** Says its lane and its arguments. */
const jestThat = (counts: object, program = '') =>
  `const { STEPGATE_TEST_LANE: lane = 'computing', STEPGATE_TEST_TOTALS: file } = process.env;
   const counted = ${JSON.stringify(counts)}[lane];
   ${program}
   require('node:fs').writeFileSync(file, JSON.stringify(counted));
   console.log(lane, process.argv.slice(2).join());
   process.exit(counted.failed > 0 ? 1 : 0);`;

/** Only what the project has in its `bin` can be found, and what a script needs to run at all. */
function runTests(args: readonly string[] = []) {
  const { status, stdout } = spawnSync(process.execPath, ['scripts/test.mjs', ...args], {
    cwd: project,
    env: { PATH: join(project, 'bin') },
    encoding: 'utf8',
  });
  return { status, stdout, last: stdout.trimEnd().split('\n').at(-1) };
}

test('when everything passes, the last line has the numbers of all lanes and the exit code is 0', () => {
  const { stdout, ...rest } = runTests();
  expect(rest).toEqual({ status: 0, last: 'Tests: 5 passed, 0 failed, 1 skipped' });
  const lanes = stdout.split('\n').flatMap((line) => /^(\w+) --maxWorkers=\d+,--filter=/.exec(line)?.[1] ?? []);
  expect(lanes.toSorted()).toEqual(Object.keys(totals).toSorted());
});

test('arguments go to one Jest', () => {
  const { stdout, last } = runTests(['--selectProjects', 'core']);
  expect(stdout).toContain('computing --selectProjects,core\n');
  expect(last).toBe('Tests: 3 passed, 0 failed, 1 skipped');
});

test.each([
  ['lint', '@biomejs/biome/bin/biome', 'process.exit(1)'],
  ['types', 'typescript/bin/tsc', 'process.exit(1)'],
  ['build', 'esbuild/main.js', `exports.build = () => Promise.reject(new Error('a syntax error'))`],
])('a failure of %s counts as failed, and the tests still run', (name, tool, program) => {
  put(`node_modules/${tool}`, program);
  const { status, stdout, last } = runTests();
  expect([status, last]).toEqual([1, 'Tests: 5 passed, 1 failed, 1 skipped']);
  expect(stdout).toContain(`Failed besides the tests: ${name}\n`);
});

test.each(Object.keys(totals))('failed tests of the lane %s count once', (lane) => {
  const counts = { ...totals, [lane]: { passed: 0, failed: 2, skipped: 0 } };
  put('node_modules/jest/bin/jest.js', jestThat(counts));
  const passed = Object.values(counts).reduce((sum, count) => sum + count.passed, 0);
  const skipped = lane === 'computing' ? 0 : 1;
  expect(runTests()).toMatchObject({ status: 1, last: `Tests: ${passed} passed, 2 failed, ${skipped} skipped` });
});

test('a Jest that crashes is a failure even without a failed test', () => {
  put('node_modules/jest/bin/jest.js', jestThat(totals, "if (lane === 'waiting') process.exit(3);"));
  expect(runTests()).toMatchObject({ status: 1, last: 'Tests: 3 passed, 1 failed, 1 skipped' });
});

test('missing programs are named, and fail the run unless some tests were asked for', () => {
  rmSync(join(project, 'bin', 'chromium'));
  const whole = runTests();
  expect(whole.stdout).toContain('Install with: sudo apt-get install chromium');
  expect([whole.status, whole.last]).toEqual([1, 'Tests: 5 passed, 1 failed, 1 skipped']);
  expect(runTests(['--selectProjects', 'core']).status).toBe(0);
});

test.each([
  ['the small browser where the system offers it', 0, 'chromium-headless-shell'],
  ['the whole browser elsewhere', 100, 'chromium'],
])('missing programs are installed where the account may: %s', (_what, offered, browser) => {
  rmSync(join(project, 'bin'), { recursive: true });
  const bin = join(project, 'bin');
  const install = `#!/bin/sh\nfor name in "$@"; do case $name in redis-server|chromium*) echo '#!/bin/sh' > ${bin}/$name; /bin/chmod +x ${bin}/$name;; esac; done\n`;
  putPrograms('bin', ['apt-get'], install);
  putPrograms('bin', ['apt-cache'], `#!/bin/sh\nexit ${offered}\n`);
  // Root runs apt-get itself, other users through sudo: both end at the stand-in.
  putPrograms('bin', ['env'], '#!/bin/sh\nshift\nexec "$@"\n');
  putPrograms('bin', ['sudo'], '#!/bin/sh\nshift\n[ "$1" = true ] || exec "$@"\n');
  expect(runTests()).toMatchObject({ status: 0, last: 'Tests: 5 passed, 0 failed, 1 skipped' });
  const installed = ['redis-server', 'chromium-headless-shell', 'chromium'].filter((name) =>
    existsSync(join(bin, name)),
  );
  expect(installed).toEqual(['redis-server', browser]);
});

test('a build happens once, again after a change, and never counts when it failed', () => {
  put('src/a.ts', '');
  const log = join(project, 'log');
  putBundler(
    `fs.appendFileSync(${JSON.stringify(log)}, 'x'); if (fs.existsSync('broken')) throw new Error('a syntax error')`,
  );
  const build = () => {
    const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: project });
    return [status, readFileSync(log, 'utf8').length];
  };
  expect(build()).toEqual([0, 1]);
  expect(build()).toEqual([0, 1]);
  put('src/b.ts', '');
  put('broken', '');
  expect(build()).toEqual([1, 2]);
  expect(build()).toEqual([1, 3]);
  rmSync(join(project, 'broken'));
  expect(build()).toEqual([0, 4]);
});

/** One package that needs no registry. `isInstalled`: npm has done its work already, which takes half a second. */
function putPackage(version: string, isInstalled = false): void {
  const own = { name: 'project', version: '1.0.0', dependencies: { part: 'file:part' } };
  const packages = { '': own, 'node_modules/part': { resolved: 'part', link: true }, part: { version } };
  put('part/package.json', JSON.stringify({ name: 'part', version }));
  put('package.json', JSON.stringify({ ...own, scripts: { start: 'node scripts/bootstrap.mjs start' } }));
  put(
    'package-lock.json',
    JSON.stringify({ name: 'project', version: '1.0.0', lockfileVersion: 3, requires: true, packages }),
  );
  if (isInstalled) put('node_modules/.package-lock.json', JSON.stringify({ packages }));
}

const waiting = `process.on('SIGTERM', () => process.exit(7)); console.log('waiting'); setInterval(() => {}, 1000);`;

function bootstrap(): ChildProcess {
  return spawn(process.execPath, ['scripts/bootstrap.mjs', 'start'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function output(child: ChildProcess): Promise<string> {
  const texts: string[] = [];
  child.stdout?.on('data', (text) => texts.push(String(text)));
  child.stderr?.on('data', (text) => texts.push(String(text)));
  await once(child, 'close');
  return texts.join('');
}

test('packages are installed when they are missing or others than the lock file names', async () => {
  put('scripts/start.mjs', `console.log('started')`);
  putPackage('1.0.0');
  const first = await output(bootstrap());
  expect(first).toContain('Installing the packages');
  expect(first).toContain('started');
  expect(await output(bootstrap())).toBe('started\n');
  putPackage('1.1.0');
  expect(await output(bootstrap())).toContain('Installing the packages');
});

test('SIGTERM reaches the program, and its exit code comes back', async () => {
  put('scripts/start.mjs', waiting);
  putPackage('1.0.0', true);
  const child = bootstrap();
  const exit = once(child, 'exit');
  await lineOf(child, 'waiting');
  child.kill('SIGTERM');
  expect(await exit).toEqual([7, null]);
});

test('the program ends when npm is stopped, which signals only the shell in between', async () => {
  const ended = join(project, 'ended');
  put(
    'scripts/start.mjs',
    `import { writeFileSync } from 'node:fs';
process.once('exit', () => writeFileSync(${JSON.stringify(ended)}, ''));
${waiting}`,
  );
  putPackage('1.0.0', true);
  const npm = spawn('npm', ['start'], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] });
  await lineOf(npm, 'waiting');
  npm.kill('SIGTERM');
  // The pipe closes when the last process that holds it has ended.
  await once(npm, 'close');
  expect(existsSync(ended)).toBe(true);
});

async function lineOf(child: ChildProcess, expected: string): Promise<void> {
  if (child.stdout === null) throw new Error('the output is not readable');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (line === expected) return;
  throw new Error(`the program ended without saying ${expected}`);
}
