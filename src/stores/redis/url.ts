/** The parts of a Redis address. */
export interface RedisAddress {
  readonly kind: 'standalone' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username?: string;
  readonly password?: string;
  /** The name of the master in the sentinels' configuration. */
  readonly master?: string;
  readonly db?: number;
}

/** How to reach any server of a Redis. */
export type RedisAccess = Pick<RedisAddress, 'tls' | 'username' | 'password'>;

const forms =
  'redis://host:6379/0, redis+sentinel://host1,host2:26379/master-name/0 or redis+cluster://host1:6379,host2 (rediss for TLS)';

/**
 * Reads the address of a Redis:
 * - `redis://[user:password@]host[:port][/db]`
 * - `redis+sentinel://[user:password@]host1[:port],host2[:port]/master-name[/db]`
 * - `redis+cluster://[user:password@]host1[:port],host2[:port]`
 *
 * `rediss` instead of `redis` means TLS everywhere. User and password are percent-encoded and are those of Redis, not
 * of the sentinels. Throws `TypeError` for anything else; the message never repeats the password.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const match = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/.exec(url);
  if (match === null) throw new TypeError(`not the address of a Redis; use ${forms}`);
  const [, scheme, mode, credentials, hosts = '', path = ''] = match;
  const kind = mode === 'sentinel' || mode === 'cluster' ? mode : 'standalone';
  const nodes = hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26379 : 6379));
  if (kind === 'standalone' && nodes.length > 1)
    throw new TypeError(`several hosts without +sentinel or +cluster; use ${forms}`);
  return { kind, tls: scheme === 'rediss', nodes, ...parseUserInfo(credentials), ...parsePath(kind, path) };
}

function parseNode(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? defaultPort);
  if (host === undefined || port < 1 || port > 65_535)
    throw new TypeError(`not a host of a Redis: "${text}"; use ${forms}`);
  return { host, port };
}

function parseUserInfo(text: string | undefined): Pick<RedisAddress, 'username' | 'password'> {
  if (text === undefined || text === '') return {};
  const colon = text.indexOf(':');
  const username = decodeURIComponent(colon === -1 ? text : text.slice(0, colon));
  const password = colon === -1 ? undefined : decodeURIComponent(text.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

function parsePath(kind: RedisAddress['kind'], path: string): Pick<RedisAddress, 'master' | 'db'> {
  const parts = path.split('/').filter((part) => part !== '');
  const master = kind === 'sentinel' ? parts.shift() : undefined;
  if (kind === 'sentinel' && master === undefined)
    throw new TypeError(`the name of the master is missing; use ${forms}`);
  const db = kind === 'cluster' ? undefined : parts.shift();
  if (parts.length > 0 || (db !== undefined && !/^\d+$/.test(db)))
    throw new TypeError(`not a database of a Redis: "${path}"; use ${forms}`);
  return {
    ...(master === undefined ? {} : { master: decodeURIComponent(master) }),
    ...(db === undefined ? {} : { db: Number(db) }),
  };
}
