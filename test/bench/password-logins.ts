/** Sign-ins with real hashing, against what the cores can hash at all. */
import { argon2id, hash, verify } from 'argon2';
import { hashingConcurrency } from '../../src/authenticators/shared/hashing-queue.ts';
import { Connection } from './connection.ts';
import { median, type Target } from './measure.ts';
import { login } from './operations.ts';
import { password } from './servers/scenario.ts';

export interface PasswordLogins {
  /** Verifications per second with nothing else to do, as many at a time as the server allows itself. */
  readonly hashesPerSecond: number;
  /** CPU of one verification (ms). */
  readonly hashCpu: number;
  /** First logins per second through 16 connections; client, Redis and server share the cores. */
  readonly loginsPerSecond: number;
  /** CPU of the server per first login, hashing included (ms). */
  readonly loginCpu: number;
  /** CPU that the client of the benchmark takes per login, from the same cores (ms). */
  readonly clientCpu: number;
  /** Logins per second over hashes per second: median of the rounds. */
  readonly ratio: number;
  /** The same over the hashes for which the client leaves CPU: as if it ran elsewhere. */
  readonly ratioApart: number;
}

/** Those of the server. */
export const hashParameters = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface LoginEffort {
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
  /** Users who log in at the same time. A busy server refuses those who would wait too long for its hashing. */
  readonly connections: number;
}

/** Alternates between the two. */
export async function measurePasswordLogins(
  target: Target,
  { rounds, seconds, connections }: LoginEffort,
): Promise<PasswordLogins> {
  const stored = await hash(password, hashParameters);
  const turns: PasswordLogins[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const hashes = await hashFor(stored, seconds);
    const logins = await loginFor(target, { seconds, connections });
    const { hashesPerSecond, hashCpu } = hashes;
    const { loginsPerSecond, clientCpu } = logins;
    const left = hashesPerSecond - (loginsPerSecond * clientCpu) / hashCpu;
    const ratios = { ratio: loginsPerSecond / hashesPerSecond, ratioApart: loginsPerSecond / left };
    if (round > 0) turns.push({ ...hashes, ...logins, ...ratios });
  }
  const of = (name: keyof PasswordLogins): number => median(turns.map((turn) => turn[name]));
  return {
    hashesPerSecond: of('hashesPerSecond'),
    hashCpu: of('hashCpu'),
    loginsPerSecond: of('loginsPerSecond'),
    loginCpu: of('loginCpu'),
    clientCpu: of('clientCpu'),
    ratio: of('ratio'),
    ratioApart: of('ratioApart'),
  };
}

async function hashFor(stored: string, seconds: number) {
  const before = process.cpuUsage();
  const { count, took } = await repeatFor(
    seconds,
    Array.from({ length: hashingConcurrency() }, () => () => verify(stored, password)),
  );
  const { user, system } = process.cpuUsage(before);
  return { hashesPerSecond: count / took, hashCpu: (user + system) / 1000 / count };
}

async function loginFor({ child, at }: Target, { seconds, connections }: Omit<LoginEffort, 'rounds'>) {
  const seats = Array.from({ length: connections }, (_, user) => ({
    connection: new Connection(),
    at,
    algorithm: 'ES256' as const,
    user,
  }));
  try {
    const runs = await Promise.all(seats.map((seat) => login.prepare(seat, 0)));
    const before = await child.read();
    const own = process.cpuUsage();
    const { count, took } = await repeatFor(seconds, runs);
    const { user, system } = process.cpuUsage(own);
    const after = await child.read();
    return {
      loginsPerSecond: count / took,
      loginCpu: (after.cpu - before.cpu) / count,
      clientCpu: (user + system) / 1000 / count,
    };
  } finally {
    for (const { connection } of seats) connection.close();
  }
}

/** Each of the runs again and again until the time is over. */
async function repeatFor(seconds: number, runs: readonly (() => Promise<unknown>)[]) {
  const start = performance.now();
  let count = 0;
  const repeatRun = async (run: () => Promise<unknown>): Promise<void> => {
    while (performance.now() - start < seconds * 1000) {
      await run();
      count += 1;
    }
  };
  await Promise.all(runs.map(repeatRun));
  return { count, took: (performance.now() - start) / 1000 };
}
