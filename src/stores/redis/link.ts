/** What the verbs of the Redis store share. */
import type { RedisClient } from './client.ts';

/** The verb that a command serves, for counting. */
export type Verb = 'load' | 'commit' | 'reserve' | 'members' | 'tail' | 'ping';

/** The way to a Redis, shared by the verbs of the store. */
export interface RedisLink {
  readonly client: RedisClient;
  /** Begins every key. */
  readonly prefix: string;
  /** Begins every counter, so that no counter shares a key with an entry. */
  readonly counterPrefix: string;
  /** Sends one command, counted. Rejects with `StoreUnavailable` when Redis cannot serve. */
  readonly send: <T>(verb: Verb, command: () => Promise<T>) => Promise<T>;
  /** Runs the script of a commit. `promised`: acknowledged only when every replica has it (Law 14). */
  readonly runCommit: (args: readonly (string | number)[], promised: boolean) => Promise<unknown>;
}
