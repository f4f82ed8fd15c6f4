/**
 * Commits that are acknowledged only when the replicas have them. They have a connection of their own, since `WAIT`
 * holds up everything behind it, and share a wait: what arrives meanwhile goes out together in the next pipeline.
 */
import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChainableCommander, Redis } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';
import { keyTable } from '../key-table.ts';
import { redisFailure } from './client.ts';
import type { ReplicaRule } from './replica-rule.ts';
import { redisScripts } from './scripts.ts';

/** So that one reply of Redis does not grow without limit. */
const largestGroup = 100;

type Reply = readonly [error: Error | null, result: unknown];
/** The parts of a reply of ROLE: role, offset of the replication, replicas as address, port and offset. */
type Role = readonly [role: string, offset: number, replicas: readonly (readonly [string, string, string])[]];

interface Waiting {
  readonly args: ScriptArguments;
  readonly isAsking: boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions {
  readonly client: Redis;
  /** A key that this server serves, to be written behind each group. */
  readonly barrierKey: () => string;
  /** Resolves when commands can be sent; rejects with `StoreUnavailable`. */
  readonly ready: () => Promise<void>;
  readonly rule: ReplicaRule;
  /** How long the replicas may take (milliseconds). */
  readonly waitLimit: number;
  /** Whether it must be on the disks, too. */
  readonly isSynced: boolean;
  /** `ip:port` of a node that Redis or we name. */
  readonly addressOf: (host: string, port: number | string) => string;
}

/** Number of keys, keys, arguments of the script. */
export type ScriptArguments = readonly (string | number)[];

/** `isAsking`: the slot of the keys is on its way to this server. */
export type GroupCommit = (args: ScriptArguments, isAsking?: boolean) => Promise<unknown>;

/** On a Cluster: another node must be asked, or the same one later. The script has not run. */
export class NotRun extends StoreUnavailable {
  /** What Redis said. */
  readonly reply: string;

  constructor(error: Error) {
    super(`Redis: ${error.message}`, error);
    this.reply = error.message;
  }
}

/** A replica that counts does not have the write yet. */
class NotEverywhere extends StoreUnavailable {}

const redirections = /^(MOVED|ASK|TRYAGAIN)\b/;
/** Before the replicas are asked again (milliseconds). */
const waitInterval = 20;

/**
 * Runs the script of a commit, and resolves with its reply once the replicas have what it wrote. Rejects with
 * `StoreUnavailable` when that is not known: the script may have run. It is never sent again, unless Redis said that it
 * does not know it. Rejects with `NotRun` where a Cluster says that it has not run.
 */
export function groupCommit(options: GroupCommitOptions): GroupCommit {
  let queue: Waiting[] = [];
  let busy = false;
  const seen: Seen = { attached: 0 };
  const sendAll = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (queue.length > 0) {
      const group = queue.slice(0, largestGroup);
      queue = queue.slice(largestGroup);
      await sendGroup({ ...options, seen }, group, 'evalsha').catch((error: unknown) => {
        // Those behind would wait as long again, and answer after the request was given up.
        for (const { reject } of [...group, ...queue]) reject(redisFailure(error));
        queue = [];
      });
    }
    busy = false;
  };
  return (args, isAsking = false) =>
    new Promise((resolve, reject) => {
      queue.push({ args, isAsking, resolve, reject });
      void sendAll();
    });
}

const scriptOf = { eval: redisScripts.stepgateCommit, evalsha: hash('sha1', redisScripts.stepgateCommit) } as const;

/** How many replicas were attached at the last look. */
interface Seen {
  attached: number;
}

async function sendGroup(
  options: GroupCommitOptions & { readonly seen: Seen },
  group: readonly Waiting[],
  command: 'eval' | 'evalsha',
): Promise<void> {
  const { client, barrierKey, ready, addressOf, waitLimit } = options;
  await ready();
  const { remoteAddress = '', remotePort = 0 } = client.stream;
  const master = addressOf(remoteAddress, remotePort);
  const end = performance.now() + waitLimit;
  const pipeline = client.pipeline();
  const positions = group.map(({ args, isAsking }) => {
    if (isAsking) pipeline.asking();
    pipeline.call(command, scriptOf[command], ...args);
    return pipeline.length - 1;
  });
  const barrier = pipeline.length;
  // Behind scripts that wrote nothing a wait would end at once, also when earlier writes are not at the replicas yet.
  pipeline.set(barrierKey(), '', 'EX', keyTable['replication-barrier'].lifetime.seconds);
  addWait(pipeline, options, { master, limit: waitLimit });
  const [scripts, written, waited] = split(await pipeline.exec(), barrier);
  // A slot that has just moved: the wait was for what is there, and the offsets are compared all the same.
  const failure = redirections.test(written?.[0]?.message ?? '') ? null : (written?.[0] ?? null);
  const doubt = failure === null ? await doubtAfter(options, { master, waited, end }) : inDoubt(failure);
  // The scripts that Redis does not know have not run.
  const unknown = group.filter((waiting, index) => !settle(waiting, scripts[positions[index] ?? -1], doubt));
  if (unknown.length > 0) await sendGroup(options, unknown, 'eval');
}

