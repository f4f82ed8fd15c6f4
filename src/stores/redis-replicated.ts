/** Which way a commit goes: over the shared connection, or with a wait for the replicas. */
import { Cluster, type Redis } from 'ioredis';
import { connectForCommits, type RedisClient, type RedisPatience, usualPatience } from './redis-client.ts';
import { groupCommit } from './redis-group-commit.ts';
import type { RedisLink } from './redis-link.ts';
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

/** On a Cluster no commit waits (see Law 14, "Not held yet"). */
export function replicatedCommits(
  { url, prefix, patience = usualPatience }: ReplicatedOptions,
  shared: RedisClient,
): ReplicatedCommits {
  const alone: RedisLink['runCommit'] = ([keys, ...rest]) => shared.stepgateCommit(Number(keys), ...rest);
  if (shared instanceof Cluster) return { run: alone, advice: async () => [], stop: () => {} };
  const watch = watchOf(url, shared, patience);
  const { client, ready } = connectForCommits(parseRedisUrl(url), patience);
  const waiting = groupCommit({ client, prefix, ready, ...watch, waitLimit: patience.replicas });
  const needed = (): number | undefined => {
    const { remoteAddress = '', remotePort = 0 } = shared.stream ?? {};
    return watch.rule.needed(watch.addressOf(remoteAddress, remotePort), performance.now());
  };
  return {
    async run(args, promised) {
      if (!promised) return alone(args, false);
      await watch.known();
      return needed() === 0 ? alone(args, true) : waiting(args);
    },
    async advice() {
      if (parseRedisUrl(url).kind !== 'sentinel') return [];
      try {
        await watch.known();
        return adviceFor(needed());
      } catch (error) {
        return [`${(error as Error).message}: until it has, nothing that must be kept is acknowledged`];
      }
    },
    stop() {
      watch.stop();
      client.disconnect();
    },
  };
}

function adviceFor(replicas: number | undefined): readonly string[] {
  if (replicas === 0)
    return ['Redis has sentinels and no replica: a machine that dies takes acknowledged writes with it'];
  if (replicas === 1)
    return [
      'Redis has one replica that counts: when it or the master dies, no sign-in ends until it is back. Have two',
    ];
  return [];
}

function watchOf(url: string, shared: Redis, { ready }: RedisPatience): ReplicaWatch {
  const { kind, nodes, master = '', tls } = parseRedisUrl(url);
  if (kind === 'standalone') return watchAttached(shared, ready);
  return watchSentinels({ sentinels: nodes, master, tls, patience: ready });
}
