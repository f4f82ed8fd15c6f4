/** The part of the store contract about batches. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { freshTag, membersOf, race, read, type StoreHarness, valuesOf, write } from './store-harness.ts';

/** A batch is written whole or not at all. */
export function batchesContract(harness: () => StoreHarness): void {
  let store: Store;
  let other: Store;
  beforeAll(() => {
    store = harness().open();
    other = harness().open();
  });

  test('an empty batch succeeds', async () => {
    expect(await store.commit([])).toEqual({ ok: true });
  });

  describe('after an operation that fails nothing of its batch is written', () => {
    const failing: Readonly<Record<string, (tag: string) => Op>> = {
      create: (tag) => ({ op: 'create', key: storeKey('there', tag), value: 'x' }),
      replace: (tag) => ({ op: 'replace', key: storeKey('there', tag), version: 9, value: 'x' }),
      update: (tag) => ({ op: 'update', key: storeKey('gone', tag), value: 'x' }),
      take: (tag) => ({ op: 'take', key: storeKey('gone', tag) }),
      consume: (tag) => ({ op: 'consume', key: storeKey('consumed', tag) }),
      check: (tag) => ({ op: 'check', key: storeKey('there', tag), version: 2 }),
    };

    test.each(Object.keys(failing).flatMap((name) => [0, 5, 10].map((place) => [name, place] as const)))(
      '%s at place %i',
      async (name, place) => {
        const tag = freshTag();
        await prepare(store, tag);
        const failed = failing[name]?.(tag);
        if (failed === undefined) throw new Error(name);
        const batch = everyWrite(tag).toSpliced(place, 0, failed);
        const loaded = await store.load(keysOf(tag));
        expect(await store.commit(batch)).toEqual({ ok: false, failed, applied: [] });
        expect((await other.load(keysOf(tag))).entries).toEqual(loaded.entries);
        expect(await membersOf(store, storeKey('set', tag))).toEqual(['m']);
        expect(await store.tail(storeKey('log', tag), undefined, 9)).toHaveLength(0);
        expect((await store.reserve(storeKey('counter', tag), [{ limit: 2, window: 600 }])).remaining).toBe(0);
      },
    );
  });

  test('the operations of a batch are applied in order', async () => {
    const tag = freshTag();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => storeKey(name, tag)) as [string, string, string, string];
    await write(store, { op: 'create', key: a, value: '1' }, { op: 'create', key: d, value: '1' });
    await write(
      store,
      { op: 'put', key: b, value: '1' },
      { op: 'put', key: b, value: '2' },
      { op: 'delete', key: a },
      { op: 'put', key: a, value: '3' },
      { op: 'put', key: c, value: '4' },
      { op: 'delete', key: c },
      { op: 'consume', key: d },
      { op: 'update', key: d, value: '5' },
    );
    const { entries } = await store.load([a, b, c, d]);
    expect(entries.get(a)).toEqual({ value: '3', version: 1, refs: [] });
    expect(entries.get(b)).toMatchObject({ value: '2', version: 2 });
    expect(entries.get(c)).toBeUndefined();
    expect(entries.get(d)).toMatchObject({ value: '5', version: 3, consumed: expect.any(Number) });
  });

  test('operations are checked against the state before the batch', async () => {
    const tag = freshTag();
    const [a, b] = [storeKey('a', tag), storeKey('b', tag)];
    await write(store, { op: 'create', key: a, value: '1' });
    expect(
      (
        await store.commit([
          { op: 'take', key: a },
          { op: 'create', key: a, value: '2' },
        ])
      ).ok,
    ).toBe(false);
    expect(
      (
        await store.commit([
          { op: 'create', key: b, value: '2' },
          { op: 'update', key: b, value: '3' },
        ])
      ).ok,
    ).toBe(false);
    expect(valuesOf(await store.load([a, b]))).toEqual({ [a]: '1', [b]: undefined });
  });

  test('consume of an entry that the batch has deleted creates no new entry', async () => {
    const key = storeKey('code', freshTag());
    await write(store, { op: 'create', key, value: '1' });
    await write(store, { op: 'delete', key }, { op: 'consume', key });
    expect(await read(store, key)).toBeUndefined();
    await write(store, { op: 'create', key, value: '2' });
  });

  test('of 100 batches that consume one code, one issues a token', async () => {
    const tag = freshTag();
    const code = storeKey('code', tag);
    const token = (caller: number) => storeKey('token', tag, `${caller}`);
    await write(store, { op: 'create', key: code, value: 'c' });
    const results = await race([store, other], 100, (caller) => [
      { op: 'put', key: token(caller), value: 't' },
      { op: 'consume', key: code },
    ]);
    const winners = results.flatMap((result, caller) => (result.ok ? [token(caller)] : []));
    const { entries } = await store.load(Array.from({ length: 100 }, (_, caller) => token(caller)));
    expect(winners).toHaveLength(1);
    expect([...entries].flatMap(([key, entry]) => (entry ? [key] : []))).toEqual(winners);
  });

  test('over several tags: written whole, or in the order that never grants twice', async () => {
    const [consumed, raced, free] = [
      storeKey('code', freshTag()),
      storeKey('user', freshTag()),
      storeKey('token', freshTag()),
    ];
    await write(store, { op: 'create', key: consumed, value: '1' }, { op: 'create', key: raced, value: '1' });
    const consume: Op = { op: 'consume', key: consumed };
    const replace: Op = { op: 'replace', key: raced, version: 2, value: '2' };
    const put: Op = { op: 'put', key: free, value: '1' };

    const failed = await store.commit([put, replace, consume]);
    expect(failed).toEqual({ ok: false, failed: replace, applied: harness().atomicAcrossTags ? [] : [consume] });
    expect((await read(store, consumed))?.consumed === undefined).toBe(harness().atomicAcrossTags);
    expect(await read(store, free)).toBeUndefined();

    await store.commit([consume]);
    const unconsumed: Op = { ...replace, version: 1 };
    expect(await store.commit([put, unconsumed, consume])).toEqual({ ok: false, failed: consume, applied: [] });
    expect(valuesOf(await store.load([raced, free]))).toEqual({ [raced]: '1', [free]: undefined });
    expect(await store.commit([put, unconsumed])).toEqual({ ok: true });
    expect(valuesOf(await store.load([raced, free]))).toEqual({ [raced]: '2', [free]: '1' });
  });

  test('what goes ahead is written first, and is there although the rest fails on a Cluster', async () => {
    const [message, set] = [storeKey('message', 'pending', freshTag()), storeKey('messages', 'pending')];
    const [code, free] = [storeKey('code', freshTag()), storeKey('message', 'pending', freshTag())];
    const ahead: readonly Op[] = [
      { op: 'put', key: message, value: '1', ahead: true },
      { op: 'join', key: set, member: message, ahead: true },
    ];
    const consume: Op = { op: 'consume', key: code };
    const put: Op = { op: 'put', key: free, value: '1' };
    const isAtomic = harness().atomicAcrossTags;
    expect(await store.commit([put, consume, ...ahead])).toEqual({
      ok: false,
      failed: consume,
      applied: isAtomic ? [] : ahead,
    });
    expect(valuesOf(await other.load([message, free]))).toEqual({
      [message]: isAtomic ? undefined : '1',
      [free]: undefined,
    });
    await write(store, { op: 'create', key: code, value: '1' });
    expect(await store.commit([put, consume, ...ahead])).toEqual({ ok: true });
    expect(valuesOf(await other.load([message, free]))).toEqual({ [message]: '1', [free]: '1' });
    expect(await membersOf(other, set)).toContain(message);
  });

  test('a batch over many tags is written to all of them', async () => {
    const keys = Array.from({ length: 60 }, () => storeKey('many', freshTag()));
    await write(store, ...keys.map((key, i): Op => ({ op: i % 2 === 0 ? 'create' : 'put', key, value: key })));
    expect(valuesOf(await other.load(keys))).toEqual(Object.fromEntries(keys.map((key) => [key, key])));
  });
}

