/**
 * Commits that are acknowledged only when the replicas have them. They have a connection of their own, since `WAIT`
 * holds up everything behind it, and share a wait: what arrives meanwhile goes out together in the next pipeline.
 */
import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { StoreUnavailable } from '../errors.ts';
import { keyTable } from './key-table.ts';
import { replicationBarrierKey } from './keys.ts';
import { redisFailure } from './redis-client.ts';
import { redisScripts } from './redis-scripts.ts';
import type { ReplicaRule } from './replica-rule.ts';

/** So that one reply of Redis does not grow without limit. */
const largestGroup = 100;

type Reply = readonly [error: Error | null, result: unknown];
/** The parts of a reply of ROLE: role, offset of the replication, replicas as address, port and offset. */
type Role = readonly [role: string, offset: number, replicas: readonly (readonly [string, string, string])[]];

interface Waiting {
  /** Number of keys, keys, arguments of the script. */
  readonly args: readonly (string | number)[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions {
  readonly client: Redis;
  /** Begins every key. */
  readonly prefix: string;
  /** Resolves when commands can be sent; rejects with `StoreUnavailable`. */
  readonly ready: () => Promise<void>;
  readonly rule: ReplicaRule;
  /** How long the replicas may take (milliseconds). */
  readonly waitLimit: number;
  /** `ip:port` of a node that Redis or we name. */
  readonly addressOf: (host: string, port: number | string) => string;
}

/**
 * Runs the script of a commit, and resolves with its reply once the replicas have what it wrote. Rejects with
 * `StoreUnavailable` when that is not known: the script may have run. It is never sent again, unless Redis said that it
 * does not know it.
 */
export function groupCommit(options: GroupCommitOptions): (args: readonly (string | number)[]) => Promise<unknown> {
  let queue: Waiting[] = [];
  let busy = false;
  const sendAll = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (queue.length > 0) {
      const group = queue.slice(0, largestGroup);
      queue = queue.slice(largestGroup);
      await sendGroup(options, group, 'evalsha').catch((error: unknown) => {
        // Those behind would wait as long again, and answer after the request was given up.
        for (const { reject } of [...group, ...queue]) reject(redisFailure(error));
        queue = [];
      });
    }
    busy = false;
  };
  return (args) =>
    new Promise((resolve, reject) => {
      queue.push({ args, resolve, reject });
      void sendAll();
    });
}

const scriptOf = { eval: redisScripts.stepgateCommit, evalsha: hash('sha1', redisScripts.stepgateCommit) } as const;

async function sendGroup(
  options: GroupCommitOptions,
  group: readonly Waiting[],
  command: 'eval' | 'evalsha',
): Promise<void> {
  const { client, prefix, ready, rule, addressOf, waitLimit } = options;
  await ready();
  const { remoteAddress = '', remotePort = 0 } = client.stream;
  const me = addressOf(remoteAddress, remotePort);
  const pipeline = client.pipeline();
  for (const { args } of group) pipeline.call(command, scriptOf[command], ...args);
  // Behind scripts that wrote nothing a wait would end at once, also when earlier writes are not at the replicas yet.
  pipeline.set(prefix + replicationBarrierKey, '', 'EX', keyTable['replication-barrier'].lifetime.seconds);
  pipeline.role();
  pipeline.wait(rule.needed(me, performance.now()) ?? 0, waitLimit);
  pipeline.role();
  const replies = (await pipeline.exec()) as readonly Reply[] | null;
  if (replies === null) throw new StoreUnavailable('Redis: the pipeline was cut off');
  const doubt = doubtOf(options, me, replies.slice(group.length));
  // The scripts that Redis does not know have not run.
  const unknown = group.filter((waiting, index) => !settle(waiting, replies[index], doubt));
  if (unknown.length > 0) await sendGroup(options, unknown, 'eval');
}

/** False: the script was not known and has not run. */
function settle({ resolve, reject }: Waiting, reply: Reply | undefined, doubt: StoreUnavailable | undefined): boolean {
  const [error, result] = reply ?? [new StoreUnavailable('Redis: a reply is missing'), undefined];
  if (error?.message.startsWith('NOSCRIPT')) return false;
  if (error) reject(redisFailure(error));
  // A batch that was refused has written nothing that could be lost.
  else if (doubt !== undefined && Number(result) === 0) reject(doubt);
  else resolve(result);
  return true;
}

/** Why it is not known whether the replicas have it; `undefined`: they have. `replies`: to SET, ROLE, WAIT, ROLE. */
function doubtOf(
  { rule, addressOf }: GroupCommitOptions,
  me: string,
  replies: readonly Reply[],
): StoreUnavailable | undefined {
  const error = replies.find(([failure]) => failure !== null)?.[0];
  if (error) return new StoreUnavailable(`Redis: ${error.message}; it is not known whether the write counted`, error);
  const [before, after] = [replies[1]?.[1] as Role, replies[3]?.[1] as Role];
  if (before[0] !== 'master' || after[0] !== 'master')
    return new StoreUnavailable('this Redis is no master any more; it is not known whether the write counted');
  const acknowledged = new Map(after[2].map(([host, port, offset]) => [addressOf(host, port), Number(offset)]));
  const missing = rule.missing({ me, offset: Number(before[1]), acknowledged }, performance.now());
  if (missing.length === 0) return undefined;
  return new StoreUnavailable(
    `not at every replica (${missing.join(', ')}); it is not known whether the write counted`,
  );
}
