/** What the terminal shows when the demo starts, and how a server ends that has not started yet. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePort } from '../../support/servers/free-port.ts';
import { startStepgate } from '../../support/servers/stepgate-process.ts';
import { until } from '../../support/values/until.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-demo-'));
});

afterEach(() => rm(dir, { recursive: true }));

test.each([
  ['its usual log file', 'data', []],
  ['another one', 'logs', ['--log-file']],
] as const)(
  'with %s, where to click is all that the terminal shows, and the log is in the file',
  async (_, folder, words) => {
    const file = join(dir, folder, 'demo.log');
    const env = { DATA_DIR: join(dir, 'data'), PORT: String(await freePort()) };
    const demo = startStepgate(env, ['serve', '--demo', ...words.flatMap((word) => [word, file])]);
    const written = async (): Promise<string> => readFile(file, 'utf8').catch(() => '');
    await until('the demo listens', async () => {
      if (demo.hasEnded()) throw new Error(`ended before it listened: ${demo.errors()}\n${await written()}`);
      return (await written()).includes('"listening"');
    });
    expect(demo.errors().trimStart()).toMatch(/^This is a demo of Stepgate\.[\s\S]*\n {2}Log: {9}\S+demo\.log\n\n$/);
    for (const made of [folder, 'data']) expect((await stat(join(dir, made))).mode & 0o777).toBe(0o700);
    expect(await demo.stop('SIGTERM')).toBe(0);
    expect(demo.lines).toEqual([]);
    for (const line of (await written()).trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('level');
  },
);

test('a signal that comes before the server listens ends it with the number of the signal', async () => {
  // Takes connections and never answers, so that the server waits for its store.
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
  const connected = once(silent, 'connection');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const env = { REDIS_URL: `redis://127.0.0.1:${port}`, PORT: String(await freePort()) };
  const waiting = startStepgate(env, ['serve', '--log-file', '-']);
  await connected;
  expect(await waiting.stop('SIGTERM')).toBe(128 + constants.signals.SIGTERM);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('a busy port is reported in one sentence', async () => {
  const env = { DATA_DIR: join(dir, 'data'), PORT: String(await freePort()) };
  const first = startStepgate(env, ['serve', '--demo', '--log-file', '-']);
  await first.line(/"listening"/);
  const second = startStepgate({ ...env, DATA_DIR: join(dir, 'other') }, ['serve', '--demo', '--log-file', '-']);
  await expect(second.line(/"listening"/)).rejects.toThrow();
  expect(second.errors()).toBe(
    `Port ${env.PORT} is in use: another program listens there, perhaps a Stepgate that still runs. Stop it, or set PORT to another port.\n`,
  );
  expect(await first.stop('SIGTERM')).toBe(0);
});
