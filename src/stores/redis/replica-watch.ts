/** Finds the replicas and keeps watching them. The rule decides what follows. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { StoreUnavailable } from '../../errors.ts';
import { connectToAsk } from './client.ts';
import { poll } from './poll.ts';
import { AttachedRule, type ReplicaRule, SentinelRule, type SentinelView } from './replica-rule.ts';

export interface ReplicaWatch {
  readonly rule: ReplicaRule;
  /** `ip:port` of a node. Names are resolved in the background. */
  readonly addressOf: (host: string, port: number | string) => string;
  /** Resolves when the replicas are known. Rejects with `StoreUnavailable` if that takes too long. */
  readonly known: () => Promise<void>;
  readonly stop: () => void;
}

/** Pauses between two questions (milliseconds). */
const sentinelInterval = 200;
const roleInterval = 1_000;

/** Watches a Redis without sentinels, through the main connection. `patience`: milliseconds. */
export function watchAttached(client: Redis, patience: number): ReplicaWatch {
  const rule = new AttachedRule();
  const { known, learned } = firstWord(patience, 'Redis has not said which replicas it has');
  const ask = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    const [role, , replicas] = (await client.role()) as [string, unknown, readonly unknown[]];
    if (role !== 'master') return;
    rule.observe(replicas.length);
    learned();
  };
  const first = () => void ask().catch(() => {});
  client.on('ready', first);
  const stop = poll(ask, roleInterval);
  return { rule, addressOf: plainAddress, known, stop };
}

export interface SentinelWatchOptions {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** The name of the master in the sentinels' configuration. */
  readonly master: string;
  readonly tls: boolean;
  /** How long `known` waits (milliseconds). */
  readonly patience: number;
}

/** Watches a Redis through all the sentinels that the address names. */
export function watchSentinels({ sentinels, master, tls, patience }: SentinelWatchOptions): ReplicaWatch {
  const rule = new SentinelRule();
  const addresses = new Map<string, string>();
  const addressOf = (host: string, port: number | string) => plainAddress(addresses.get(host) ?? host, port);
  const { known, learned } = firstWord(patience, 'no majority of the sentinels has said which replicas there are');
  const watches = sentinels.map(({ host, port }) => {
    const client = connectToAsk({ tls }, { host, port });
    const ask = async (): Promise<void> => {
      rule.look(performance.now());
      if (client.status !== 'ready') return;
      const at = performance.now();
      const answers = (await Promise.all([
        client.call('SENTINEL', 'MYID'),
        client.call('SENTINEL', 'MASTER', master),
        client.call('SENTINEL', 'REPLICAS', master),
      ])) as [string, ReplyFields, readonly ReplyFields[]];
      const [id, own, replicas] = answers;
      await lookUp([own, ...replicas], addresses);
      rule.observe(id, sentinelView({ at, own, replicas }, addressOf));
      if (rule.isKnown()) learned();
    };
    return { client, stop: poll(ask, sentinelInterval) };
  });
  const stop = (): void => {
    for (const watch of watches) {
      watch.stop();
      watch.client.disconnect();
    }
  };
  return { rule, addressOf, known, stop };
}

/** Alternating names and values that describe a node, as sentinels answer. */
type ReplyFields = readonly string[];

function fieldOf(fields: ReplyFields, name: string): string {
  const at = fields.findIndex((text, index) => index % 2 === 0 && text === name);
  return at === -1 ? '' : (fields[at + 1] ?? '');
}

/** `own`: the fields of the master. */
function sentinelView(
  { at, own, replicas }: { readonly at: number; readonly own: ReplyFields; readonly replicas: readonly ReplyFields[] },
  addressOf: ReplicaWatch['addressOf'],
): SentinelView {
  const address = (fields: ReplyFields) => addressOf(fieldOf(fields, 'ip'), fieldOf(fields, 'port'));
  return {
    at,
    master: address(own),
    flags: fieldOf(own, 'flags'),
    downFor: new Map(replicas.map((replica) => [address(replica), downFor(replica)])),
    sentinels: Number(fieldOf(own, 'num-other-sentinels')) + 1,
  };
}

function downFor(replica: ReplyFields): number {
  return fieldOf(replica, 'flags').split(',').includes('s_down') ? Number(fieldOf(replica, 's-down-time')) : 0;
}

/**
 * Sentinels may announce names, but a connection shows only addresses. A name that cannot be resolved stays as it is.
 */
async function lookUp(nodes: readonly ReplyFields[], addresses: Map<string, string>): Promise<void> {
  const names = nodes.map((node) => fieldOf(node, 'ip')).filter((host) => isIP(host) === 0);
  const found = await Promise.allSettled(names.map(async (name) => [name, (await lookup(name)).address] as const));
  for (const result of found) if (result.status === 'fulfilled') addresses.set(...result.value);
}

/** IPv4 addresses of a socket for both families begin with `::ffff:`. */
export function plainAddress(host: string, port: number | string): string {
  return `${host.replace(/^::ffff:/i, '')}:${port}`;
}

/** A wait that all callers share. It ends when `learned` is called. */
export function firstWord(patience: number, reason: string) {
  const { promise, resolve: learned } = Promise.withResolvers<void>();
  let isLearned = false;
  void promise.then(() => {
    isLearned = true;
  });
  const known = async (): Promise<void> => {
    if (isLearned) return;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new StoreUnavailable(reason)), patience);
    await Promise.race([promise, late]).finally(() => clearTimeout(timer));
  };
  return { known, learned };
}
