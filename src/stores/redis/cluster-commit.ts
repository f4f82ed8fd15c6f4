/** Commits on a Redis Cluster that wait for the replicas: each goes to the master of its slot. */
import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '../../errors.ts';
import { connectForCommits, type RedisPatience } from './client.ts';
import type { ClusterWatch, NodeAddress } from './cluster-watch.ts';
import { type GroupCommit, groupCommit, NotRun, type ScriptArguments } from './group-commit.ts';
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
  /** Runs the script of a commit whose keys share a slot; `key`: one of them. */
  readonly run: (args: ScriptArguments, key: string) => Promise<unknown>;
  readonly stop: () => void;
}

interface Line {
  readonly node: NodeAddress;
  readonly run: GroupCommit;
  readonly disconnect: () => void;
}

/** How often one script may be sent on, while slots move. Each time Redis has said that it did not run it. */
const mostRedirections = 5;
/** Before a script is sent again whose keys are on two nodes, as its slot is moving (milliseconds). */
const moveInterval = 100;

/** One connection and one queue for each master that is written to. */
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
        if (!(error instanceof NotRun) || redirections === mostRedirections) throw error;
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
  /** The slot is on its way there: the script is sent behind ASKING. */
  readonly isAsking: boolean;
}

/** Reads `MOVED 3999 host:port` and `ASK 3999 host:port`; without a host it is the one that answered. */
async function nextTarget(error: NotRun, { node, isAsking }: Target): Promise<Target> {
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

/** A tag whose slot is at this node: `first`, or one of a few hundred others; `first` where none is. */
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
