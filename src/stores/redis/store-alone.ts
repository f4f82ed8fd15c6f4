/**
 * The operator's declaration that the store stands alone: all replicas are dead, and the store may acknowledge durable
 * writes without them (Law 14). It is kept in the store, ends by itself, and is read by every node once a second.
 */
import { storeAloneKey } from '../keys.ts';
import type { Op, Store } from '../store.ts';
import type { RedisClient } from './client.ts';
import { poll } from './poll.ts';
import type { ReplicaRule } from './replica-rule.ts';

export interface StoreAlone {
  /** When the declaration ends (epoch seconds). */
  readonly until: number;
  /** The operating-system user who ran the command. */
  readonly by: string;
}

/** `lifetime`: seconds. */
export function standAloneOp(declaration: StoreAlone, lifetime: number): Op {
  return { op: 'put', key: storeAloneKey, value: JSON.stringify(declaration), ttl: lifetime };
}

export const endStandAloneOp: Op = { op: 'delete', key: storeAloneKey };

/** The declaration in force, or undefined. */
export async function readStoreAlone(store: Store): Promise<StoreAlone | undefined> {
  const entry = (await store.load([storeAloneKey])).entries.get(storeAloneKey);
  return entry === undefined ? undefined : (JSON.parse(entry.value) as StoreAlone);
}

export function storeAloneText({ until }: StoreAlone): string {
  return (
    `the store stands alone until ${new Date(until * 1000).toISOString()}, as the operator declared: ` +
    'if its machine dies, it takes acknowledged writes with it'
  );
}

/** Pause between two reads (milliseconds). */
const interval = 1_000;

/**
 * Passes the declaration to the rule. While Redis does not answer, the declaration read last continues until its end.
 */
export function watchStoreAlone(
  client: RedisClient,
  prefix: string,
  rule: ReplicaRule,
): { readonly isGiven: () => boolean; readonly stop: () => void } {
  let end = Number.NEGATIVE_INFINITY;
  const look = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    // Negative if there is no such key.
    const left = await client.pttl(prefix + storeAloneKey);
    end = left > 0 ? performance.now() + left : Number.NEGATIVE_INFINITY;
    rule.standAloneUntil(end);
  };
  const first = () => void look().catch(() => {});
  client.on('ready', first);
  return { isGiven: () => performance.now() < end, stop: poll(look, interval) };
}
