/** Examines whether a Redis would keep the data that it gets. */
import type { Redis } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';

/**
 * What an acknowledgement means. `replicas`: every replica has the write, and each one has a log. `fsync`: it is also
 * on the disks of all of them. `memory`: the operator accepts that it may be lost with the process.
 */
export type RedisDurability = 'memory' | 'replicas' | 'fsync';

/**
 * The lowest version of Redis. `EXPIRE ... GT` and scripts that declare their slot need Redis 7, `WAITAOF` needs 7.2.
 */
const oldest = { memory: 7, replicas: 7, fsync: 7.2 } as const satisfies Record<RedisDurability, number>;
/** A clock difference that causes a warning (milliseconds). */
const noticedSkew = 2_000;
/**
 * A clock difference with which a node does not serve (milliseconds). If two nodes differed by twice this, each would
 * reject the other's evidence as coming from the future, and send the browser back and forth.
 */
const allowedSkew = 30_000;

export interface RedisDemands {
  /** The clock of this process (ms). */
  readonly now: () => number;
  readonly durability: RedisDurability;
  /** Sentinels or a Cluster mean more than one server, even if only one is present. */
  readonly isReplicated: boolean;
  /** Redis had a log when this process checked before, so later acknowledgements relied on it. */
  readonly wasLogged?: boolean;
}

/**
 * Asks each master whether its data is durable. Throws `StoreUnavailable` with advice if counters or credentials could
 * be evicted, if nothing is written to disk although this is promised, if the server is too old, if it is a replica, or
 * if its clock differs from ours. Returns warnings for the operator, as sentences.
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
 * Whether an acknowledgement promises more than one process can keep in memory. A single Redis has no replica with the
 * data that it may lose. Its operator gets only a warning, unless `fsync` was asked for or the log was switched off
 * later.
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

/** With another policy Redis syncs once a second, and commits would not wait for that. */
async function refuseLateSync(master: Redis): Promise<void> {
  const [, policy] = (await master.config('GET', 'appendfsync')) as readonly string[];
  if (policy !== 'always')
    throw new StoreUnavailable(`REDIS_DURABILITY is fsync, and appendfsync is ${policy}: set appendfsync to always`);
}

/** INFO consists of `name:value` lines and comments. */
function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon === -1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
}
