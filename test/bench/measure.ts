/** Runs an operation on a server and says what one of it cost. */
import type { Child } from './child.ts';
import { Connection } from './connection.ts';
import type { Operation, Seat } from './operations.ts';
import type { Endpoints } from './requests.ts';
import { endpointsOf } from './requests.ts';
import type { Algorithm } from './servers/scenario.ts';

export interface Target {
  readonly child: Child;
  readonly at: Endpoints;
}

/** What one operation costs. */
export interface Cost {
  /** CPU of the server process, all threads (ms). */
  readonly cpu: number;
  readonly roundTrips: number;
  /** Operations per second of wall clock. */
  readonly perSecond: number;
}

export interface Setting {
  readonly operation: Operation;
  readonly algorithm: Algorithm;
  /** Connections that are busy at the same time. */
  readonly connections: number;
  /** Multiplies the number of times that the operation runs. */
  readonly scale: number;
}

export async function targetOf(child: Child): Promise<Target> {
  const connection = new Connection();
  const at = await endpointsOf(connection, child.issuer);
  connection.close();
  return { child, at };
}

/** One round. */
export async function costOf({ child, at }: Target, setting: Setting): Promise<Cost> {
  const { operation, algorithm, connections, scale } = setting;
  const { alone, together } = operation.times;
  const times = Math.max(1, Math.round((connections === 1 ? alone : together) * scale));
  const seats = Array.from(
    { length: connections },
    (_, user): Seat => ({ connection: new Connection(), at, algorithm, user }),
  );
  try {
    const runs = await Promise.all(seats.map((seat) => operation.prepare(seat, times)));
    const before = await child.read();
    const start = performance.now();
    await Promise.all(runs.map((run) => repeat(run, times)));
    const seconds = (performance.now() - start) / 1000;
    const after = await child.read();
    const count = times * connections;
    return {
      cpu: (after.cpu - before.cpu) / count,
      roundTrips: (after.roundTrips - before.roundTrips) / count,
      perSecond: count / seconds,
    };
  } finally {
    for (const { connection } of seats) connection.close();
  }
}

async function repeat(run: () => Promise<unknown>, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await run();
}

/**
 * Both servers in turn, round by round, so that what disturbs the machine disturbs both. After one round that does not
 * count.
 */
export async function compare(
  targets: { readonly baseline: Target; readonly stepgate: Target },
  setting: Setting,
  rounds: number,
): Promise<Comparison> {
  const baseline: Cost[] = [];
  const stepgate: Cost[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const costs = {
      baseline: await costOf(targets.baseline, setting),
      stepgate: await costOf(targets.stepgate, setting),
    };
    if (round === 0) continue;
    baseline.push(costs.baseline);
    stepgate.push(costs.stepgate);
  }
  const ratios = stepgate.map(({ cpu }, round) => cpu / (baseline[round]?.cpu ?? Number.NaN));
  return {
    operation: setting.operation.name,
    algorithm: setting.algorithm,
    connections: setting.connections,
    baseline: medianCost(baseline),
    stepgate: medianCost(stepgate),
    cpuRatio: median(ratios),
    cpuRatioRange: [Math.min(...ratios), Math.max(...ratios)],
  };
}

export interface Comparison {
  readonly operation: string;
  readonly algorithm: Algorithm;
  readonly connections: number;
  readonly baseline: Cost;
  readonly stepgate: Cost;
  /** Median of the ratios of the rounds. */
  readonly cpuRatio: number;
  readonly cpuRatioRange: readonly [number, number];
}

function medianCost(costs: readonly Cost[]): Cost {
  return {
    cpu: median(costs.map(({ cpu }) => cpu)),
    roundTrips: median(costs.map(({ roundTrips }) => roundTrips)),
    perSecond: median(costs.map(({ perSecond }) => perSecond)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
