/**
 * One request is one unit of work: everything is read once, and all writes go into one commit before the response is
 * sent. A request therefore needs one load and one commit, and is never half done. See decision 1.
 */
import type { Entry, LoadedEntries, LoadOptions, Op, Store, StoreState } from './store.ts';

type WriteOp = Extract<Op, { value: string; version?: number; op: 'create' | 'replace' | 'put' | 'update' }>;

/** The new content of a merged entry. */
export interface Merged {
  readonly value: string;
  /** Seconds. */
  readonly ttl?: number;
  readonly refs?: readonly string[];
}

/**
 * Computes the new content of an entry from the stored one. It runs again whenever another request was faster, so it
 * must be pure. Returning `undefined` leaves the entry unchanged.
 */
export type Merge = (current: string | undefined) => Merged | undefined;

/**
 * Another request was faster: an operation of the batch failed, and nothing of the batch was written (see `Committed`).
 */
export class Conflict extends Error {
  readonly failed: Op;

  constructor(failed: Op) {
    super(`lost a race: ${failed.op} ${'key' in failed ? failed.key : failed.counter}`);
    this.name = 'Conflict';
    this.failed = failed;
  }
}

/** How many times in a row a request may be overtaken and merge again before it gives up. */
const mergeRounds = 64;

export class UnitOfWork {
  readonly #store: Store;
  readonly #along: readonly string[];
  readonly #known = new Map<string, Entry | undefined>();
  readonly #loading = new Map<string, Promise<LoadedEntries>>();
  /** Entries as stored, for the compare-and-swap of merges. */
  readonly #stored = new Map<string, Entry | undefined>();
  #ops: Op[] = [];
  readonly #merges = new Map<string, Merge[]>();
  /** The results of merges on the values that were read. Each merge runs once, unless another request was faster. */
  readonly #merged = new Map<string, Merged>();
  readonly #lost = new Map<string, () => Promise<Error>>();
  /** Answers for merges that cannot continue. */
  readonly #overtaken = new Map<string, () => Promise<Error>>();
  readonly #before: (() => void)[] = [];
  readonly #committed: (() => void)[] = [];
  /**
   * The state from the first load. What this request writes stays in its epoch, even if a new one begins in the
   * meantime.
   */
  #state: StoreState | undefined;

  /** `along`: keys that every load includes, such as the pointer to the active policy revision. */
  constructor(store: Store, along: readonly string[] = []) {
    this.#store = store;
    this.#along = along;
  }

