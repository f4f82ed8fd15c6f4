/**
 * Commits that are acknowledged only when the replicas have them. They have a connection of their own, since `WAIT`
 * blocks every later command. Commits that arrive during a wait go out together in the next pipeline and share its
 * wait.
 */
import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChainableCommander, Redis } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';
import { keyTable } from '../key-table.ts';
import { redisFailure } from './client.ts';
import type { ReplicaRule } from './replica-rule.ts';
import { redisScripts } from './scripts.ts';

/** Limits the size of one reply. */
const largestGroup = 100;

type Reply = readonly [error: Error | null, result: unknown];
/** The parts of a reply to ROLE: role, replication offset, and the replicas as address, port and offset. */
type Role = readonly [role: string, offset: number, replicas: readonly (readonly [string, string, string])[]];

interface Waiting {
  readonly args: ScriptArguments;
  readonly isAsking: boolean;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions {
  readonly client: Redis;
  /** A key that this server serves. It is written after each group. */
  readonly barrierKey: () => string;
  /** Resolves when commands can be sent; rejects with `StoreUnavailable`. */
  readonly ready: () => Promise<void>;
  readonly rule: ReplicaRule;
  /** How long to wait for the replicas (milliseconds). */
  readonly waitLimit: number;
  /** Whether the write must also be on disk. */
  readonly isSynced: boolean;
  /** `ip:port` of a node, from a host and port as Redis or the settings give them. */
  readonly addressOf: (host: string, port: number | string) => string;
}

/** Number of keys, keys, then the arguments of the script. */
export type ScriptArguments = readonly (string | number)[];

/** `isAsking`: the slot of the keys is moving to this server. */
export type GroupCommit = (args: ScriptArguments, isAsking?: boolean) => Promise<unknown>;

/** Thrown on a Cluster if another node must be asked, or the same one later. The script has not run. */
export class ScriptNotRun extends StoreUnavailable {
  /** The reply of Redis. */
  readonly reply: string;

  constructor(error: Error) {
    super(`Redis: ${error.message}`, error);
    this.reply = error.message;
  }
}

/** A replica that counts does not have the write yet. */
class NotEverywhere extends StoreUnavailable {}

const redirections = /^(MOVED|ASK|TRYAGAIN)\b/;
/** Pause before the replicas are asked again (milliseconds). */
const waitInterval = 20;

/**
 * Runs the script of a commit, and resolves with its reply once the replicas have the writes. Rejects with
 * `StoreUnavailable` if that is uncertain; the script may have run. The script is sent again only if Redis answers that
 * it does not know it. Rejects with `NotRun` if a Cluster answers that it has not run.
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
        // The queued commits would wait as long again, and answer after their requests have timed out.
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

/** How many replicas were attached at the last check. */
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
  // After scripts that wrote nothing a wait would end at once, even if the replicas lack earlier writes. This write
  // prevents that.
  pipeline.set(barrierKey(), '', 'EX', keyTable['replication-barrier'].lifetime.seconds);
  addWait(pipeline, options, { master, limit: waitLimit });
  const [scripts, written, waited] = split(await pipeline.exec(), barrier);
  // If the slot has just moved, the barrier could not be written. The wait covers earlier writes, and the offsets are
  // compared in any case.
  const failure = redirections.test(written?.[0]?.message ?? '') ? null : (written?.[0] ?? null);
  const doubt = failure === null ? await doubtAfter(options, { master, waited, end }) : inDoubt(failure);
  // Scripts that Redis does not know have not run, so they are sent again in full.
  const unknown = group.filter((waiting, index) => !settle(waiting, scripts[positions[index] ?? -1], doubt));
  if (unknown.length > 0) await sendGroup(options, unknown, 'eval');
}

/** Adds ROLE, the wait, and ROLE again. `limit`: milliseconds. */
function addWait(
  pipeline: ChainableCommander,
  { rule, isSynced, seen }: GroupCommitOptions & { readonly seen: Seen },
  { master, limit }: { readonly master: string; readonly limit: number },
): void {
  pipeline.role();
  const needed = rule.needed(master, performance.now()) ?? 0;
  // WAITAOF counts replicas without naming them, so all attached replicas must have the write.
  if (isSynced) pipeline.call('WAITAOF', 1, Math.max(needed, seen.attached), limit);
  else pipeline.wait(needed, limit);
  pipeline.role();
}

/** Separates the replies to the scripts, to the barrier, and to `addWait`. */
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
  /** When the time for the replicas ends (milliseconds, monotonic). */
  readonly end: number;
}

/**
 * Why it is uncertain whether the replicas have the writes. Undefined if they do. The wait did not cover a replica that
 * was attached or listed after it began, so the replicas are asked again as long as there is time.
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

/** False if Redis did not know the script, so that it has not run. */
function settle({ resolve, reject }: Waiting, reply: Reply | undefined, doubt: StoreUnavailable | undefined): boolean {
  const [error, result] = reply ?? [new StoreUnavailable('Redis: a reply is missing'), undefined];
  if (error?.message.startsWith('NOSCRIPT')) return false;
  if (error) reject(redirections.test(error.message) ? new ScriptNotRun(error) : redisFailure(error));
  // A refused batch has written nothing that could be lost.
  else if (doubt !== undefined && Number(result) === 0) reject(doubt);
  else resolve(result);
  return true;
}

/** The remaining doubt after one check of the replicas. `offset`: of the write. `replies`: to `addWait`. */
function doubtOf(
  { rule, addressOf, isSynced, seen }: GroupCommitOptions & { readonly seen: Seen },
  { master, offset }: { readonly master: string; readonly offset: number },
  replies: readonly Reply[],
): StoreUnavailable | undefined {
  const error = replies.find(([failure]) => failure !== null)?.[0];
  if (error) return inDoubt(error);
  const [before, after] = [replies[0]?.[1] as Role, replies[2]?.[1] as Role];
  if (before[0] !== 'master' || after[0] !== 'master')
    return new StoreUnavailable('this Redis is no longer a master; it is not known whether the write counted');
  const acknowledged = new Map(
    after[2].map(([host, port, acknowledgedOffset]) => [addressOf(host, port), Number(acknowledgedOffset)]),
  );
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
