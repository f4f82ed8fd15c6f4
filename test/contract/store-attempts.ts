/** The part of the store contract about references and attempts. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { counterOf, type Limit, type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { freshTag, pick, type StoreHarness, valuesOf, write } from './store-harness.ts';

/** References that a load follows, and attempts that it reserves. */
export function attemptsContract(harness: () => StoreHarness): void {
  let store: Store;
  let other: Store;
  beforeAll(() => {
    store = harness().open();
    other = harness().open();
  });

  describe('references', () => {
    test('a load brings along what its entries refer to, at any depth and in any slot', async () => {
      const keys = Array.from({ length: 6 }, () => storeKey('link', freshTag()));
      await write(
        store,
        ...keys.map((key, i): Op => ({ op: 'put', key, value: `${i}`, refs: keys.slice(i + 1, i + 2) })),
      );
      const loaded = await other.load([pick(keys, 0)]);
      expect(valuesOf(loaded)).toEqual(Object.fromEntries(keys.map((key, i) => [key, `${i}`])));
      expect(loaded.entries.get(pick(keys, 0))?.refs).toEqual([keys[1]]);
      expect(loaded.entries.get(pick(keys, 5))?.refs).toEqual([]);
    });

    test('a circle of references ends, and missing entries are reported', async () => {
      const tag = freshTag();
      const [self, a, b] = [storeKey('self', tag), storeKey('a', tag), storeKey('b', freshTag())];
      const [missing, absent] = [storeKey('missing', freshTag()), storeKey('absent', tag)];
      await write(
        store,
        { op: 'put', key: self, value: 'self', refs: [self, missing] },
        { op: 'put', key: a, value: 'a', refs: [b, self, b] },
        { op: 'put', key: b, value: 'b', refs: [a, absent] },
      );
      const expected = { [self]: 'self', [a]: 'a', [b]: 'b', [missing]: undefined, [absent]: undefined };
      expect(valuesOf(await store.load([a, a, self]))).toEqual(expected);
    });

    test('a write replaces the references', async () => {
      const tag = freshTag();
      const [from, to] = [storeKey('from', tag), storeKey('to', tag)];
      await write(store, { op: 'put', key: from, value: '1', refs: [to] });
      await write(store, { op: 'put', key: from, value: '2' });
      expect(valuesOf(await store.load([from]))).toEqual({ [from]: '2' });
    });

    test('keys and references with unusual characters are followed', async () => {
      const tag = freshTag();
      const odd = storeKey('odd', tag, 'a b\n"\\{other}é\u{1F511}*?[x]');
      const from = storeKey('from', tag);
      await write(store, { op: 'put', key: odd, value: 'odd' }, { op: 'put', key: from, value: 'from', refs: [odd] });
      expect(valuesOf(await store.load([from]))).toEqual({ [from]: 'from', [odd]: 'odd' });
    });

    test('a load of no keys returns no entries', async () => {
      expect((await store.load([])).entries.size).toBe(0);
    });
  });

  describe('attempts', () => {
    const limits: readonly Limit[] = [{ limit: 3, window: 600 }];

    test('are counted until the limit, then refused', async () => {
      const counter = storeKey('counter', freshTag());
      expect(await store.reserve(counter, limits)).toEqual({ granted: true, remaining: 2, retryAfter: 0 });
      expect(await other.reserve(counter, limits)).toEqual({ granted: true, remaining: 1, retryAfter: 0 });
      expect(await store.reserve(counter, limits)).toEqual({ granted: true, remaining: 0, retryAfter: 0 });
      const refused = await other.reserve(counter, limits);
      expect(refused).toMatchObject({ granted: false, remaining: 0 });
      expect(refused.retryAfter).toBeGreaterThan(500);
      expect(refused.retryAfter).toBeLessThanOrEqual(600);
    });

    test('the last attempt starts a separate wait, longer or shorter than the window', async () => {
      for (const [wait, least, most] of [
        [1800, 1700, 1800],
        [60, 1, 60],
      ] as const) {
        const counter = storeKey('counter', freshTag());
        const waiting = [{ limit: 2, window: 600, wait }];
        await store.reserve(counter, waiting);
        expect(await other.reserve(counter, waiting)).toEqual({ granted: true, remaining: 0, retryAfter: 0 });
        const { granted, retryAfter } = await store.reserve(counter, waiting);
        expect([granted, retryAfter >= least, retryAfter <= most]).toEqual([false, true, true]);
      }
      await expect(store.reserve('counter:{x}', [{ limit: 1, window: 1, wait: -1 }])).rejects.toThrow(TypeError);
    });

    test('100 at once over two connections: exactly the limit is granted', async () => {
      const counter = storeKey('counter', freshTag());
      const tight = [{ limit: 7, window: 600 }];
      const all = await Promise.all(
        Array.from({ length: 100 }, (_, i) => pick([store, other], i).reserve(counter, tight)),
      );
      const granted = all.filter((reservation) => reservation.granted);
      expect(granted.map(({ remaining }) => remaining).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });

    test('a refused attempt is not counted in any window', async () => {
      const counter = storeKey('counter', freshTag());
      const both = [
        { limit: 5, window: 600 },
        { limit: 1, window: 0 },
      ];
      await store.reserve(counter, both);
      for (let i = 0; i < 10; i += 1) expect((await store.reserve(counter, both)).granted).toBe(false);
      expect(await store.reserve(counter, [{ limit: 5, window: 600 }])).toMatchObject({ granted: true, remaining: 3 });
    });

    test('the tightest of several windows decides', async () => {
      const counter = storeKey('counter', freshTag());
      const several = [
        { limit: 2, window: 600 },
        { limit: 9, window: 60 },
        { limit: 4, window: 0 },
      ];
      expect((await store.reserve(counter, several)).remaining).toBe(1);
      expect((await store.reserve(counter, several)).remaining).toBe(0);
      expect((await store.reserve(counter, several)).retryAfter).toBeGreaterThan(60);
    });

    test('a window of 0 is opened by reset only', async () => {
      const counter = storeKey('counter', freshTag());
      const unending = [
        { limit: 1, window: 0 },
        { limit: 9, window: 300 },
      ];
      await store.reserve(counter, unending);
      await harness().pass(301);
      expect(await store.reserve(counter, unending)).toEqual({ granted: false, remaining: 0, retryAfter: -1 });
      await write(store, { op: 'reset', counter });
      expect(await store.reserve(counter, unending)).toEqual({ granted: true, remaining: 0, retryAfter: 0 });
    });

    test('a window opens again by itself, and only its own count is forgotten', async () => {
      const counter = storeKey('counter', freshTag());
      const both = [
        { limit: 1, window: 300 },
        { limit: 5, window: 600 },
      ];
      expect((await store.reserve(counter, both)).granted).toBe(true);
      await harness().pass(301);
      expect(await store.reserve(counter, both)).toMatchObject({ granted: true, remaining: 0 });
      expect(await store.reserve(counter, [{ limit: 5, window: 600 }])).toMatchObject({ remaining: 2 });
    });

    test('reset forgets all windows of one counter', async () => {
      const tag = freshTag();
      const [mine, yours] = [storeKey('counter', tag, 'mine'), storeKey('counter', tag, 'yours')];
      const both = [
        { limit: 1, window: 600 },
        { limit: 1, window: 0 },
      ];
      await store.reserve(mine, both);
      await store.reserve(yours, both);
      await write(store, { op: 'reset', counter: mine });
      expect((await store.reserve(mine, both)).granted).toBe(true);
      expect((await store.reserve(yours, both)).granted).toBe(false);
    });

    test('a limit of 0 grants nothing; limits that cannot be counted are refused', async () => {
      const counter = storeKey('counter', freshTag());
      expect((await store.reserve(counter, [{ limit: 0, window: 600 }])).granted).toBe(false);
      await expect(store.reserve(counter, [])).rejects.toThrow(TypeError);
      await expect(store.reserve(counter, [{ limit: Number.NaN, window: 1 }])).rejects.toThrow(TypeError);
      await expect(store.reserve(counter, [{ limit: 1, window: -1 }])).rejects.toThrow(TypeError);
    });

    test('a counter and an entry of the same name do not affect each other', async () => {
      const key = storeKey('user', freshTag(), 'password');
      await write(store, { op: 'create', key, value: 'a' });
      await store.reserve(key, limits);
      expect((await store.load([key])).entries.get(key)).toEqual({ value: 'a', version: 1, refs: [] });
      await write(store, { op: 'delete', key });
      expect((await store.reserve(key, limits)).remaining).toBe(1);
    });
  });

  describe('attempts reserved by a load', () => {
    const limits: readonly Limit[] = [{ limit: 3, window: 600 }];

    test('every spelling of an identifier counts for its user', async () => {
      const user = storeKey('user', freshTag());
      const identifiers = [storeKey('identifier', freshTag()), storeKey('identifier', freshTag())];
      const ops = identifiers.map(
        (key): Op => ({ op: 'create', key, value: 'i', refs: [user, storeKey('group', 'g')] }),
      );
      await write(store, { op: 'create', key: user, value: 'u' }, ...ops);
      const counter = counterOf(user, 'password');
      for (const [i, identifier] of identifiers.entries()) {
        const loaded = await store.load([identifier], { reserve: { of: identifier, name: 'password', limits } });
        expect(loaded).toMatchObject({ counter, reservation: { granted: true, remaining: 2 - i } });
        expect(loaded.entries.get(user)?.value).toBe('u');
      }
      expect((await store.reserve(counter, limits)).remaining).toBe(0);
      const refused = await other.load(identifiers, {
        reserve: { of: pick(identifiers, 0), name: 'password', limits },
      });
      expect(refused.reservation?.granted).toBe(false);
      expect(refused.entries.get(user)?.value).toBe('u');
      await write(store, { op: 'reset', counter });
      expect((await store.reserve(counter, limits)).remaining).toBe(2);
    });

    test('an unknown identifier, and an entry without references, have counters of their own', async () => {
      const [unknown, alone] = [storeKey('identifier', freshTag()), storeKey('user', freshTag())];
      await write(store, { op: 'create', key: alone, value: 'u' });
      for (const key of [unknown, alone]) {
        const loaded = await store.load([], { reserve: { of: key, name: 'password', limits } });
        expect(loaded).toMatchObject({
          counter: counterOf(key, 'password'),
          reservation: { granted: true, remaining: 2 },
        });
        expect(loaded.entries.has(key)).toBe(true);
        expect((await store.reserve(counterOf(key, 'password'), limits)).remaining).toBe(1);
      }
    });

    test('nothing is reserved unless the form is current', async () => {
      const tag = freshTag();
      const [of, user, missing] = [
        storeKey('transaction', tag),
        storeKey('user', freshTag()),
        storeKey('transaction', freshTag()),
      ];
      await write(store, { op: 'create', key: of, value: 't', refs: [user] });
      const reserve = { of, name: 'totp', limits };
      for (const when of [
        { key: of, version: 2 },
        { key: missing, version: 1 },
        { key: missing, version: 0 },
      ]) {
        const loaded = await store.load([], { reserve: { ...reserve, when } });
        expect(loaded.reservation).toBeUndefined();
        expect(loaded.counter).toBeUndefined();
        expect(loaded.entries.get(of)?.value).toBe('t');
        expect(loaded.entries.has(when.key)).toBe(true);
      }
      const loaded = await store.load([], { reserve: { ...reserve, when: { key: of, version: 1 } } });
      expect(loaded).toMatchObject({ counter: counterOf(user, 'totp'), reservation: { granted: true, remaining: 2 } });
    });
  });
}
