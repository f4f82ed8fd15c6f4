/**
 * The only interface to stored state: Redis (standalone, Sentinel, Cluster) or the embedded SQLite file.
 *
 * Three calls do nearly everything. `load` reads entries and what they refer to in one round trip, and may reserve an
 * attempt at the same time. `commit` writes a batch that succeeds or fails as a whole. `reserve` counts attempts.
 * Besides these, `members` and `tail` read sets and logs.
 *
 * A key is `kind:{tag}` or `kind:{tag}:rest`. The text in braces decides the hash slot on Redis Cluster: entries that
 * must change atomically share a tag. A commit over several tags is atomic on standalone Redis and on the embedded
 * store. On a Cluster it is one script per slot. The slots that consume or take come first, so that a crash in between
 * costs a retry and never grants twice. Only operations marked `ahead` come before them.
 *
 * Durations are whole seconds. Values are strings, in which callers store JSON.
 */
export interface Entry {
  readonly value: string;
  /** Increases by one with each write. 1 after `create`. */
  readonly version: number;
  /** Keys of entries that `load` includes. */
  readonly refs: readonly string[];
  /** When it was consumed (epoch seconds of the store's clock). Absent if it was not. */
  readonly consumed?: number;
  /** When the epoch of the store began (epoch seconds). One-time values in the entry that are older no longer count. */
  readonly epoch?: number;
}

/** A limit on attempts within one window. A refused attempt is not counted. */
export interface Limit {
  readonly limit: number;
  /** Length of the window (seconds). It opens with the first attempt. 0: only `reset` closes it. */
  readonly window: number;
  /**
   * The attempt that reaches the limit moves the end of the window to this long after the attempt (seconds). Absent:
   * the end does not move.
   */
  readonly wait?: number;
}

export interface Reservation {
  /** False if a limit is reached. Then nothing was counted. */
  readonly granted: boolean;
  /** Attempts left in the tightest window after this one. */
  readonly remaining: number;
  /** Seconds until the limit that refused opens again. 0 if granted, -1 if only a `reset` opens it. */
  readonly retryAfter: number;
}

export interface LoadOptions {
  /**
   * Reserves an attempt in the same round trip. The counter belongs to the first reference of the entry `of`, if it
   * exists and has one (an identifier leads to its user, a transaction to its subject), and otherwise to `of` itself
   * (an unknown identifier).
   */
  readonly reserve?: {
    readonly of: string;
    readonly name: string;
    readonly limits: readonly Limit[];
    /**
     * Reserves only while this entry has this version, so that a stale form costs no attempt. Otherwise there is no
     * `reservation` in the result.
     */
    readonly when?: { readonly key: string; readonly version: number };
  };
}

/**
 * How long (seconds) a counter without a closing window lives after its last attempt if its owner does not exist.
 * Without this limit, guesses at unknown identifiers would fill the store. Until then it looks like the counter of a
 * user.
 */
export const orphanLifetime = 30 * 86_400;

/** The state of a store (see `store-state.ts`). */
export interface StoreState {
  /** The version in which documents are written. `stepgate store finish-upgrade` raises it. */
  readonly schema: number;
  /** Documents of the previous version are still being rewritten. */
  readonly rewriting?: true;
  /**
   * When the epoch began (milliseconds since 1970). It is greater than every earlier epoch. 1 for the first epoch. 0 if
   * the store was never initialised.
   */
  readonly epoch: number;
  /** A restore has begun and has not finished. */
  readonly restoring?: true;
}

export interface LoadedEntries {
  /**
   * All requested keys, and all that they refer to, directly or indirectly. Undefined for an entry that does not exist.
   */
  readonly entries: ReadonlyMap<string, Entry | undefined>;
  /** The result of `reserve`. */
  readonly reservation?: Reservation;
  /** The counter that was reserved (`<owner>:<name>`), for a later `reset`. */
  readonly counter?: string;
  /** The state of the store in the same load. */
  readonly state?: StoreState;
}

interface Ahead {
  /**
   * This write announces what the rest of the batch does, and must not be missing if that has happened: every replica
   * has it before the rest begins. It may therefore exist although nothing happened, and its reader must check that.
   */
  readonly ahead?: true;
}

/**
 * One write. `ttl` is in seconds. Absent: the entry stays. 0 or less: it is gone at once. Writing an entry again
 * replaces its ttl and its refs. An entry, a set and a log never share a key.
 */
