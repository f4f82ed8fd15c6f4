/** How long it takes from starting the process to the first answer. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/servers/free-port.ts';
import { nodeFlags } from './child.ts';
import { median } from './measure.ts';
import { seed } from './seed.ts';

export interface StartUp {
  readonly store: string;
  /** Wall clock from spawning the process to the first discovery document (ms). */
  readonly millis: number;
  /** CPU of the process at that moment (ms), where the system tells it. */
  readonly cpu: number;
}

const patience = 60_000;

/**
 * The server as the package runs it; it must be built: on an embedded store that is empty, and on a Redis that holds
 * `apps`.
 */
export async function measureStartUps(redisUrl: string, apps: number, rounds: number): Promise<readonly StartUp[]> {
  await seed({ url: redisUrl, otherApps: apps });
  return [
    await medianOf('embedded, empty', rounds, {}),
    await medianOf(`Redis, ${apps} apps`, rounds, { REDIS_URL: redisUrl }),
  ];
}

async function medianOf(store: string, rounds: number, env: Readonly<Record<string, string>>): Promise<StartUp> {
  const starts: Omit<StartUp, 'store'>[] = [];
  for (let round = 0; round < rounds; round += 1) starts.push(await startOnce(env));
  return { store, millis: median(starts.map((s) => s.millis)), cpu: median(starts.map((s) => s.cpu)) };
}

async function startOnce(env: Readonly<Record<string, string>>): Promise<Omit<StartUp, 'store'>> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-bench-'));
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const start = performance.now();
  const server = spawn(process.execPath, [...nodeFlags, 'dist/main.js', 'serve'], {
    env: {
      ...process.env,
      DATA_DIR: dir,
      CONFIG_DIR: 'config',
      HOST: '127.0.0.1',
      PORT: `${port}`,
      ISSUER: issuer,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = once(server, 'exit');
  try {
    while (!(await answers(`${issuer}/.well-known/openid-configuration`))) {
      if (server.exitCode !== null || performance.now() - start > patience)
        throw new Error('the server does not start');
      await pause(3);
    }
    return { millis: performance.now() - start, cpu: await cpuOf(server.pid ?? 0) };
  } finally {
    server.kill('SIGTERM');
    await gone;
    await rm(dir, { recursive: true, force: true });
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
    }).on('error', () => resolve(false));
  });
}

/** From /proc (Linux), in steps of 10 ms. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
