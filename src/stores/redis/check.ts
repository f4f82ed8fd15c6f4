/** Examines a Redis: would it keep what it is given? */
import type { Redis } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';

/**
 * What an acknowledgement stands for. `replicas`: every replica has it, and each keeps a log of its own. `fsync`: it is
 * on the disks of all of them, too. `memory`: the operator says that it may be lost with the process.
 */
export type RedisDurability = 'memory' | 'replicas' | 'fsync';

/** `EXPIRE ... GT` and scripts that declare their slot came with Redis 7, `WAITAOF` with 7.2. */
const oldest = { memory: 7, replicas: 7, fsync: 7.2 } as const satisfies Record<RedisDurability, number>;
/** A difference of the clocks that is worth a warning (milliseconds). */
const noticedSkew = 2_000;
/**
 * A difference that a node does not serve with (milliseconds). Two nodes that differ by twice this would each find the
 * evidence of the other to be from the future, and send the browser back and forth between them.
 */
const allowedSkew = 30_000;

export interface RedisDemands {
  /** The clock of this process (ms). */
  readonly now: () => number;
  readonly durability: RedisDurability;
  /** Sentinels or a Cluster stand for more than one server, even while there is only one. */
  readonly isReplicated: boolean;
  /** It kept a log when this process looked before: what was acknowledged since then rests on it. */
  readonly wasLogged?: boolean;
}

/**
 * Asks each master whether what is written there stays there. Throws `StoreUnavailable` with what to change when
 * counters or credentials could be evicted, when nothing is written to disk although that is promised, when the server
 * is too old, when it is a replica, or when its clock is not ours. Returns warnings: sentences for the operator.
 */
export async function assertRedisSafe(masters: readonly Redis[], demands: RedisDemands): Promise<readonly string[]> {
  const warnings = await Promise.all(masters.map((master) => checkMaster(master, demands)));
  return [...new Set(warnings.flat())];
}

async function checkMaster(master: Redis, demands: RedisDemands): Promise<readonly string[]> {
  const { now, durability } = demands;
  const [seconds, micros] = await master.time();
  const skew = Math.abs(Number(seconds) * 1000 + Number(micros) / 1000 - now());
  const difference = `the clock of Redis differs from ours by ${Math.round(skew / 1000)} s`;
  if (skew > allowedSkew) throw new StoreUnavailable(`${difference}: set both by NTP`);
  const warnings = skew > noticedSkew ? [difference] : [];
  let info: ReadonlyMap<string, string>;
  try {
    info = parseInfo(await master.info());
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    return [
      ...warnings,
      'Redis does not let us read INFO: make sure that maxmemory-policy is noeviction and appendonly is yes',
    ];
  }
  refuseUnsafe(info, durability);
  if (info.get('aof_enabled') === '0' && promisesMore(info, demands))
    throw new StoreUnavailable(`${unlogged}. ${remedy}`);
  if (durability === 'fsync') await refuseLateSync(master);
  return info.get('aof_enabled') === '0' ? [...warnings, unlogged] : warnings;
}

export const unlogged = 'Redis runs with appendonly no: a crash loses what was written since its last snapshot';

const remedy = 'Set appendonly to yes, here and at the replicas; where all may be lost, set REDIS_DURABILITY to memory';

/**
 * Whether an answer promises more than the memory of one process can keep. A lone Redis has no replica that could have
 * what it loses: its operator is warned, as long as they do not ask for disks, and did not switch the log off.
 */
function promisesMore(
  info: ReadonlyMap<string, string>,
  { durability, isReplicated, wasLogged = false }: RedisDemands,
): boolean {
  if (durability === 'memory') return false;
  return durability === 'fsync' || isReplicated || wasLogged || info.get('connected_slaves') !== '0';
}

function refuseUnsafe(info: ReadonlyMap<string, string>, durability: RedisDurability): void {
  const version = info.get('redis_version') ?? '0';
  if (Number.parseFloat(version) < oldest[durability])
    throw new StoreUnavailable(`Redis ${version} is too old: ${oldest[durability].toFixed(1)} or newer is needed`);
  if (info.get('role') === 'slave')
    throw new StoreUnavailable('this Redis is a replica: connect to the master, or name the sentinels');
  const policy = info.get('maxmemory_policy');
  if (policy !== 'noeviction')
    throw new StoreUnavailable(
      `Redis may evict lockout counters and credentials (maxmemory-policy is ${policy}): set maxmemory-policy to noeviction`,
    );
}

/** Otherwise Redis syncs once a second, and the commits would not wait that long. */
async function refuseLateSync(master: Redis): Promise<void> {
  const [, policy] = (await master.config('GET', 'appendfsync')) as readonly string[];
  if (policy !== 'always')
    throw new StoreUnavailable(`REDIS_DURABILITY is fsync, and appendfsync is ${policy}: set appendfsync to always`);
}

/** INFO is lines of `name:value`, with comments. */
function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
}
