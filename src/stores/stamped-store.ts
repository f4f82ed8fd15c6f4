/**
 * A store whose documents record their schema version and the epoch in which they were issued: each value begins with
 * `<version>:<epoch>:`, with the epoch as milliseconds in base 36. Stamps are written and compared in this one place
 * for all kinds of store. Every load includes the state of the store, so it costs no extra round trip.
 *
 * What this promises:
 * - An expiring entry of an earlier epoch no longer exists (except for the kinds that the table of keys marks as kept).
 * - A request's writes belong to the epoch that its first load found, so nothing old passes into a new epoch.
 * - A document without a version, or with one that this release cannot read, is refused.
 */
import { StoreUnavailable } from '../errors.ts';
import { checkBatch } from './check-batch.ts';
import { keyRow } from './key-table.ts';
import { storeStateKey } from './keys.ts';
import { releaseSchema, type StoreSchema } from './schema.ts';
import { readStamp, type Stamp, throwUnreadable, withStamp } from './stamp.ts';
import type { Committed, Entry, LoadedEntries, Op, Store, StoreState } from './store.ts';
import { assertUsable, parseState, stateless } from './store-state.ts';

/** The same store, which adds a stamp to each document that it writes and removes it from each that it reads. */
export function stampedStore(raw: Store, schema: StoreSchema = releaseSchema): Store {
  const stamping = new Stamping(raw, schema);
  return {
    ...raw,
    load: (keys, options) => stamping.load(keys, options),
    commit: (ops, state) => stamping.commit(ops, state),
    async tail(key, cursor, count) {
      const lines = await raw.tail(key, cursor, count);
      return lines.map((line) => ({ ...line, value: stamping.lineOf(key, line.value) }));
    },
    async close() {
      await stamping.drain();
      await raw.close();
    },
  };
}

class Stamping {
  readonly #raw: Store;
  readonly #schema: StoreSchema;
  /** The newest state seen, and its text. */
  #seen: { readonly text: string | undefined; readonly state: StoreState } | undefined;
  /** Commits that wait for the state. */
  readonly #waiting = new Set<Promise<unknown>>();
  #closed = false;

  constructor(raw: Store, schema: StoreSchema) {
    this.#raw = raw;
    this.#schema = schema;
  }

  async load(keys: readonly string[], options: Parameters<Store['load']>[1]): Promise<LoadedEntries> {
    if (keys.length === 0 && options?.reserve === undefined) return this.#raw.load(keys, options);
    const loaded = await this.#raw.load([...keys, storeStateKey], options);
    const state = this.#stateIn(loaded.entries.get(storeStateKey));
    const entries = new Map<string, Entry | undefined>();
    const voided: [string, Entry][] = [];
    for (const [key, entry] of loaded.entries) {
      if (key === storeStateKey && !keys.includes(key)) continue;
      const read = entry && this.#entryOf(key, entry, state);
      if (entry && !read && isOlder(entry, state)) voided.push([key, entry]);
      entries.set(key, read);
    }
    if (voided.length > 0) await this.#forget(voided);
    return { ...loaded, entries, state };
  }

