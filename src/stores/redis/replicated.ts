/** Routes a commit: over the shared connection, or over one that waits for the replicas. */
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { replicationBarrierKey } from '../keys.ts';
import { connectForCommits, type RedisClient, type RedisPatience, usualPatience } from './client.ts';
import { clusterCommits } from './cluster-commit.ts';
import { watchCluster } from './cluster-watch.ts';
import type { RedisDurability } from './durability-check.ts';
import { groupCommit, type ScriptArguments } from './group-commit.ts';
import type { RedisLink } from './link.ts';
import { type ReplicaWatch, watchAttached, watchSentinels } from './replica-watch.ts';
import { slotOf } from './slots.ts';
import { watchStoreAlone } from './store-alone.ts';
import { parseRedisUrl } from './url.ts';

export interface ReplicatedOptions {
  readonly url: string;
  /** The prefix of every key. */
  readonly prefix: string;
  readonly patience: RedisPatience | undefined;
  readonly durability: RedisDurability;
  /** The first commits wait up to twelve seconds until it is known which replicas are dead: see `settling`. */
  readonly isPatient?: boolean;
}

/** The script of an empty batch. A barrier written after it waits for all earlier writes. */
const nothing: ScriptArguments = [0];

/** Milliseconds. */
const settleLimit = 12_000;
const settleInterval = 250;

export interface ReplicatedCommits {
  readonly run: RedisLink['runCommit'];
  /** See `Store.confirm`. */
  readonly confirm: () => Promise<void>;
  /** A sentence for the operator if the failure of one more machine would block durable commits. */
  readonly advice: () => Promise<readonly string[]>;
  readonly stop: () => void;
}

export function replicatedCommits(options: ReplicatedOptions, shared: RedisClient): ReplicatedCommits {
  const path = shared instanceof Cluster ? clusterPath(options) : singlePath(options, shared);
  const { watch, masterOf } = path;
  const declaration = watchStoreAlone(shared, options.prefix, watch.rule);
  const isSynced = options.durability === 'fsync';
  const settled = options.isPatient === true ? settling(path) : undefined;
  const alone: RedisLink['runCommit'] = ([keys, ...rest]) => shared.stepgateCommit(Number(keys), ...rest);
  const needed = (master: string): number | undefined => watch.rule.needed(master, performance.now());
  // If replicas are excused by the operator's declaration, the check is repeated after the script.
  const mustWait = (key: string): boolean => isSynced || declaration.isGiven() || needed(masterOf(key)) !== 0;
  return {
    async run(args, promised) {
      if (!promised) return alone(args, false);
      await watch.known();
      await settled?.(keyOf(args));
      return mustWait(keyOf(args)) ? path.run(args, keyOf(args)) : alone(args, true);
    },
    async confirm() {
      await watch.known();
      const confirmAt = async (key: string): Promise<void> => {
        await settled?.(key);
        if (mustWait(key)) await path.run(nothing, key);
      };
      await Promise.all(path.keys().map(confirmAt));
    },
    async advice() {
      if (parseRedisUrl(options.url).kind === 'standalone') return [];
      try {
        await watch.known();
        return adviceFor(Math.min(...path.masters().map((master) => needed(master) ?? Number.POSITIVE_INFINITY)));
      } catch (error) {
        return [`${(error as Error).message}: until it has, nothing that must be kept is acknowledged`];
      }
    },
    stop() {
      declaration.stop();
      watch.stop();
      path.stop();
    },
  };
}

function keyOf(args: ScriptArguments): string {
  return String(args[1]);
}

/**
 * For a process that has just started, such as a command. It must listen to the sentinels for ten seconds before it may
 * excuse a replica, so its first commits wait for that instead of failing. An empty script is sent to each master until
 * it succeeds. After `settleLimit` the commit is sent in any case.
 */
function settling({ run, masterOf }: CommitPath): (key: string) => Promise<void> {
  const end = performance.now() + settleLimit;
  const settled = new Set<string>();
  return async (key) => {
    while (!settled.has(masterOf(key)) && performance.now() < end) {
      const master = masterOf(key);
      const isSettled = await run(nothing, key).then(
        () => true,
        () => false,
      );
      if (isSettled) settled.add(master);
      else await pause(settleInterval);
    }
  };
}

/** Enough for several names per slot of a Cluster. */
const mostNames = 60_000;

/** How a waiting commit reaches its master. */
interface CommitPath {
  readonly watch: ReplicaWatch;
  /** `key`: one of those in `args`. On a Cluster it decides the master. */
  readonly run: (args: ScriptArguments, key: string) => Promise<unknown>;
  /** The master of a key, by the name that the rule uses. */
  readonly masterOf: (key: string) => string;
  readonly masters: () => readonly string[];
  /** One key for each master. */
  readonly keys: () => readonly string[];
  readonly stop: () => void;
}

function singlePath(options: ReplicatedOptions, shared: Redis): CommitPath {
  const { url, prefix, patience = usualPatience, durability } = options;
  const watch = watchOf(url, shared, patience);
  const { client, ready } = connectForCommits(parseRedisUrl(url), patience);
  const { rule, addressOf } = watch;
  const barrierKey = () => prefix + replicationBarrierKey('barrier');
  const master = (): string => {
    const { remoteAddress = '', remotePort = 0 } = shared.stream ?? {};
    return addressOf(remoteAddress, remotePort);
  };
  const isSynced = durability === 'fsync';
  const send = groupCommit({ client, ready, rule, addressOf, barrierKey, isSynced, waitLimit: patience.replicas });
  return {
    watch,
    run: (args) => send(args),
    masterOf: master,
    masters: () => [master()],
    keys: () => [barrierKey()],
    stop: () => client.disconnect(),
  };
}

function clusterPath({ url, prefix, patience = usualPatience, durability }: ReplicatedOptions): CommitPath {
  const isSynced = durability === 'fsync';
  const address = parseRedisUrl(url);
  const watch = watchCluster(address, patience);
  const barrierKey = (tag: string) => prefix + replicationBarrierKey(tag);
  const { run, stop } = clusterCommits({ address, watch, patience, isSynced, barrierKey });
  const masterOf = (key: string): string => watch.masterOf(slotOf(key));
  const keys = () => keysByMaster(masterOf, watch.masters().length);
  return { watch, run, masterOf, masters: watch.masters, keys, stop };
}

/** Tries names until each of `count` masters has one. A master that no longer serves a slot gets none. */
function keysByMaster(masterOf: (key: string) => string, count: number): readonly string[] {
  const found = new Map<string, string>();
  for (let number = 0; found.size < count && number < mostNames; number += 1) {
    const key = `{${number}}`;
    const master = masterOf(key);
    if (master !== '' && !found.has(master)) found.set(master, key);
  }
  return [...found.values()];
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
