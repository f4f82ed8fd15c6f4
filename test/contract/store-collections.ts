/** The part of the store contract about sets, logs and closing. */
import { beforeAll, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../src/errors.ts';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { freshTag, membersOf, type StoreHarness, write } from './store-harness.ts';

/** Sets, logs, and the store as a whole. */
export function collectionsContract(harness: () => StoreHarness): void {
  let store: Store;
  let other: Store;
  beforeAll(() => {
    store = harness().open();
    other = harness().open();
  });

  test('join and leave may be repeated', async () => {
    const key = storeKey('set', freshTag());
    const members = ['', 'a', 'b', 'é\0\u{1F511}', 'c'];
    for (let i = 0; i < 2; i += 1) await write(store, ...members.map((member): Op => ({ op: 'join', key, member })));
    expect(await membersOf(other, key)).toEqual([...members].sort());
    await write(
      store,
      { op: 'leave', key, member: 'a' },
      { op: 'leave', key, member: 'a' },
      { op: 'leave', key, member: 'z' },
    );
    expect(await membersOf(store, key)).toEqual(['', 'b', 'c', 'é\0\u{1F511}']);
    await write(store, { op: 'delete', key });
    expect(await membersOf(store, key)).toEqual([]);
  });

  test('of 5,000 members none that stays is left out while others join and leave', async () => {
    const key = storeKey('set', freshTag());
    const name = (i: number) => `member-${i}`;
    const join = (i: number): Op => ({ op: 'join', key, member: name(i) });
    await write(store, ...Array.from({ length: 5_000 }, (_, i) => join(i)));
    const seen = new Set<string>();
    let pages = 0;
    for await (const page of store.members(key)) {
      pages += 1;
      for (const member of page) seen.add(member);
      const leaving = Array.from(
        { length: 100 },
        (_, i): Op => ({ op: 'leave', key, member: name(2 * (pages * 100 + i)) }),
      );
      await write(other, ...leaving, ...Array.from({ length: 200 }, (_, i) => join(5_000 + pages * 200 + i)));
      if (pages > 100) throw new Error('the pages do not end');
    }
    expect(pages).toBeGreaterThan(1);
    const stayed = Array.from({ length: 2_500 }, (_, i) => name(2 * i + 1));
    expect(stayed.filter((member) => !seen.has(member))).toEqual([]);
  });

  test('a log is read on from a cursor', async () => {
    const key = storeKey('log', freshTag());
    const lines = Array.from({ length: 25 }, (_, i) => `line ${i} \0é`);
    await write(store, ...lines.map((value): Op => ({ op: 'append', key, value, keep: 1_000 })));
    const read: string[] = [];
    let cursor: string | undefined;
    for (;;) {
      const page = await other.tail(key, cursor, 10);
      expect(page.length).toBeLessThanOrEqual(10);
      if (page.length === 0) break;
      read.push(...page.map((line) => line.value));
      cursor = page.at(-1)?.cursor;
    }
    expect(read).toEqual(lines);
    await write(store, { op: 'append', key, value: 'one more', keep: 1_000 });
    expect((await store.tail(key, cursor, 10)).map((line) => line.value)).toEqual(['one more']);
    expect(await store.tail(storeKey('log', freshTag()), undefined, 10)).toEqual([]);
  });

  test('a log keeps about its newest lines; a cursor before them starts at the oldest', async () => {
    const key = storeKey('log', freshTag());
    const append = (i: number): Op => ({ op: 'append', key, value: `${i}`, keep: 100 });
    await write(store, append(0));
    const cursor = (await store.tail(key, undefined, 1))[0]?.cursor;
    await write(store, ...Array.from({ length: 1_000 }, (_, i) => append(i + 1)));
    const kept = (await store.tail(key, cursor, 2_000)).map((line) => Number(line.value));
    expect(kept.length).toBeGreaterThanOrEqual(100);
    expect(kept.length).toBeLessThanOrEqual(300);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 1_001 - kept.length + i));
  });

  test('no tag can choose a slot or another key', () => {
    for (const tag of ['', 'a}b', '{a', 'a:b', 'a b', 'é', 'a\n', 'a\0', '*', 'a/b'])
      expect(() => storeKey('user', tag)).toThrow(TypeError);
    expect(storeKey('user', 'aZ0_-.')).toBe('user:{aZ0_-.}');
    expect(storeKey('user', 'a', 'x:{y}')).toBe('user:{a}:x:{y}');
  });

  test('an open store answers a ping; a closed one refuses everything', async () => {
    const closing = harness().openToClose();
    await closing.ping();
    await write(closing, { op: 'put', key: storeKey('entry', freshTag()), value: 'a' });
    await closing.close();
    await closing.close();
    await expect(closing.ping()).rejects.toThrow(StoreUnavailable);
    await expect(closing.load(['entry:{a}'])).rejects.toThrow(StoreUnavailable);
    await expect(closing.commit([{ op: 'put', key: 'entry:{a}', value: 'a' }])).rejects.toThrow(StoreUnavailable);
    await expect(closing.reserve('entry:{a}', [{ limit: 1, window: 1 }])).rejects.toThrow(StoreUnavailable);
    await expect(membersOf(closing, 'set:{a}')).rejects.toThrow(StoreUnavailable);
    await expect(closing.tail('log:{a}', undefined, 1)).rejects.toThrow(StoreUnavailable);
  });

  test('close waits for the calls under way', async () => {
    const closing = harness().openToClose();
    await closing.ping();
    const writes = Array.from({ length: 20 }, () =>
      write(closing, { op: 'put', key: storeKey('entry', freshTag()), value: 'a' }),
    );
    await closing.close();
    await Promise.all(writes);
  });
}
