/** Which way a commit goes: over the shared connection, or with a wait for the replicas. */
import { Cluster, type Redis } from 'ioredis';
import { watchCluster } from './cluster-watch.ts';
import { replicationBarrierKey } from './keys.ts';
import { connectForCommits, type RedisClient, type RedisPatience, usualPatience } from './redis-client.ts';
import { clusterCommits } from './redis-cluster-commit.ts';
import { type GroupCommit, groupCommit } from './redis-group-commit.ts';
import type { RedisLink } from './redis-link.ts';
import { slotOf } from './redis-slots.ts';
import { parseRedisUrl } from './redis-url.ts';
import { type ReplicaWatch, watchAttached, watchSentinels } from './replica-watch.ts';

export interface ReplicatedOptions {
  readonly url: string;
  /** Begins every key. */
  readonly prefix: string;
  readonly patience: RedisPatience | undefined;
}

export interface ReplicatedCommits {
  readonly run: RedisLink['runCommit'];
  /** A sentence for the operator, where one more dead machine would stop promised commits. */
  readonly advice: () => Promise<readonly string[]>;
  readonly stop: () => void;
}

export function replicatedCommits(options: ReplicatedOptions, shared: RedisClient): ReplicatedCommits {
  const way = shared instanceof Cluster ? clusterWay(options) : singleWay(options, shared);
  const { watch, masterOf } = way;
  const alone: RedisLink['runCommit'] = ([keys, ...rest]) => shared.stepgateCommit(Number(keys), ...rest);
  const needed = (me: string): number | undefined => watch.rule.needed(me, performance.now());
  return {
    async run(args, promised) {
      if (!promised) return alone(args, false);
      await watch.known();
      return needed(masterOf(args)) === 0 ? alone(args, true) : way.run(args);
    },
    async advice() {
      if (parseRedisUrl(options.url).kind === 'standalone') return [];
      try {
        await watch.known();
        return adviceFor(Math.min(...way.masters().map((master) => needed(master) ?? Number.POSITIVE_INFINITY)));
      } catch (error) {
        return [`${(error as Error).message}: until it has, nothing that must be kept is acknowledged`];
      }
    },
    stop() {
      watch.stop();
      way.stop();
    },
  };
}

/** How commits that wait reach their master. */
interface Way {
  readonly watch: ReplicaWatch;
  readonly run: GroupCommit;
  /** The master that a commit goes to, as the rule names it. */
  readonly masterOf: (args: readonly (string | number)[]) => string;
  readonly masters: () => readonly string[];
  readonly stop: () => void;
}

function singleWay({ url, prefix, patience = usualPatience }: ReplicatedOptions, shared: Redis): Way {
  const watch = watchOf(url, shared, patience);
  const { client, ready } = connectForCommits(parseRedisUrl(url), patience);
  const { rule, addressOf } = watch;
  const barrierKey = () => prefix + replicationBarrierKey('barrier');
  const master = (): string => {
    const { remoteAddress = '', remotePort = 0 } = shared.stream ?? {};
    return addressOf(remoteAddress, remotePort);
  };
  return {
    watch,
    run: groupCommit({ client, ready, rule, addressOf, barrierKey, waitLimit: patience.replicas }),
    masterOf: master,
    masters: () => [master()],
    stop: () => client.disconnect(),
  };
}

function clusterWay({ url, prefix, patience = usualPatience }: ReplicatedOptions): Way {
  const address = parseRedisUrl(url);
  const watch = watchCluster(address, patience);
  const barrierKey = (tag: string) => prefix + replicationBarrierKey(tag);
  const { run, stop } = clusterCommits({ address, watch, patience, barrierKey });
  const masterOf = (args: readonly (string | number)[]) => watch.masterOf(slotOf(String(args[1])));
  return { watch, run, masterOf, masters: watch.masters, stop };
}

function adviceFor(replicas: number): readonly string[] {
  if (replicas === 0)
    return ['a master of Redis has no replica: a machine that dies takes acknowledged writes with it'];
  if (replicas === 1)
    return [
      'a master of Redis has one replica that counts: when one of the two dies, no sign-in ends until it is back. Have two',
    ];
  return [];
}

function watchOf(url: string, shared: Redis, { ready }: RedisPatience): ReplicaWatch {
  const { kind, nodes, master = '', tls } = parseRedisUrl(url);
  if (kind === 'standalone') return watchAttached(shared, ready);
  return watchSentinels({ sentinels: nodes, master, tls, patience: ready });
}
