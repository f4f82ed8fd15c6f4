/** The part of the store contract about single entries. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { freshTag, pick, race, read, type StoreHarness, write } from './store-harness.ts';

/** Single entries: versions, one-time use, values. */
export function entriesContract(harness: () => StoreHarness): void {
  let store: Store;
  let other: Store;
  beforeAll(() => {
    store = harness().open();
    other = harness().open();
  });

  test('create makes version 1, and only once', async () => {
    const key = storeKey('entry', freshTag());
    await write(store, { op: 'create', key, value: 'first' });
    expect(await read(other, key)).toEqual({ value: 'first', version: 1, refs: [] });
    const again: Op = { op: 'create', key, value: 'second' };
    expect(await store.commit([again])).toEqual({ ok: false, failed: again, applied: [] });
    expect((await read(store, key))?.value).toBe('first');
  });

  test('every write increases the version by one', async () => {
    const key = storeKey('entry', freshTag());
    await write(store, { op: 'put', key, value: 'a' });
    await write(store, { op: 'put', key, value: 'b' });
    await write(store, { op: 'update', key, value: 'c' });
    await write(other, { op: 'replace', key, version: 3, value: 'd' });
    await write(store, { op: 'consume', key });
    expect(await read(store, key)).toMatchObject({ value: 'd', version: 5 });
  });

  test('replace fails in another version and without an entry', async () => {
    const key = storeKey('entry', freshTag());
    expect((await store.commit([{ op: 'replace', key, version: 0, value: 'x' }])).ok).toBe(false);
    await write(store, { op: 'create', key, value: 'a' });
    expect((await store.commit([{ op: 'replace', key, version: 2, value: 'x' }])).ok).toBe(false);
    expect((await store.commit([{ op: 'replace', key, version: 0, value: 'x' }])).ok).toBe(false);
    expect(await read(store, key)).toMatchObject({ value: 'a', version: 1 });
  });

  test('update after delete fails: what was deleted does not come back', async () => {
    const key = storeKey('entry', freshTag());
    await write(store, { op: 'create', key, value: 'a' });
    await write(other, { op: 'delete', key });
    expect((await store.commit([{ op: 'update', key, value: 'b' }])).ok).toBe(false);
    expect(await read(store, key)).toBeUndefined();
  });

  test('delete of nothing succeeds; take and consume of nothing fail', async () => {
    const key = storeKey('entry', freshTag());
    expect(await store.commit([{ op: 'delete', key }])).toEqual({ ok: true });
    expect((await store.commit([{ op: 'take', key }])).ok).toBe(false);
    expect((await store.commit([{ op: 'consume', key }])).ok).toBe(false);
    expect(await read(store, key)).toBeUndefined();
  });

  test('check compares presence and version, and writes nothing', async () => {
    const key = storeKey('entry', freshTag());
    expect((await store.commit([{ op: 'check', key }])).ok).toBe(false);
    await write(store, { op: 'create', key, value: 'a' });
    expect((await store.commit([{ op: 'check', key }])).ok).toBe(true);
    expect((await store.commit([{ op: 'check', key, version: 1 }])).ok).toBe(true);
    expect((await store.commit([{ op: 'check', key, version: 2 }])).ok).toBe(false);
    expect((await read(store, key))?.version).toBe(1);
  });

  test('an entry that is created again starts at version 1 and is not consumed', async () => {
    const key = storeKey('entry', freshTag());
    await write(store, { op: 'create', key, value: 'a' });
    await write(store, { op: 'consume', key });
    await write(store, { op: 'take', key });
    await write(store, { op: 'create', key, value: 'b' });
    expect(await read(store, key)).toEqual({ value: 'b', version: 1, refs: [] });
  });

  test('consumed is a time in seconds and survives put, replace and update', async () => {
    const key = storeKey('code', freshTag());
    await write(store, { op: 'create', key, value: 'a' });
    await write(store, { op: 'consume', key });
    const consumed = (await read(store, key))?.consumed;
    expect(consumed).toBeGreaterThan(1_600_000_000);
    expect(consumed).toBeLessThan(10_000_000_000);
    await write(store, { op: 'put', key, value: 'b' });
    await write(store, { op: 'replace', key, version: 3, value: 'c' });
    await write(store, { op: 'update', key, value: 'd' });
    expect(await read(store, key)).toEqual({ value: 'd', version: 5, refs: [], consumed });
    expect((await store.commit([{ op: 'consume', key }])).ok).toBe(false);
  });

  describe('100 callers at once over two connections', () => {
    const once: Readonly<Record<string, (key: string, caller: number) => Op>> = {
      create: (key, caller) => ({ op: 'create', key, value: `${caller}` }),
      replace: (key, caller) => ({ op: 'replace', key, version: 1, value: `${caller}` }),
      take: (key) => ({ op: 'take', key }),
      consume: (key) => ({ op: 'consume', key }),
    };

    test.each(Object.keys(once))('%s has one winner', async (name) => {
      const key = storeKey('race', freshTag());
      if (name !== 'create') await write(store, { op: 'create', key, value: 'start' });
      const results = await race([store, other], 100, (caller) => [once[name]?.(key, caller) ?? { op: 'check', key }]);
      const winners = results.flatMap((result, caller) => (result.ok ? [caller] : []));
      expect(winners).toHaveLength(1);
      if (name === 'create' || name === 'replace') expect((await read(store, key))?.value).toBe(`${winners[0]}`);
    });

    test('compare and swap in a loop loses no update', async () => {
      const key = storeKey('sum', freshTag());
      await write(store, { op: 'create', key, value: '0' });
      await Promise.all(Array.from({ length: 20 }, (_, caller) => addOne(pick([store, other], caller), key)));
      expect(await read(store, key)).toMatchObject({ value: '20', version: 21 });
    });
  });

  test('values are returned as they were written', async () => {
    const tag = freshTag();
    const values = [
      '',
      ' ',
      'a\0b',
      '\0',
      'é \u{1F511} \uFEFF \u2028 \r\n',
      '{"a":[]}',
      '\uFFFD',
      'x'.repeat(1_048_576),
    ];
    await write(store, ...values.map((value, i): Op => ({ op: 'put', key: storeKey('value', tag, `${i}`), value })));
    const loaded = await other.load(values.map((_, i) => storeKey('value', tag, `${i}`)));
    expect([...loaded.entries.values()].map((entry) => entry?.value)).toEqual(values);
  });

  test('a batch that cannot be written whole is refused before anything is written', async () => {
    const key = storeKey('entry', freshTag());
    const put: Op = { op: 'put', key, value: 'a' };
    await expect(store.commit([put, { op: 'put', key, value: 'b', ttl: Number.NaN }])).rejects.toThrow(TypeError);
    await expect(store.commit([put, { op: 'append', key, value: 'b', keep: 0 }])).rejects.toThrow(TypeError);
    await expect(store.commit([put, { op: 'replace', key, version: 1.5, value: 'b' }])).rejects.toThrow(TypeError);
    expect(await read(store, key)).toBeUndefined();
  });
}

async function addOne(store: Store, key: string): Promise<void> {
  for (;;) {
    const entry = await read(store, key);
    if (entry === undefined) throw new Error('the entry is gone');
    const value = `${Number(entry.value) + 1}`;
    if ((await store.commit([{ op: 'replace', key, version: entry.version, value }])).ok) return;
  }
}
