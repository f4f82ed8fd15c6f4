/** What the store's calls on Redis share. */
import type { RedisClient } from './client.ts';

/** The call that a command belongs to, for counting. */
export type Verb = 'load' | 'commit' | 'reserve' | 'members' | 'tail' | 'ping';

/** The connection to a Redis, shared by all calls of the store. */
export interface RedisLink {
  readonly client: RedisClient;
  /** The prefix of every key. */
  readonly prefix: string;
  /** The prefix of every counter. It differs from `prefix`, so that a counter never shares a key with an entry. */
  readonly counterPrefix: string;
  /** Sends one command and counts it. Rejects with `StoreUnavailable` if Redis cannot serve. */
  readonly send: <T>(verb: Verb, command: () => Promise<T>) => Promise<T>;
  /** Runs the script of a commit. `promised`: acknowledge it only when every replica has it (Law 14). */
  readonly runCommit: (args: readonly (string | number)[], promised: boolean) => Promise<unknown>;
}
