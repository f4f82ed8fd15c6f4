/**
 * A store whose documents say which schema version they have and in which epoch they were issued: `<version>:<epoch>:`
 * before each value, the epoch as milliseconds in base 36. Written and compared here, at one place for all kinds of
 * store. The state of the store comes along with every load, so it costs no round trip.
 *
 * What this promises:
 * - What expires and was issued in an earlier epoch is not there any more (but for the kinds that the table of keys
 *   calls kept).
 * - What a request writes belongs to the epoch that its first load found, so nothing from before passes into a new one.
 * - A document without a version, or of one that this release does not read, is refused.
 */
import { StoreUnavailable } from '../errors.ts';
import { checkBatch } from './check-batch.ts';
import { keyRow } from './key-table.ts';
import { storeStateKey } from './keys.ts';
import { releaseSchema, type StoreSchema } from './schema.ts';
import { readStamp, type Stamp, unreadable, withStamp } from './stamp.ts';
import type { Committed, Entry, Loaded, Op, Store, StoreState } from './store.ts';
import { assertUsable, parseState, stateless } from './store-state.ts';

/** The same store; all documents that it takes and gives are stamped on the way. */
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
  /** The newest state that was seen, and its text. */
  #seen: { readonly text: string | undefined; readonly state: StoreState } | undefined;
  /** Commits that wait for the state. */
  readonly #waiting = new Set<Promise<unknown>>();
  #closed = false;

  constructor(raw: Store, schema: StoreSchema) {
    this.#raw = raw;
    this.#schema = schema;
  }

  async load(keys: readonly string[], options: Parameters<Store['load']>[1]): Promise<Loaded> {
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

  /** Waits for the commits that wait for the state; refuses all others that would have to. */
  async drain(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#waiting);
  }

  async #commit(ops: readonly Op[], state: StoreState): Promise<Committed> {
    const stamped = ops.map((op) => this.#stamped(op, state));
    // What is written next belongs to the new state.
    if (ops.some((op) => 'key' in op && op.key === storeStateKey)) this.#seen = undefined;
    const committed = await this.#raw.commit(stamped);
    if (committed.ok) return committed;
    const given = (op: Op): Op => ops[stamped.indexOf(op)] ?? op;
    return { ok: false, failed: given(committed.failed), applied: committed.applied.map(given) };
  }

  /**
   * The text of a line of a log, which keeps the version it was written in. Throws `StoreUnavailable` when that is
   * newer than this release.
   */
  lineOf(key: string, value: string): string {
    const stamp = readStamp(value);
    if (stamp === undefined || stamp.version > this.#schema.version)
      return unreadable(key, stamp, this.#schema.version);
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

  /** `undefined`: it was issued in another epoch, and is void here. */
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
    // Only who reads it fails: one such document must not make all others unreadable that were loaded with it.
    return {
      ...entry,
      get value(): string {
        return unreadable(key, stamp, version);
      },
    };
  }

  #textOf(key: string, stamp: Stamp | undefined): string | undefined {
    const { version, upgrade } = this.#schema;
    if (stamp?.version === version) return stamp.text;
    const isOlder = stamp !== undefined && stamp.version === version - 1 && stamp.version > 0;
    // The state has the same form in every release.
    if (key === storeStateKey) return stamp?.text;
    return isOlder ? upgrade(kindOf(key), stamp.text) : undefined;
  }

  #stamped(op: Op, { schema, epoch }: StoreState): Op {
    if (op.op === 'join' || !('value' in op)) return op;
    const { version, downgrade } = this.#schema;
    const text = schema === version || op.key === storeStateKey ? op.value : downgrade(kindOf(op.key), op.value);
    return { ...op, value: withStamp({ version: schema, epoch, text }) };
  }

  /** So that what is void is no obstacle for what is written anew. Where it fails, it is void all the same. */
  async #forget(voided: readonly (readonly [string, Entry])[]): Promise<void> {
    const ops = voided.map(([key, { version }]): readonly Op[] => [
      { op: 'check', key, version },
      { op: 'delete', key },
    ]);
    await Promise.all(ops.map((pair) => this.#raw.commit(pair).catch(() => undefined)));
  }
}

/** What expires belongs to the epoch in which it was issued, unless its row says that it is kept. */
function isVoidInNewEpoch(key: string): boolean {
  const row = keyRow(kindOf(key));
  return row !== undefined && row.epoch !== 'kept' && row.lifetime.kind !== 'lasting';
}

/** A newer one is of an epoch that began after the state was read. */
function isOlder({ value }: Entry, { epoch }: StoreState): boolean {
  return (readStamp(value)?.epoch ?? epoch) < epoch;
}

function kindOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}
