/** What the parts of the store contract share: the store under test, and short helpers to read and write. */
import { randomBytes } from 'node:crypto';
import type { Committed, Entry, LoadedEntries, Op, Store } from '../../src/stores/store.ts';

/** One kind of store under test. */
export interface StoreHarness {
  /**
   * A connection to data that all connections share; the harness closes it in `stop`. Another one, where there can be
   * several.
   */
  open(): Store;
  /** A store for a test that closes it. */
  openToClose(): Store;
  /** Lets time pass on the clock of the store. */
  pass(seconds: number): Promise<void>;
  /** Whether a batch over several tags is written whole or not at all. */
  readonly atomicAcrossTags: boolean;
  stop(): Promise<void>;
}

/** A tag that no other test uses. */
export function freshTag(): string {
  return randomBytes(9).toString('base64url');
}

/** A batch that must be written. */
export async function write(store: Store, ...ops: readonly Op[]): Promise<void> {
  const committed = await store.commit(ops);
  if (!committed.ok) throw new Error(`refused: ${JSON.stringify(committed.failed)}`);
}

export async function read(store: Store, key: string): Promise<Entry | undefined> {
  return (await store.load([key])).entries.get(key);
}

/** The value under each key, `undefined` for none. */
export function valuesOf(loaded: LoadedEntries): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries([...loaded.entries].map(([key, entry]) => [key, entry?.value]));
}

export async function membersOf(store: Store, key: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const page of store.members(key)) for (const member of page) found.add(member);
  return [...found].sort();
}

/** `times` callers at once, spread over the stores; how each of their batches ended. */
export function race(
  stores: readonly Store[],
  times: number,
  batch: (caller: number) => readonly Op[],
): Promise<readonly Committed[]> {
  return Promise.all(Array.from({ length: times }, (_, caller) => pick(stores, caller).commit(batch(caller))));
}

export function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
