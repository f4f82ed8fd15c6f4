/** The store on Redis. */
import { Cluster } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';
import type { StoreSchema } from '../schema.ts';
import { stampedStore } from '../stamped-store.ts';
import type { Store } from '../store.ts';
import { connectRedis, mastersOf, type RedisClient, type RedisPatience, redisFailure } from './client.ts';
import { clusterCommit, singleCommit } from './commit.ts';
import { assertRedisSafe, type RedisDurability, unlogged } from './durability-check.ts';
import type { RedisLink, Verb } from './link.ts';
import { clusterLoad, singleLoad } from './load.ts';
import { replicatedCommits } from './replicated.ts';
import { redisReserve } from './reserve.ts';
import { parseRedisUrl } from './url.ts';

export interface RedisOptions {
  /** See `parseRedisUrl` for the forms. */
  readonly url: string;
  /** The prefix of every key, without braces. */
  readonly prefix?: string;
  /** Called for every command just before it is sent. */
  readonly onRoundTrip?: (verb: Verb) => void;
  /** Called when a connection is lost or refused. */
  readonly onTrouble?: (error: Error) => void;
  /** Time limits. Tests wait longer. */
  readonly patience?: RedisPatience;
  /** Default: the schema of this release. */
  readonly schema?: StoreSchema;
  /** Default: `replicas`. */
  readonly durability?: RedisDurability;
  /** For a command: see `ReplicatedOptions`. */
  readonly isPatient?: boolean;
}

/** The default prefix of all keys. */
export const defaultPrefix = 'stepgate:';

const pageSize = 500;

/**
 * The store on Redis 7 or newer: standalone, Sentinel or Cluster. Connects in the background; a call waits for the
 * connection, but not long. Throws `TypeError` if the address or the prefix is invalid.
 */
export function openRedis(options: RedisOptions): Store {
  const { url, prefix = defaultPrefix, onRoundTrip, onTrouble = () => {}, patience, isPatient = false } = options;
  const { schema, durability = 'replicas' } = options;
  if (/[{}]/.test(prefix)) throw new TypeError('the prefix of keys holds no braces');
  const isReplicated = parseRedisUrl(url).kind !== 'standalone';
  const { client, ready } = connectRedis(url, onTrouble, patience);
  const replicated = replicatedCommits({ url, prefix, patience, isPatient, durability }, client);
  const link: RedisLink = {
    client,
    runCommit: replicated.run,
    prefix,
    counterPrefix: `${prefix}counter/`,
    async send(verb, command) {
      try {
        if (client.status !== 'ready') await ready();
        onRoundTrip?.(verb);
        return await command();
      } catch (error) {
        throw redisFailure(error);
      }
    },
  };
  const clustered = client instanceof Cluster;
  const { track, drain } = trackCalls();
  let wasLogged = false;
  const store: Store = {
    load: track(clustered ? clusterLoad(link) : singleLoad(link)),
    commit: track(clustered ? clusterCommit(link) : singleCommit(link)),
    reserve: track(redisReserve(link)),
    members: membersOf({ ...link, send: track(link.send) }),
    tail: track(tailOf(link)),
    ping: track(() => link.send('ping', () => pingAll(client))),
    examine: track((now = Date.now) =>
      link.send('ping', async () => {
        const demands = { now, durability, isReplicated, wasLogged };
        const warnings = await assertRedisSafe(mastersOf(client), demands);
        wasLogged ||= !warnings.includes(unlogged);
        return [...warnings, ...(await replicated.advice())];
      }),
    ),
    confirm: track(() => link.send('commit', replicated.confirm)),
    async close() {
      await drain();
      replicated.stop();
      // QUIT would leave the connections to the sentinels open.
      client.disconnect();
    },
  };
  return stampedStore(store, schema);
}

/**
 * Counts running calls, so that `close` does not interrupt them. `drain` refuses new calls and waits for the running
 * ones.
 */
function trackCalls(): {
  readonly track: <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) => (...args: A) => Promise<R>;
  readonly drain: () => Promise<void>;
} {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  return {
    track:
      (call) =>
      async (...args) => {
        if (closed) throw new StoreUnavailable('the store is closed');
        const result = call(...args);
        underWay.add(result);
        try {
          return await result;
        } finally {
          underWay.delete(result);
        }
      },
    drain: async () => {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

/**
 * Redis refuses a script without flags in every case in which it would refuse a write: out of memory, a disk error, a
 * replica, too few replicas (Redis, "Script flags"). It needs no key, so it can be sent to each master of a Cluster.
 */
const writeProbe = '#!lua\nreturn 1';

/**
 * Whether each master would accept a write. The state of a Cluster also covers masters that the client no longer knows.
 */
async function pingAll(client: RedisClient): Promise<void> {
  await Promise.all(mastersOf(client).map((master) => master.eval(writeProbe, 0)));
  if (client instanceof Cluster && !(await client.cluster('INFO')).includes('cluster_state:ok'))
    throw new StoreUnavailable('the Redis Cluster does not serve all slots');
}

function membersOf({ client, send, prefix }: RedisLink): Store['members'] {
  return async function* (key) {
    let cursor = '0';
    do {
      const [next, members] = await send('members', () => client.sscan(prefix + key, cursor, 'COUNT', pageSize));
      if (members.length > 0) yield members;
      cursor = next;
    } while (cursor !== '0');
  };
}

function tailOf({ client, send, prefix }: RedisLink): Store['tail'] {
  return async (key, cursor, count) => {
    const start = cursor === undefined ? '-' : `(${cursor}`;
    const lines = await send('tail', () => client.xrange(prefix + key, start, '+', 'COUNT', count));
    return lines.map(([id, [, value = '']]) => ({ cursor: id, value }));
  };
}
