/**
 * A store in maps, for unit tests: it records what is asked of it, and lets a test be the faster request. Nothing in it
 * expires.
 */
import { counterOf, type Entry, type Limit, type Op, type Reservation, type Store } from '../../../src/stores/store.ts';

export interface FakeStore extends Store {
  /** The keys of each load, in order. */
  readonly loads: (readonly string[])[];
  /** The batches that were offered, in order; also those that failed. */
  readonly commits: (readonly Op[])[];
  /** Runs before the next batch is checked, as a faster request would. Several run before one batch each. */
  beforeNextCommit(act: () => Promise<unknown>): void;
  /** What `append` wrote. */
  lines(key: string): readonly string[];
}

/** What is stored, and what single operations do to it. */
class Contents {
  readonly sets = new Map<string, Set<string>>();
  readonly logs = new Map<string, string[]>();
  readonly #entries = new Map<string, Entry>();
  readonly #counters = new Map<string, number>();

  isConditionMet(op: Op): boolean {
    const present = 'key' in op ? this.#entries.get(op.key) : undefined;
    if (op.op === 'create') return !present;
    if (op.op === 'update' || op.op === 'take') return present !== undefined;
    if (op.op === 'consume') return present !== undefined && present.consumed === undefined;
    if (op.op === 'replace') return present?.version === op.version;
    if (op.op === 'check') return present !== undefined && (op.version ?? present.version) === present.version;
    return true;
  }

  apply(op: Op): void {
    const { sets, logs } = this;
    if (op.op === 'reset') this.#counters.delete(op.counter);
    else if (op.op === 'join') sets.set(op.key, new Set([...(sets.get(op.key) ?? []), op.member]));
    else if (op.op === 'leave') sets.get(op.key)?.delete(op.member);
    else if (op.op === 'append') logs.set(op.key, [...(logs.get(op.key) ?? []), op.value].slice(-op.keep));
    else if (op.op === 'consume') this.#write(op.key, { consumed: 1 });
    else if ('value' in op) this.#write(op.key, { value: op.value, refs: op.refs ?? [], ttl: op.ttl });
    else if (op.op !== 'check') for (const map of [this.#entries, sets, logs]) map.delete(op.key);
  }

  #write(key: string, change: Partial<Entry> & { readonly ttl?: number | undefined }): void {
    const { ttl, ...changed } = change;
    const { version = 0, ...present } = this.#entries.get(key) ?? { value: '', refs: [] };
    this.#entries.set(key, { ...present, ...changed, version: version + 1 });
    if (ttl !== undefined && ttl <= 0) this.#entries.delete(key);
  }

  /** Counts against the smallest limit, for any window. */
  count(counter: string, limits: readonly Limit[]): Reservation {
    const { limit, window } = limits.toSorted((one, other) => one.limit - other.limit)[0] as Limit;
    const counted = this.#counters.get(counter) ?? 0;
    if (counted >= limit) return { granted: false, remaining: 0, retryAfter: window === 0 ? -1 : window };
    this.#counters.set(counter, counted + 1);
    return { granted: true, remaining: limit - counted - 1, retryAfter: 0 };
  }

  /** The entries of these keys, and of all that they refer to. */
  collect(keys: readonly string[]): Map<string, Entry | undefined> {
    const found = new Map<string, Entry | undefined>();
    const waiting = [...keys];
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      if (found.has(key)) continue;
      found.set(key, this.#entries.get(key));
      waiting.push(...(this.#entries.get(key)?.refs ?? []));
    }
    return found;
  }
}

export function fakeStore(): FakeStore {
  const contents = new Contents();
  const { sets, logs } = contents;
  const faster: (() => Promise<unknown>)[] = [];
  const loads: (readonly string[])[] = [];
  const commits: (readonly Op[])[] = [];

  return {
    loads,
    commits,
    beforeNextCommit: (act) => void faster.push(act),
    lines: (key) => logs.get(key) ?? [],
    async load(keys, { reserve } = {}) {
      loads.push(keys);
      if (!reserve) return { entries: contents.collect(keys) };
      const { of, name, limits, when } = reserve;
      const found = contents.collect([...keys, of, ...(when ? [when.key] : [])]);
      if (when && found.get(when.key)?.version !== when.version) return { entries: found };
      const counter = counterOf(found.get(of)?.refs[0] ?? of, name);
      return { entries: found, counter, reservation: contents.count(counter, limits) };
    },
    async commit(ops) {
      await faster.shift()?.();
      commits.push(ops);
      const failed = ops.find((op) => !contents.isConditionMet(op));
      if (failed) return { ok: false, failed, applied: [] };
      for (const op of ops) contents.apply(op);
      return { ok: true };
    },
    reserve: async (counter, limits) => contents.count(counter, limits),
    async *members(key) {
      const members = [...(sets.get(key) ?? [])];
      if (members.length > 0) yield members;
    },
    async tail(key, cursor, most) {
      const from = cursor === undefined ? 0 : Number(cursor) + 1;
      const all = (logs.get(key) ?? []).map((value, index) => ({ cursor: String(index), value }));
      return all.slice(from, from + most);
    },
    ping: async () => undefined,
    examine: async () => [],
    confirm: async () => undefined,
    close: async () => undefined,
  };
}