async function prepare(store: Store, tag: string): Promise<void> {
  const names = ['there', 'consumed', 'fresh'];
  await write(store, ...names.map((name): Op => ({ op: 'create', key: storeKey(name, tag), value: name })));
  await write(
    store,
    { op: 'consume', key: storeKey('consumed', tag) },
    { op: 'join', key: storeKey('set', tag), member: 'm' },
  );
  await store.reserve(storeKey('counter', tag), [{ limit: 2, window: 600 }]);
}

/** Ten operations, all of which would succeed. */
function everyWrite(tag: string): readonly Op[] {
  return [
    { op: 'create', key: storeKey('new', tag), value: 'x' },
    { op: 'put', key: storeKey('there', tag), value: 'x' },
    { op: 'update', key: storeKey('there', tag), value: 'x' },
    { op: 'replace', key: storeKey('there', tag), version: 1, value: 'x' },
    { op: 'consume', key: storeKey('fresh', tag) },
    { op: 'delete', key: storeKey('fresh', tag) },
    { op: 'join', key: storeKey('set', tag), member: 'n' },
    { op: 'leave', key: storeKey('set', tag), member: 'm' },
    { op: 'append', key: storeKey('log', tag), value: 'x', keep: 9 },
    { op: 'reset', counter: storeKey('counter', tag) },
  ];
}

function keysOf(tag: string): readonly string[] {
  return ['there', 'consumed', 'fresh', 'new', 'gone'].map((name) => storeKey(name, tag));
}
