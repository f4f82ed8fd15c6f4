/**
 * The one narrow port to the state: Redis (standalone, Sentinel, Cluster) or the embedded SQLite file.
 *
 * Three verbs carry everything. `load` reads entries and what they refer to in one round trip, and may reserve an
 * attempt on the way. `commit` writes a batch that holds or fails as a whole. `reserve` counts attempts. `members` and
 * `tail` read sets and logs.
 *
 * A key is `kind:{tag}` or `kind:{tag}:rest`. The text in braces decides the hash slot on Redis Cluster: entries that
 * must change atomically share a tag. A commit over several tags is atomic on standalone Redis and on the embedded
 * store. On Cluster it is one script per slot. The slots that consume or take come first, so that a crash in between
 * costs a retry and never grants twice; before them comes only what is to go `ahead`.
 *
 * Durations are whole seconds. Values are strings; the callers keep JSON in them.
 */
export interface Entry {
  readonly value: string;
  /** Grows by one with each write. 1 after `create`. */
  readonly version: number;
  /** Keys that `load` brings along. */
  readonly refs: readonly string[];
  /** When it was consumed (epoch seconds of the store's clock); absent: it was not. */
  readonly consumed?: number;
  /** When the epoch of the store began (epoch seconds): one-time values in it that are older no longer count. */
  readonly epoch?: number;
}

/** A limit on attempts within one window. A refused attempt is not counted. */
export interface Limit {
  readonly limit: number;
  /** The window opens with the first attempt (seconds). 0: it never closes by itself, only `reset` closes it. */
  readonly window: number;
  /**
   * The attempt that reaches the limit moves the end of the window: to so long after it (seconds). Absent: it does
   * not.
   */
  readonly wait?: number;
}

export interface Reservation {
  /** False: a limit is reached and nothing was counted. */
  readonly granted: boolean;
  /** Attempts that are left in the tightest window after this one. */
  readonly remaining: number;
  /** Seconds until the limit that refused opens again; 0 when granted, -1 when only a `reset` opens it. */
  readonly retryAfter: number;
}

export interface LoadOptions {
  /**
   * Reserve an attempt in the same round trip. The counter belongs to what the entry `of` leads to: its first reference
   * when it exists and has one (an identifier leads to its user, a transaction to its subject), else `of` itself (an
   * unknown identifier).
   */
  readonly reserve?: {
    readonly of: string;
    readonly name: string;
    readonly limits: readonly Limit[];
    /**
     * Reserve only while this entry is in this version, so that a stale form costs no attempt. Otherwise no
     * `reservation` comes back.
     */
    readonly when?: { readonly key: string; readonly version: number };
  };
}

/**
 * How long (seconds) a counter without a closing window lives after its last attempt, when what it belongs to does not
 * exist. Without an end, guessing at identifiers that no user has would fill the store. Until then it looks like the
 * counter of a user.
 */
export const orphanLifetime = 30 * 86_400;

/** What a store says of itself (see `store-state.ts`). */
export interface StoreState {
  /** The version in which documents are written. It rises by `stepgate store finish-upgrade`. */
  readonly schema: number;
  /** Documents of the version before are still being rewritten. */
  readonly rewriting?: true;
  /**
   * When the epoch began (milliseconds since 1970), and greater than that of every epoch before. 1: the first one,
   * which nothing came before. 0: the store was never initialised.
   */
  readonly epoch: number;
  /** A restore has begun and has not come to its end. */
  readonly restoring?: true;
}

export interface Loaded {
  /** All keys that were asked for and all that they refer to, directly or not. `undefined`: there is no such entry. */
  readonly entries: ReadonlyMap<string, Entry | undefined>;
  /** The answer to `reserve`. */
  readonly reservation?: Reservation;
  /** The counter (`<what the entry leads to>:<name>`) that was reserved, for `reset`. */
  readonly counter?: string;
  /** What the store said of itself in the same load. */
  readonly state?: StoreState;
}

interface Ahead {
  /**
   * It announces what the rest of the batch does, and must not be missing once that has happened: every replica has it
   * before the rest begins. So it may be there although nothing happened, and its reader must find out.
   */
  readonly ahead?: true;
}

/**
 * One write. `ttl` is in seconds. Absent: the entry stays. 0 or less: it is gone at once. Writing an entry again
 * replaces its ttl and its refs. An entry, a set and a log never share a key.
 */
