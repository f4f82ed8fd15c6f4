/** The part of the store contract that compares a store with a model in memory, on random batches. */
import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Entry, type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { seeded } from '../core/support/seeded.ts';
import { freshTag, membersOf, type StoreHarness } from './store-harness.ts';

const names = ['a', 'b', 'c'];
const name = fc.constantFrom(...names);
const value = fc.string({ maxLength: 3 });
const version = fc.integer({ min: 1, max: 4 });
/** References to the names that follow; written to the model and the store alike. */
const refs = fc.subarray(names);

/** Operations with plain names for keys. */
const operation: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('create' as const), key: name, value, refs }),
  fc.record({ op: fc.constant('put' as const), key: name, value, refs }),
  fc.record({ op: fc.constant('update' as const), key: name, value, refs }),
  fc.record({ op: fc.constant('replace' as const), key: name, version, value, refs }),
  fc.record({ op: fc.constantFrom('take' as const, 'consume' as const, 'delete' as const), key: name }),
  fc.record({ op: fc.constant('check' as const), key: name, version }),
  fc.record({ op: fc.constantFrom('join' as const, 'leave' as const), key: fc.constant('set'), member: value }),
);

interface Model {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly members: ReadonlySet<string>;
}

/** For any batches, the store and the model agree on what was refused and on what is there. */
export function modelContract(harness: () => StoreHarness): void {
  let store: Store;
  beforeAll(() => {
    store = harness().open();
  });

  test('any sequence of batches', async () => {
    const batches = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(batches, (sequence) => agree(store, sequence)),
      seeded(150),
    );
  });
}

async function agree(store: Store, sequence: readonly (readonly Op[])[]): Promise<void> {
  const tag = freshTag();
  let model: Model = { entries: new Map(), members: new Set() };
  for (const batch of sequence) {
    const failed = batch.findIndex((op) => !holds(model, op));
    const keyed = batch.map((op) => withTag(op, tag));
    const committed = await store.commit(keyed);
    expect(committed).toEqual(failed === -1 ? { ok: true } : { ok: false, failed: keyed[failed], applied: [] });
    if (failed === -1) model = batch.reduce(apply, model);
    const { entries } = await store.load(names.map((key) => storeKey(key, tag)));
    for (const key of names)
      expect(comparable(entries.get(storeKey(key, tag)))).toEqual(comparable(keyedEntry(model, key, tag)));
    expect(await membersOf(store, storeKey('set', tag))).toEqual([...model.members].sort());
  }
}

function withTag(op: Op, tag: string): Op {
  if (op.op === 'reset') return op;
  const key = storeKey(op.key, tag);
  return 'refs' in op && op.refs ? { ...op, key, refs: op.refs.map((ref) => storeKey(ref, tag)) } : { ...op, key };
}

function keyedEntry(model: Model, key: string, tag: string): Entry | undefined {
  const entry = model.entries.get(key);
  return entry && { ...entry, refs: entry.refs.map((ref) => storeKey(ref, tag)) };
}

/** The time of consumption is the clock's; that it happened is the model's. */
function comparable(entry: Entry | undefined): unknown {
  return entry && { ...entry, consumed: entry.consumed !== undefined };
}

function holds({ entries }: Model, op: Op): boolean {
  const entry = 'key' in op ? entries.get(op.key) : undefined;
  switch (op.op) {
    case 'create':
      return entry === undefined;
    case 'update':
    case 'take':
      return entry !== undefined;
    case 'consume':
      return entry !== undefined && entry.consumed === undefined;
    case 'replace':
    case 'check':
      return entry !== undefined && entry.version === op.version;
    default:
      return true;
  }
}

function apply({ entries, members }: Model, op: Op): Model {
  const next = new Map(entries);
  const set = new Set(members);
  const entry = 'key' in op ? entries.get(op.key) : undefined;
  const raised = { ...entry, version: (entry?.version ?? 0) + 1 };
  if (op.op === 'create') next.set(op.key, { value: op.value, version: 1, refs: op.refs ?? [] });
  if (op.op === 'put' || op.op === 'update' || op.op === 'replace')
    next.set(op.key, { ...raised, value: op.value, refs: op.refs ?? [] });
  if (op.op === 'consume' && entry) next.set(op.key, { ...entry, ...raised, consumed: 0 });
  if (op.op === 'take' || op.op === 'delete') next.delete(op.key);
  if (op.op === 'join') set.add(op.member);
  if (op.op === 'leave') set.delete(op.member);
  return { entries: next, members: set };
}