/** ROLE, the wait, and ROLE. `limit`: milliseconds. */
function addWait(
  pipeline: ChainableCommander,
  { rule, isSynced, seen }: GroupCommitOptions & { readonly seen: Seen },
  { master, limit }: { readonly master: string; readonly limit: number },
): void {
  pipeline.role();
  const needed = rule.needed(master, performance.now()) ?? 0;
  // It counts replicas and names none, so all that are attached must have it.
  if (isSynced) pipeline.call('WAITAOF', 1, Math.max(needed, seen.attached), limit);
  else pipeline.wait(needed, limit);
  pipeline.role();
}

/** The replies to the scripts, to the barrier, and to `addWait`. */
function split(
  replies: unknown,
  barrier: number,
): readonly [scripts: readonly Reply[], written: Reply | undefined, waited: readonly Reply[]] {
  if (replies === null) throw new StoreUnavailable('Redis: the pipeline was cut off');
  const all = replies as readonly Reply[];
  return [all.slice(0, barrier), all[barrier], all.slice(barrier + 1)];
}

interface Waited {
  readonly master: string;
  /** Replies to `addWait`. */
  readonly waited: readonly Reply[];
  /** Until when the replicas have time (milliseconds, monotonic). */
  readonly end: number;
}

/**
 * Why it is not known whether the replicas have it; `undefined`: they have. A replica that was attached or listed
 * during the wait was not waited for. So they are asked again, as long as there is time.
 */
async function doubtAfter(
  options: GroupCommitOptions & { readonly seen: Seen },
  { master, waited, end }: Waited,
): Promise<StoreUnavailable | undefined> {
  const offset = Number((waited[0]?.[1] as Role | undefined)?.[1]);
  let doubt = doubtOf(options, { master, offset }, waited);
  while (doubt instanceof NotEverywhere) {
    await pause(waitInterval);
    const limit = Math.floor(end - performance.now());
    if (limit <= 0) return doubt;
    const pipeline = options.client.pipeline();
    addWait(pipeline, options, { master, limit });
    const replies = await pipeline.exec().catch(() => null);
    if (replies === null) return doubt;
    doubt = doubtOf(options, { master, offset }, replies as readonly Reply[]);
  }
  return doubt;
}

function inDoubt(error: Error): StoreUnavailable {
  return new StoreUnavailable(`Redis: ${error.message}; it is not known whether the write counted`, error);
}

/** False: the script was not known and has not run. */
function settle({ resolve, reject }: Waiting, reply: Reply | undefined, doubt: StoreUnavailable | undefined): boolean {
  const [error, result] = reply ?? [new StoreUnavailable('Redis: a reply is missing'), undefined];
  if (error?.message.startsWith('NOSCRIPT')) return false;
  if (error) reject(redirections.test(error.message) ? new NotRun(error) : redisFailure(error));
  // A batch that was refused has written nothing that could be lost.
  else if (doubt !== undefined && Number(result) === 0) reject(doubt);
  else resolve(result);
  return true;
}

/** What one look at the replicas leaves in doubt. `offset`: of the write; `replies`: to `addWait`. */
function doubtOf(
  { rule, addressOf, isSynced, seen }: GroupCommitOptions & { readonly seen: Seen },
  { master, offset }: { readonly master: string; readonly offset: number },
  replies: readonly Reply[],
): StoreUnavailable | undefined {
  const error = replies.find(([failure]) => failure !== null)?.[0];
  if (error) return inDoubt(error);
  const [before, after] = [replies[0]?.[1] as Role, replies[2]?.[1] as Role];
  if (before[0] !== 'master' || after[0] !== 'master')
    return new StoreUnavailable('this Redis is no master any more; it is not known whether the write counted');
  const acknowledged = new Map(after[2].map(([host, port, offset]) => [addressOf(host, port), Number(offset)]));
  const missing = rule.missing({ master, offset, acknowledged }, performance.now());
  seen.attached = acknowledged.size;
  if (missing.length > 0)
    return new NotEverywhere(`not at every replica (${missing.join(', ')}); it is not known whether the write counted`);
  if (!isSynced) return undefined;
  const [here, there] = (replies[1]?.[1] ?? []) as readonly [number, number];
  if (here === 1 && there >= acknowledged.size) return undefined;
  const disks = `this one ${here === 1 ? 'has' : 'does not have'} it, and ${there} of ${acknowledged.size} replicas`;
  return new StoreUnavailable(`not on every disk (${disks}); it is not known whether the write counted`);
}
