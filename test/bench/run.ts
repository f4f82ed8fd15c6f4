/**
 * `npm run bench [-- --quick] [-- --out FILE]`: Stepgate against bare oidc-provider, on the same Node and the same
 * Redis, in one run. Prints tables and whether each budget is met of docs/testing.md, and writes everything as JSON.
 * `--smoke` only shows that all of it works.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { hash } from 'argon2';
import { type RedisServer, startRedis } from '../support/stores/redis.ts';
import { type Child, nodeFlags, startChild } from './child.ts';
import { measureDecisions } from './decisions.ts';
import { measureHardDecisions } from './hard-decisions.ts';
import { type Comparison, compare, costOf, type Setting, type Target, targetOf } from './measure.ts';
import { login, loginRequests, type Operation, sessionOperations } from './operations.ts';
import { hashParameters, measurePasswordLogins } from './password-logins.ts';
import { reportOf } from './report.ts';
import type { Memory, Results } from './results.ts';
import { seed } from './seed.ts';
import { hash as freeHash } from './servers/free-argon2.ts';
import { type Algorithm, password } from './servers/scenario.ts';
import { measureStartUps } from './start-up.ts';

interface Effort {
  readonly rounds: number;
  /** That are busy at the same time. */
  readonly connections: number;
  /** Multiplies how often each operation runs. */
  readonly scale: number;
  /** The same for the runs before anything is measured. */
  readonly warmUp: number;
  readonly starts: number;
  /** In the store of half of these starts. */
  readonly apps: number;
  /** Of each turn of password logins. */
  readonly seconds: number;
  /** Of CPU for each number of rules (ms). */
  readonly decisions: number;
}

const efforts = {
  full: { rounds: 5, connections: 16, scale: 1, warmUp: 6, starts: 5, apps: 10_000, seconds: 2, decisions: 1500 },
  quick: { rounds: 3, connections: 16, scale: 0.5, warmUp: 2, starts: 3, apps: 10_000, seconds: 1.5, decisions: 500 },
  smoke: { rounds: 1, connections: 2, scale: 0.05, warmUp: 0.05, starts: 1, apps: 100, seconds: 0.2, decisions: 20 },
} as const satisfies Record<string, Effort>;

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, smoke: { type: 'boolean' }, out: { type: 'string' } },
});
const chosenEffort: Effort = values.smoke ? efforts.smoke : values.quick ? efforts.quick : efforts.full;

const build = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
if (build.status !== 0) throw new Error('the build failed');
const redis = await startRedis();
const children: Child[] = [];
try {
  const results = await measure(redis, chosenEffort);
  process.stdout.write(`${reportOf(results)}\n`);
  const file = values.out ?? join('bench-results', `${results.at.replaceAll(':', '-')}.json`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`\nwritten to ${file}\n`);
} finally {
  for (const child of children) await child.stop();
  await redis.stop();
}

async function measure({ url }: RedisServer, effort: Effort) {
  const { rounds, connections, warmUp, starts, apps, seconds, decisions } = effort;
  const startUps = await measureStartUps(`${url}/1`, apps, starts);
  const costs = measureDecisions(decisions);
  const hardDecisions = measureHardDecisions(decisions);
  const targets = { baseline: await bareProvider(url), stepgate: await stepgate(url, 'free hashing') };
  const atStart = { baseline: await memoryOf(targets.baseline), stepgate: await memoryOf(targets.stepgate) };
  for (const target of Object.values(targets)) {
    for (const operation of [login, ...sessionOperations]) {
      await costOf(target, { operation, algorithm: 'ES256', connections, scale: warmUp });
    }
  }
  const comparisons: Comparison[] = [];
  for (const setting of settings(effort)) {
    comparisons.push(await compare(targets, setting, rounds));
    if (process.stderr.isTTY) process.stderr.write('.');
  }
  const hashing = await stepgate(url, 'hashing');
  const passwordLogins = await measurePasswordLogins(hashing, { rounds: Math.min(rounds, 5), seconds, connections });
  const results: Results = {
    at: new Date().toISOString(),
    machine: machine(),
    comparisons,
    decisions: costs,
    hardDecisions,
    startUps,
    memory: {
      baseline: { atStart: atStart.baseline.atStart, underLoad: (await memoryOf(targets.baseline)).underLoad },
      stepgate: {
        atStart: atStart.stepgate.atStart,
        underLoad: Math.max((await memoryOf(targets.stepgate)).underLoad, (await memoryOf(hashing)).underLoad),
      },
    },
    passwordLogins,
  };
  return results;
}

/**
 * Everything with ES256 at both numbers of connections; the requests of a login one by one, and RS256, only together.
 */
function settings({ scale, connections: together }: Effort): readonly Setting[] {
  const of = (operations: readonly Operation[], algorithm: Algorithm, connections: number): readonly Setting[] =>
    operations.map((operation) => ({ operation, algorithm, connections, scale }));
  return [
    ...of([login, ...sessionOperations], 'ES256', together),
    ...of(loginRequests, 'ES256', together),
    ...of([login, ...sessionOperations.filter(({ name }) => name === 'refresh')], 'RS256', together),
    ...of([login, ...sessionOperations], 'ES256', 1),
  ];
}

async function started(server: string, env: Readonly<Record<string, string>>, flags: readonly string[] = []) {
  const child = await startChild({ server, env, nodeFlags: flags });
  children.push(child);
  return child;
}

async function bareProvider(url: string): Promise<Target> {
  return targetOf(await started('bare-provider.ts', { REDIS_URL: url }));
}

/** The baseline checks no password, so for comparing hashing is taken out, and measured apart. */
async function stepgate(url: string, kind: 'hashing' | 'free hashing'): Promise<Target> {
  const free = kind === 'free hashing';
  const prefix = free ? 'free:' : 'hashing:';
  const passwordHash = free ? await freeHash(Buffer.from(password)) : await hash(password, hashParameters);
  await seed({ url, prefix, passwordHash });
  const preload = ['--import', join(import.meta.dirname, 'servers', 'free-hashing.ts')];
  return targetOf(await started('stepgate.ts', { REDIS_URL: url, PREFIX: prefix }, free ? preload : []));
}

async function memoryOf({ child }: Target): Promise<Memory> {
  const { memory, peak } = await child.read();
  return { atStart: memory, underLoad: peak };
}

function machine(): Results['machine'] {
  return {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? '',
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    flags: nodeFlags.join(' '),
  };
}
