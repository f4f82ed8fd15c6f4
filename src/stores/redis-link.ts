import type { RedisClient } from './redis-client.ts';

/** What one command serves, for counting. */
export type Verb = 'load' | 'commit' | 'reserve' | 'members' | 'tail' | 'ping';

/** The way to a Redis, shared by the verbs of the store. */
export interface RedisLink {
  readonly client: RedisClient;
  /** In front of every key. */
  readonly prefix: string;
  /** In front of every counter, so that no counter meets an entry. */
  readonly counterPrefix: string;
  /** Sends one command, counted. Rejects with `StoreUnavailable` when Redis cannot serve. */
  readonly send: <T>(verb: Verb, command: () => Promise<T>) => Promise<T>;
}
