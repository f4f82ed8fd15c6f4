/** The faults, and what becomes of what was acknowledged meanwhile. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Kind, type Lab, roleOf, startClusterLab, startSentinelLab, within } from './topology.ts';
import { Workload, type WorkloadResult } from './workload.ts';

export interface Fault {
  readonly name: string;
  readonly happen: (lab: Lab, workload: Workload) => Promise<void>;
}

/** The longest wait for something that the servers decide (milliseconds); whatever does not happen is reported so. */
const limit = 30_000;
/** Of the writing, in all (seconds). */
const longest = 90;

function stop(seconds: number): Fault {
  return {
    name: `SIGSTOP of ${seconds} s`,
    async happen(lab) {
      const master = await lab.master();
      master.kill('SIGSTOP');
      await pause(seconds * 1000);
      master.kill('SIGCONT');
    },
  };
}

export const stopUntilPromotion: Fault = {
  name: 'SIGSTOP until just after the promotion',
  async happen(lab) {
    const master = await lab.master();
    master.kill('SIGSTOP');
    await promotion(lab, master);
    master.kill('SIGCONT');
  },
};

const partition: Fault = {
  name: 'partition of 20 s, clients on both sides',
  async happen(lab) {
    lab.isolate(await lab.master());
    await pause(20_000);
    lab.heal();
  },
};

const killed: Fault = {
  name: 'kill -9 for good',
  async happen(lab) {
    const master = await lab.master();
    master.kill('SIGKILL');
    await promotion(lab, master);
  },
};

const stale: Fault = {
  name: 'a stale machine comes back, then the new master dies',
  async happen(lab, workload) {
    const master = await lab.master();
    master.kill('SIGKILL');
    const successor = await promotion(lab, master);
    const since = performance.now();
    // With one replica nothing is acknowledged before the first is back.
    if (lab.replicas > 1) await within(limit, async () => workload.acknowledgedAfter(since) !== undefined);
    await pause(2_000);
    await lab.restart(master);
    await pause(300);
    successor?.kill('SIGKILL');
  },
};

export const faults: readonly Fault[] = [...[1.8, 2, 2.2, 5].map(stop), stopUntilPromotion, partition, killed, stale];

/** The node that has become master in place of this one. */
async function promotion({ shard }: Lab, master: Lab['shard'][number]): Promise<Lab['shard'][number] | undefined> {
  let successor: Lab['shard'][number] | undefined;
  await within(limit, async () => {
    for (const server of shard.filter((redisServer) => redisServer !== master))
      if ((await roleOf(server)) === 'master') successor = server;
    return successor !== undefined;
  });
  return successor;
}

/** Starts servers of their own for one fault, and ends them, whatever happens. */
export async function experiment(kind: Kind, replicas: number, fault: Fault): Promise<WorkloadResult> {
  const lab = await (kind === 'Sentinel' ? startSentinelLab(replicas) : startClusterLab(replicas));
  try {
    const workload = new Workload(lab);
    await workload.start(longest);
    await pause(2_000);
    await fault.happen(lab, workload);
    const since = performance.now();
    await within(limit, async () => workload.acknowledgedAfter(since) !== undefined);
    // A master that woke up believes itself for about ten seconds.
    await pause(3_000);
    return await workload.finish();
  } finally {
    await lab.stop();
  }
}