  async commit(ops: readonly Op[], under: StoreState | undefined): Promise<Committed> {
    checkBatch(ops);
    const state = under ?? this.#seen?.state;
    if (state !== undefined) return this.#commit(ops, state);
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    const waiting = this.#readState().then((read) => this.#commit(ops, read));
    this.#waiting.add(waiting);
    return waiting.finally(() => this.#waiting.delete(waiting));
  }

  /** Waits for commits that wait for the state. Refuses any others that would have to wait. */
  async drain(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#waiting);
  }

  async #commit(ops: readonly Op[], state: StoreState): Promise<Committed> {
    const stamped = ops.map((op) => this.#stamped(op, state));
    // Later writes belong to the new state.
    if (ops.some((op) => 'key' in op && op.key === storeStateKey)) this.#seen = undefined;
    const committed = await this.#raw.commit(stamped);
    if (committed.ok) return committed;
    const given = (op: Op): Op => ops[stamped.indexOf(op)] ?? op;
    return { ok: false, failed: given(committed.failed), applied: committed.applied.map(given) };
  }

  /**
   * The text of a log line, which keeps the version in which it was written. Throws `StoreUnavailable` if that version
   * is newer than this release.
   */
  lineOf(key: string, value: string): string {
    const stamp = readStamp(value);
    if (stamp === undefined || stamp.version > this.#schema.version)
      return throwUnreadable(key, stamp, this.#schema.version);
    return this.#textOf(key, stamp) ?? stamp.text;
  }

  #stateIn(entry: Entry | undefined): StoreState {
    const text = entry?.value;
    if (this.#seen === undefined || this.#seen.text !== text) {
      const state = text === undefined ? stateless(this.#schema) : parseState(readStamp(text)?.text ?? '');
      this.#seen = { text, state };
    }
    const { state } = this.#seen;
    assertUsable(state, this.#schema);
    return state;
  }

  async #readState(): Promise<StoreState> {
    return this.#stateIn((await this.#raw.load([storeStateKey])).entries.get(storeStateKey));
  }

  /** Undefined if the entry was issued in another epoch and is therefore void. */
  #entryOf(key: string, entry: Entry, state: StoreState): Entry | undefined {
    const stamp = readStamp(entry.value);
    if (stamp && stamp.epoch !== state.epoch) {
      if (state.epoch === 0) throw new StoreUnavailable('the state of the store is gone: restore it from a backup');
      if (isVoidInNewEpoch(key)) return undefined;
    }
    const epoch = state.epoch === 0 ? {} : { epoch: Math.floor(state.epoch / 1000) };
    const text = this.#textOf(key, stamp);
    if (text !== undefined) return { ...entry, ...epoch, value: text };
    const { version } = this.#schema;
    // Only reading the value fails: one such document must not make the others of the same load unreadable.
    return {
      ...entry,
      get value(): string {
        return throwUnreadable(key, stamp, version);
      },
    };
  }

  #textOf(key: string, stamp: Stamp | undefined): string | undefined {
    const { version, upgrade } = this.#schema;
    if (stamp?.version === version) return stamp.text;
    const isPrevious = stamp !== undefined && stamp.version === version - 1 && stamp.version > 0;
    // The state has the same form in every release.
    if (key === storeStateKey) return stamp?.text;
    return isPrevious ? upgrade(kindOf(key), stamp.text) : undefined;
  }

  #stamped(op: Op, { schema, epoch }: StoreState): Op {
    if (op.op === 'join' || !('value' in op)) return op;
    const { version, downgrade } = this.#schema;
    const text = schema === version || op.key === storeStateKey ? op.value : downgrade(kindOf(op.key), op.value);
    return { ...op, value: withStamp({ version: schema, epoch, text }) };
  }

  /** Deletes void entries, so that they do not block new ones. If this fails, they stay void anyway. */
  async #forget(voided: readonly (readonly [string, Entry])[]): Promise<void> {
    const ops = voided.map(([key, { version }]): readonly Op[] => [
      { op: 'check', key, version },
      { op: 'delete', key },
    ]);
    await Promise.all(ops.map((pair) => this.#raw.commit(pair).catch(() => undefined)));
  }
}

/** An expiring entry belongs to the epoch in which it was issued, unless its row says that it is kept. */
function isVoidInNewEpoch(key: string): boolean {
  const row = keyRow(kindOf(key));
  return row !== undefined && row.epoch !== 'kept' && row.lifetime.kind !== 'lasting';
}

/** An entry that is newer than the state belongs to an epoch that began after the state was read. */
function isOlder({ value }: Entry, { epoch }: StoreState): boolean {
  return (readStamp(value)?.epoch ?? epoch) < epoch;
}

function kindOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