export type Op =
  /** Fails if the entry exists. */
  | {
      readonly op: 'create';
      readonly key: string;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    }
  /** Compare and swap: fails unless the entry exists in this version. Keeps `consumed`. */
  | {
      readonly op: 'replace';
      readonly key: string;
      readonly version: number;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    }
  /** Writes whether or not the entry exists. Keeps `consumed`. */
  | ({
      readonly op: 'put';
      readonly key: string;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    } & Ahead)
  /** Fails if there is no entry, so that a deleted entry does not come back. Keeps `consumed`. */
  | {
      readonly op: 'update';
      readonly key: string;
      readonly value: string;
      readonly ttl?: number;
      readonly refs?: readonly string[];
    }
  /** Deletes an entry, and fails if there is none: exactly one of many callers wins. */
  | { readonly op: 'take'; readonly key: string }
  /** Marks as consumed, and fails if there is no entry or it is already consumed. Keeps the ttl, raises the version. */
  | { readonly op: 'consume'; readonly key: string }
  /** Fails unless the entry exists (in this version, if one is given). Writes nothing. */
  | { readonly op: 'check'; readonly key: string; readonly version?: number }
  /** Deletes an entry, a set or a log, if there is one. */
  | { readonly op: 'delete'; readonly key: string }
  /**
   * Adds a member to a set. `ttl` only ever lengthens the lifetime of the set (absent: it never expires). A set without
   * members does not exist.
   */
  | ({ readonly op: 'join'; readonly key: string; readonly member: string; readonly ttl?: number } & Ahead)
  | { readonly op: 'leave'; readonly key: string; readonly member: string }
  /** Clears all windows of a counter. */
  | { readonly op: 'reset'; readonly counter: string }
  /** Appends to a log that keeps approximately the newest `keep` lines. */
  | { readonly op: 'append'; readonly key: string; readonly value: string; readonly keep: number };

export type Committed =
  | { readonly ok: true }
  /** Nothing was written. On a Cluster, only `applied` was: the operations of the slots before the one that failed. */
  | { readonly ok: false; readonly failed: Op; readonly applied: readonly Op[] };

export interface Store {
  /** Takes one round trip; on a Cluster one per slot and hop, in parallel. Rejects with `StoreUnavailable`. */
  load(keys: readonly string[], options?: LoadOptions): Promise<LoadedEntries>;
  /**
   * Checks every operation that can fail against the state before the batch, then applies all in order, or none.
   * Rejects with `StoreUnavailable`: the outcome is then unknown, and one-time values count as consumed. Nothing is
   * ever sent twice. Rejects with `TypeError`, before sending anything, if a value is not a string or a ttl not a
   * number. `state`: the state from the load that led to this commit, to whose epoch the writes belong. Absent: that of
   * the newest load.
   */
  commit(ops: readonly Op[], state?: StoreState): Promise<Committed>;
  /**
   * Limits over one window share its count. Rejects with `TypeError` if there are no limits or one of them is not a
   * whole number.
   */
  reserve(counter: string, limits: readonly Limit[]): Promise<Reservation>;
  /**
   * All members of a set, in pages, so that large sets do not block. Every member that is in the set throughout
   * appears, possibly twice.
   */
  members(key: string): AsyncIterable<readonly string[]>;
  /** Lines of a log after `cursor` (exclusive; absent: from the oldest), at most `count`. */
  tail(
    key: string,
    cursor: string | undefined,
    count: number,
  ): Promise<readonly { readonly cursor: string; readonly value: string }[]>;
  /**
   * Rejects with `StoreUnavailable` and the reason if the store cannot serve or would refuse a write (full memory, a
   * disk error, a deleted file). Changes nothing.
   */
  ping(): Promise<void>;
  /**
   * Checks the settings on which the store's promises depend, and which an operator can change while it runs. Rejects
   * with `StoreUnavailable` and advice if they are unsafe. Returns warnings for the operator, as sentences. `now`: the
   * clock of this process (ms).
   */
  examine(now?: () => number): Promise<readonly string[]>;
  /**
   * Resolves once every replica, in every part of a Cluster, has all earlier writes. Rejects with `StoreUnavailable` if
   * that is uncertain.
   */
  confirm(): Promise<void>;
  /** Waits for running calls, then refuses all others with `StoreUnavailable`. */
  close(): Promise<void>;
}

/**
 * Builds `kind:{tag}` or `kind:{tag}:rest`. Only the table of keys calls it. `tag` may contain only A-Z a-z 0-9 _ - .
 * so that no input can choose a slot or another key.
 */
export function storeKey(kind: string, tag: string, rest?: string): string {
  if (!/^[\w.-]+$/.test(tag))
    throw new TypeError('a store key takes only letters, digits, "_", "-" and "."; hash what users type');
  return rest === undefined ? `${kind}:{${tag}}` : `${kind}:{${tag}}:${rest}`;
}

/** The counter `name` that belongs to the entry under `owner`. `load` and `reserve` count in it, `reset` clears it. */
export function counterOf(owner: string, name: string): string {
  return `${owner}:${name}`;
}