  /** Loads in one round trip what is not known yet, together with the entries that every load includes. */
  async load(keys: readonly string[], options?: LoadOptions): Promise<LoadedEntries> {
    const missing = [...new Set([...keys, ...this.#along])].filter((key) => !this.#known.has(key));
    if (missing.length === 0 && !options?.reserve) return { entries: this.#known };
    const loaded = await this.#store.load(missing, options);
    this.#state ??= loaded.state;
    for (const [key, entry] of loaded.entries) this.#learn(key, entry);
    return { ...loaded, entries: this.#known };
  }

  #learn(key: string, entry: Entry | undefined): void {
    if (this.#known.has(key)) return;
    this.#known.set(key, entry);
    this.#stored.set(key, entry);
  }

  /** The entry as this request sees it, including its own writes. Parallel calls for one key share one round trip. */
  async get(key: string): Promise<Entry | undefined> {
    if (this.#known.has(key)) return this.#known.get(key);
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = this.load([key]);
      this.#loading.set(key, loading);
    }
    await loading;
    return this.#known.get(key);
  }

  /** When the epoch of the store began (epoch seconds). Absent before the first load, or if the store has no epoch. */
  get epoch(): number | undefined {
    return this.#state?.epoch ? Math.floor(this.#state.epoch / 1000) : undefined;
  }

  /** The entry as it was read, without this request's own writes. */
  stored(key: string): Entry | undefined {
    return this.#stored.get(key);
  }

  /** What is already loaded, without asking the store. */
  peek(key: string): Entry | undefined {
    return this.#known.get(key);
  }

  create(key: string, merged: Merged): void {
    this.#write({ op: 'create', key, ...merged });
  }

  /** Writes whether or not the entry exists. `ahead`: see `Op`. */
  put(key: string, merged: Merged, options: { readonly ahead?: true } = {}): void {
    this.#write({ op: 'put', key, ...merged, ...options });
  }

  /** The commit fails if the entry was deleted in the meantime. */
  update(key: string, merged: Merged): void {
    this.#write({ op: 'update', key, ...merged });
  }

  /** Compare and swap against the version that this request read. */
  replace(key: string, merged: Merged): void {
    const stored = this.#stored.get(key);
    if (!stored) throw new TypeError(`replace of an entry that was not read: ${key}`);
    this.#write({ op: 'replace', key, version: stored.version, ...merged });
  }

  /**
   * Never loses a race by itself: the merge runs again on what the faster request wrote. If it cannot continue from
   * there, it throws `Conflict` for its key, and `lost` produces the answer.
   */
  merge(key: string, merge: Merge, lost?: () => Promise<Error>): void {
    if (lost) this.#overtaken.set(key, lost);
    this.#ops = this.#ops.filter((op) => !(op.op === 'delete' && op.key === key));
    const merges = this.#merges.get(key) ?? [];
    merges.push(merge);
    this.#merges.set(key, merges);
    const stored = this.#stored.get(key);
    const before = this.#merged.get(key);
    const next = before ? (merge(before.value) ?? before) : this.#mergedOf(key, stored?.value);
    if (next) this.#merged.set(key, next);
    if (next) this.#known.set(key, { ...writtenOver(stored), value: next.value, refs: next.refs ?? [] });
  }

  /** Deletes the entry. Exactly one of several requests succeeds. */
  take(key: string): void {
    this.#drop(key);
    this.#ops.push({ op: 'take', key });
    this.#known.set(key, undefined);
  }

  /**
   * Marks the entry as consumed. Exactly one of several requests succeeds. `lost` runs in the others, and its error
   * becomes the answer.
   */
  consume(key: string, lost?: () => Promise<Error>): void {
    this.#ops.push({ op: 'consume', key });
    if (lost) this.#lost.set(key, lost);
  }

  delete(key: string): void {
    this.#drop(key);
    this.#forgetMerges(key);
    this.#ops.push({ op: 'delete', key });
    this.#known.set(key, undefined);
  }

  /** Adds an operation that no other one of this unit depends on: join, leave, reset, append, check. */
  add(op: Extract<Op, { op: 'join' | 'leave' | 'reset' | 'append' | 'check' }>): void {
    this.#ops.push(op);
  }

  /** Runs once, just before the batch is written: for data that is known only at the end of the request. */
  beforeCommit(callback: () => void): void {
    this.#before.push(callback);
  }

  /**
   * Runs once, after the batch is written: for what must not be reported before it has happened, such as audit lines.
   */
  afterCommit(callback: () => void): void {
    this.#committed.push(callback);
  }

  /**
   * Writes the batch. Rejects with `Conflict` (or with the error of the loser of a `consume`), or with
   * `StoreUnavailable`.
   */
  async commit(): Promise<void> {
    for (const callback of this.#before.splice(0)) callback();
    for (let round = 0; round < mergeRounds; round += 1) {
      const ops = [...this.#ops, ...(await this.#mergeOps())];
      if (ops.length === 0) return this.#done();
      const committed = await this.#store.commit(ops, this.#state);
      if (committed.ok) return this.#done();
      const { failed, applied } = committed;
      this.#ops = this.#ops.filter((op) => !applied.includes(op));
      const key = 'key' in failed ? failed.key : undefined;
      if (key === undefined || !this.#merges.has(key) || round + 1 === mergeRounds) await this.#fail(failed);
      else await this.#reread(this.#unapplied(applied));
    }
  }

  /** Merges that remain to be written. Those that were applied are done. */
  #unapplied(applied: readonly Op[]): readonly string[] {
    for (const op of applied) if ('key' in op) this.#forgetMerges(op.key);
    return [...this.#merges.keys()];
  }

  async #reread(keys: readonly string[]): Promise<void> {
    const loaded = await this.#store.load(keys);
    for (const key of keys) this.#stored.set(key, loaded.entries.get(key));
    this.#merged.clear();
  }

  async #fail(failed: Op): Promise<never> {
    this.#ops = [];
    this.#forgetMerges();
    const lost = 'key' in failed ? this.#lost.get(failed.key) : undefined;
    throw lost ? await lost() : new Conflict(failed);
  }

  #done(): void {
    this.#ops = [];
    this.#forgetMerges();
    for (const callback of this.#committed.splice(0)) callback();
  }

  /** `key` absent: all entries. */
  #forgetMerges(key?: string): void {
    for (const merges of [this.#merges, this.#merged]) {
      if (key === undefined) merges.clear();
      else merges.delete(key);
    }
  }

  #mergedOf(key: string, current: string | undefined): Merged | undefined {
    let last: Merged | undefined;
    for (const merge of this.#merges.get(key) ?? []) last = merge(last?.value ?? current) ?? last;
    return last;
  }

  async #mergeOps(): Promise<Op[]> {
    try {
      return [...this.#merges.keys()].flatMap((key) => this.#mergeOp(key));
    } catch (error) {
      this.#ops = [];
      this.#forgetMerges();
      const key = error instanceof Conflict && 'key' in error.failed ? error.failed.key : '';
      const lost = this.#overtaken.get(key);
      throw lost ? await lost() : error;
    }
  }

  #mergeOp(key: string): Op[] {
    const stored = this.#stored.get(key);
    const next = this.#merged.get(key) ?? this.#mergedOf(key, stored?.value);
    if (!next) return [];
    return [stored ? { op: 'replace', key, version: stored.version, ...next } : { op: 'create', key, ...next }];
  }

  /** A later write of an entry replaces the value of the earlier one and keeps its condition. */
  #write(op: WriteOp): void {
    const index = this.#ops.findIndex(
      (other) => 'key' in other && other.key === op.key && 'value' in other && other.op !== 'append',
    );
    // If there is no earlier write, index -1 yields undefined.
    const earlier = this.#ops[index] as WriteOp | undefined;
    if (earlier) this.#ops[index] = { ...earlier, value: op.value, ttl: op.ttl, refs: op.refs } as WriteOp;
    else this.#ops.push(op);
    const stored = this.#stored.get(op.key);
    this.#known.set(op.key, {
      ...writtenOver(stored),
      value: op.value,
      refs: op.refs ?? [],
      ...(stored?.consumed === undefined ? {} : { consumed: stored.consumed }),
    });
  }

  #drop(key: string): void {
    this.#ops = this.#ops.filter((op) => !('key' in op && op.key === key && 'value' in op && op.op !== 'append'));
  }
}

/** What a write takes over from the entry before it. */
function writtenOver(stored: Entry | undefined): Pick<Entry, 'version' | 'epoch'> {
  return { version: (stored?.version ?? 0) + 1, ...(stored?.epoch === undefined ? {} : { epoch: stored.epoch }) };
}