export type Op =
  /** Fails when there is an entry. */
  | {
      readonly op: 'create';
      readonly key: string;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    }
  /** Compare and swap: fails unless the entry is there in this version. Keeps `consumed`. */
  | {
      readonly op: 'replace';
      readonly key: string;
      readonly version: number;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    }
  /** Writes, whether there was an entry or not. Keeps `consumed`. */
  | ({
      readonly op: 'put';
      readonly key: string;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    } & Ahead)
  /** Fails when there is no entry, so that what was deleted meanwhile does not come back. Keeps `consumed`. */
  | {
      readonly op: 'update';
      readonly key: string;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    }
  /** Deletes; fails when there is nothing to delete: exactly one of many callers wins. */
  | { readonly op: 'take'; readonly key: string }
  /** Marks as consumed; fails when there is no entry or it is consumed already. Keeps the ttl, raises the version. */
  | { readonly op: 'consume'; readonly key: string }
  /** Fails unless the entry is there (in this version, if one is given). Writes nothing. */
  | { readonly op: 'check'; readonly key: string; readonly version?: number }
  /** Deletes an entry, a set or a log, if there is one. */
  | { readonly op: 'delete'; readonly key: string }
  /**
   * Adds a member to a set; `ttl` only ever lengthens the life of the set (absent: it stays). A set without members is
   * gone.
   */
  | ({ readonly op: 'join'; readonly key: string; readonly member: string; readonly ttl?: number } & Ahead)
  | { readonly op: 'leave'; readonly key: string; readonly member: string }
  /** Forgets the attempts of a counter: all its windows. */
  | { readonly op: 'reset'; readonly counter: string }
  /** Appends to a log that keeps about the newest `keep` lines. */
  | { readonly op: 'append'; readonly key: string; readonly value: string; readonly keep: number };

export type Committed =
  | { readonly ok: true }
  /** Nothing was written; on Cluster: nothing but `applied`, the operations of the slots before the one that failed. */
  | { readonly ok: false; readonly failed: Op; readonly applied: readonly Op[] };

export interface Store {
  /** Takes one round trip; on Cluster one per slot and hop, in parallel. Rejects with `StoreUnavailable`. */
  load(keys: readonly string[], options?: LoadOptions): Promise<Loaded>;
  /**
   * Checks every operation that can fail against the state before the batch, then applies all in order, or none.
   * Rejects with `StoreUnavailable`: the outcome is then unknown, and one-time values count as consumed. Nothing is
   * ever sent twice. Rejects with `TypeError`, before anything is sent, when a value is no string or a ttl no number.
   * `state`: of the load that this follows from; what is written belongs to its epoch. Absent: of the newest load.
   */
  commit(ops: readonly Op[], state?: StoreState): Promise<Committed>;
  /**
   * Limits over one window share its count. Rejects with `TypeError` when there is no limit, or one that is not a whole
   * number.
   */
  reserve(counter: string, limits: readonly Limit[]): Promise<Reservation>;
  /**
   * All members of a set, in pages so that large sets do not block. No member that stayed is left out; one may come
   * twice.
   */
  members(key: string): AsyncIterable<readonly string[]>;
  /** Lines of a log after `cursor` (exclusive; absent: from the oldest), at most `count`. */
  tail(
    key: string,
    cursor: string | undefined,
    count: number,
  ): Promise<readonly { readonly cursor: string; readonly value: string }[]>;
  /**
   * Rejects with `StoreUnavailable` when the store cannot serve or would refuse a write (full memory, a disk that
   * cannot be written, a deleted file), with the reason. Changes nothing.
   */
  ping(): Promise<void>;
  /**
   * Looks at the settings that the store's promises rest on, and that an operator can change while it runs. Rejects
   * with `StoreUnavailable` when they do not hold, and says what to change. Returns warnings: sentences for the
   * operator. `now` is the clock of this process (ms).
   */
  examine(now?: () => number): Promise<readonly string[]>;
  /**
   * Resolves once every replica, in every part of a Cluster, has all that was written before. Rejects with
   * `StoreUnavailable` when that is not known.
   */
  confirm(): Promise<void>;
  /** Waits for the calls under way, then refuses everything with `StoreUnavailable`. */
  close(): Promise<void>;
}

/**
 * Builds `kind:{tag}` or `kind:{tag}:rest`; only the table of keys calls it. `tag` must be made of A-Z a-z 0-9 _ - . so
 * that no input can choose a slot or another key.
 */
export function storeKey(kind: string, tag: string, rest?: string): string {
  if (!/^[\w.-]+$/.test(tag))
    throw new TypeError('a store key takes only letters, digits, "_", "-" and "."; hash what users type');
  return rest === undefined ? `${kind}:{${tag}}` : `${kind}:{${tag}}:${rest}`;
}

/** The counter `name` of what is stored under the key `owner`: `load` and `reserve` count there, `reset` forgets it. */
export function counterOf(owner: string, name: string): string {
  return `${owner}:${name}`;
}
