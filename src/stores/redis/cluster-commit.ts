/** Commits on a Redis Cluster that wait for replicas. Each is sent to the master of its slot. */
import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '../../errors.ts';
import { connectForCommits, type RedisPatience } from './client.ts';
import type { ClusterWatch, NodeAddress } from './cluster-watch.ts';
import { type GroupCommit, groupCommit, type ScriptArguments, ScriptNotRun } from './group-commit.ts';
import { slotOf } from './slots.ts';
import type { RedisAddress } from './url.ts';

export interface ClusterCommitOptions {
  readonly address: RedisAddress;
  readonly watch: ClusterWatch;
  readonly patience: RedisPatience;
  /** See `GroupCommitOptions`. */
  readonly isSynced: boolean;
  readonly barrierKey: (tag: string) => string;
}

export interface ClusterCommits {
  /** Runs the script of a commit whose keys share a slot. `key`: one of them. */
  readonly run: (args: ScriptArguments, key: string) => Promise<unknown>;
  readonly stop: () => void;
}

interface Line {
  readonly node: NodeAddress;
  readonly run: GroupCommit;
  readonly disconnect: () => void;
}

/**
 * How often one script may be redirected while slots move. Each time Redis has confirmed that it did not run the
 * script.
 */
const mostRedirections = 5;
/** Pause before resending a script whose keys are on two nodes because their slot is moving (milliseconds). */
const moveInterval = 100;

/** Keeps one connection and one queue for each master that is written to. */
export function clusterCommits(options: ClusterCommitOptions): ClusterCommits {
  const { watch } = options;
  const lines = new Map<string, Line>();
  const lineTo = (node: NodeAddress): Line => {
    const name = `${node.host}:${node.port}`;
    let line = lines.get(name);
    if (line === undefined) {
      for (const [other, { node: old, disconnect }] of lines)
        if (!watch.isListed(old)) {
          disconnect();
          lines.delete(other);
        }
      line = openLine(options, node);
      lines.set(name, line);
    }
    return line;
  };
  const run: ClusterCommits['run'] = async (args, key) => {
    let to: Target = { node: watch.ownerOf(slotOf(key)), isAsking: false };
    for (let redirections = 0; ; redirections += 1) {
      if (to.node === undefined) throw new StoreUnavailable('no node of the Redis Cluster serves this slot');
      try {
        return await lineTo(to.node).run(args, to.isAsking);
      } catch (error) {
        if (!(error instanceof ScriptNotRun) || redirections === mostRedirections) throw error;
        to = await nextTarget(error, to);
      }
    }
  };
  const stop = (): void => {
    for (const { disconnect } of lines.values()) disconnect();
  };
  return { run, stop };
}

interface Target {
  readonly node: NodeAddress | undefined;
  /** The slot is moving to this node, so the script is sent after ASKING. */
  readonly isAsking: boolean;
}

/** Reads `MOVED 3999 host:port` and `ASK 3999 host:port`. Without a host, it is the node that answered. */
async function nextTarget(error: ScriptNotRun, { node, isAsking }: Target): Promise<Target> {
  const [, kind, host, port] = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(error.reply) ?? [];
  if (kind === undefined) {
    await pause(moveInterval);
    return { node, isAsking };
  }
  return { node: { host: host || node?.host || '', port: Number(port) }, isAsking: kind === 'ASK' };
}

function openLine(options: ClusterCommitOptions, node: NodeAddress): Line {
  const { address, watch, patience, barrierKey, isSynced } = options;
  const { db: _none, master: _name, ...rest } = address;
  const { client, ready } = connectForCommits({ ...rest, kind: 'standalone', nodes: [node] }, patience);
  let tag = 'barrier';
  const barrierKeyHere = (): string => {
    tag = tagAt(node, { watch, first: tag });
    return barrierKey(tag);
  };
  const { rule, addressOf } = watch;
  const waitLimit = patience.replicas;
  const run = groupCommit({ client, ready, rule, addressOf, waitLimit, isSynced, barrierKey: barrierKeyHere });
  return { node, run, disconnect: () => client.disconnect() };
}

/** A tag whose slot is on this node: `first`, or one of a few hundred others. If none is, `first`. */
function tagAt(
  { host, port }: NodeAddress,
  { watch, first }: { readonly watch: ClusterWatch; readonly first: string },
): string {
  const isHere = (tag: string): boolean => {
    const owner = watch.ownerOf(slotOf(tag));
    return owner?.host === host && owner.port === port;
  };
  if (isHere(first)) return first;
  for (let number = 0; number < 500; number += 1) if (isHere(`barrier-${number}`)) return `barrier-${number}`;
  return first;
}
