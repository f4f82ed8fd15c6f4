/** The unit of work on a store in maps: what a request writes, and what comes of it when another request was faster. */
import { describe, expect, test } from '@jest/globals';
import type { Op } from '../../../src/stores/store.ts';
import { Conflict, type Merge, UnitOfWork } from '../../../src/stores/unit-of-work.ts';
import { slotted } from '../../support/stores/cluster-like-store.ts';
import { type FakeStore, fakeStore } from '../../support/stores/fake-store.ts';

const key = 'thing:{a}';
const other = 'thing:{b}';

/** Appends a letter to what is there. */
const adding =
  (letter: string): Merge =>
  (current) => ({ value: `${current ?? ''}${letter}` });

async function loadedValue(store: FakeStore, of = key): Promise<string | undefined> {
  return (await store.load([of])).entries.get(of)?.value;
}

/** A store in which `key` holds this; `undefined`: nothing. */
async function storeWith(value: string | undefined): Promise<FakeStore> {
  const store = fakeStore();
  if (value !== undefined) await store.commit([{ op: 'put', key, value }]);
  return store;
}

/** The operation on which the commit failed; `undefined`: it was written. */
async function failedOn(unit: UnitOfWork): Promise<Op['op'] | undefined> {
  try {
    await unit.commit();
    return undefined;
  } catch (error) {
    if (error instanceof Conflict) return error.failed.op;
    throw error;
  }
}

describe('one write, and a faster request', () => {
  const write = {
    create: (unit) => unit.create(key, { value: 'mine' }),
    put: (unit) => unit.put(key, { value: 'mine' }),
    update: (unit) => unit.update(key, { value: 'mine' }),
    replace: (unit) => unit.replace(key, { value: 'mine' }),
    merge: (unit) => unit.merge(key, adding('+')),
    take: (unit) => unit.take(key),
    consume: (unit) => unit.consume(key),
    delete: (unit) => unit.delete(key),
    check: (unit) => unit.add({ op: 'check', key, version: 1 }),
  } satisfies Record<string, (unit: UnitOfWork) => void>;
  const theirs = {
    nothing: [],
    write: [{ op: 'put', key, value: 'theirs' }],
    delete: [{ op: 'delete', key }],
    consume: [{ op: 'consume', key }],
  } satisfies Record<string, Op[]>;

  /** Before, what this request does, what the faster one did, where this one fails, what is there afterwards. */
  test.each<[string | undefined, keyof typeof write, keyof typeof theirs, Op['op'] | undefined, string | undefined]>([
    [undefined, 'create', 'nothing', undefined, 'mine'],
    [undefined, 'create', 'write', 'create', 'theirs'],
    ['old', 'create', 'delete', undefined, 'mine'],
    ['old', 'put', 'nothing', undefined, 'mine'],
    ['old', 'put', 'write', undefined, 'mine'],
    ['old', 'put', 'delete', undefined, 'mine'],
    ['old', 'update', 'nothing', undefined, 'mine'],
    ['old', 'update', 'write', undefined, 'mine'],
    ['old', 'update', 'delete', 'update', undefined],
    [undefined, 'update', 'nothing', 'update', undefined],
    ['old', 'replace', 'nothing', undefined, 'mine'],
    ['old', 'replace', 'write', 'replace', 'theirs'],
    ['old', 'replace', 'delete', 'replace', undefined],
    ['old', 'merge', 'nothing', undefined, 'old+'],
    ['old', 'merge', 'write', undefined, 'theirs+'],
    ['old', 'merge', 'delete', undefined, '+'],
    [undefined, 'merge', 'nothing', undefined, '+'],
    [undefined, 'merge', 'write', undefined, 'theirs+'],
    ['old', 'take', 'nothing', undefined, undefined],
    ['old', 'take', 'write', undefined, undefined],
    ['old', 'take', 'delete', 'take', undefined],
    ['old', 'consume', 'nothing', undefined, 'old'],
    ['old', 'consume', 'consume', 'consume', 'old'],
    ['old', 'consume', 'delete', 'consume', undefined],
    ['old', 'delete', 'nothing', undefined, undefined],
    ['old', 'delete', 'delete', undefined, undefined],
    ['old', 'check', 'nothing', undefined, 'old'],
    ['old', 'check', 'write', 'check', 'theirs'],
  ])('%s, %s, faster: %s', async (before, mine, faster, failed, after) => {
    const store = await storeWith(before);
    const unit = new UnitOfWork(store);
    await unit.load([key]);
    write[mine](unit);
    store.beforeNextCommit(() => store.commit(theirs[faster]));
    expect(await failedOn(unit)).toBe(failed);
    expect(await loadedValue(store)).toBe(after);
  });

  test('an entry that was not read cannot be replaced', async () => {
    const unit = new UnitOfWork(await storeWith('old'));
    expect(() => unit.replace(key, { value: 'mine' })).toThrow(TypeError);
    await unit.load([other]);
    expect(() => unit.replace(other, { value: 'mine' })).toThrow(/thing:\{b\}/);
  });

  test('the error of a lost race names what failed', async () => {
    expect(new Conflict({ op: 'take', key }).message).toBe('lost a race: take thing:{a}');
    expect(new Conflict({ op: 'reset', counter: 'c' })).toMatchObject({
      name: 'Conflict',
      message: 'lost a race: reset c',
    });
  });
});

describe('several writes of one entry', () => {
  const set = (op: 'create' | 'put' | 'update' | 'replace', value: string) => (unit: UnitOfWork) =>
    unit[op](key, { value });

  /** Before, the writes in order, the one batch that goes to the store, what the request sees meanwhile. */
  test.each<
    [string, string | undefined, readonly ((unit: UnitOfWork) => void)[], readonly Partial<Op>[], string | undefined]
  >([
    ['the later put replaces the value', 'old', [set('put', 'a'), set('put', 'b')], [{ op: 'put', value: 'b' }], 'b'],
    [
      'the condition of the first one stays',
      undefined,
      [set('create', 'a'), set('put', 'b')],
      [{ op: 'create', value: 'b' }],
      'b',
    ],
    [
      'a second replace compares with what was read',
      'old',
      [set('replace', 'a'), set('replace', 'b')],
      [{ op: 'replace', version: 1, value: 'b' }],
      'b',
    ],
    ['what is deleted is not written', 'old', [set('put', 'a'), (u) => u.delete(key)], [{ op: 'delete' }], undefined],
    ['what is taken is not written', 'old', [set('put', 'a'), (u) => u.take(key)], [{ op: 'take' }], undefined],
    [
      'a delete takes no other operation on the entry back',
      'old',
      [(u) => u.consume(key), (u) => u.add({ op: 'check', key }), (u) => u.delete(key)],
      [{ op: 'consume' }, { op: 'check' }, { op: 'delete' }],
      undefined,
    ],
    [
      'what is written after a delete is there',
      'old',
      [(u) => u.delete(key), set('put', 'a')],
      [{ op: 'delete' }, { op: 'put', value: 'a' }],
      'a',
    ],
    [
      'a merge takes a delete back',
      'old',
      [(u) => u.delete(key), (u) => u.merge(key, adding('+'))],
      [{ op: 'replace', version: 1, value: 'old+' }],
      'old+',
    ],
    [
      'a merge takes nothing but a delete back',
      'old',
      [(u) => u.add({ op: 'check', key }), (u) => u.merge(key, adding('+'))],
      [{ op: 'check' }, { op: 'replace', version: 1, value: 'old+' }],
      'old+',
    ],
    [
      'a delete takes merges back',
      'old',
      [(u) => u.merge(key, adding('+')), (u) => u.delete(key)],
      [{ op: 'delete' }],
      undefined,
    ],
    [
      'merges follow one another',
      'old',
      [(u) => u.merge(key, adding('1')), (u) => u.merge(key, adding('2'))],
      [{ op: 'replace', version: 1, value: 'old12' }],
      'old12',
    ],
    [
      'a merge that changes nothing leaves the one before',
      'old',
      [(u) => u.merge(key, adding('1')), (u) => u.merge(key, () => undefined)],
      [{ op: 'replace', version: 1, value: 'old1' }],
      'old1',
    ],
    ['a merge that changes nothing writes nothing', 'old', [(u) => u.merge(key, () => undefined)], [], 'old'],
    [
      'a line of a log is no write of an entry',
      'old',
      [
        (u) => u.add({ op: 'append', key, value: 'line', keep: 9 }),
        set('put', 'a'),
        (u) => u.add({ op: 'append', key, value: 'line 2', keep: 9 }),
        (u) => u.delete(key),
      ],
      [{ op: 'append', value: 'line' }, { op: 'append', value: 'line 2' }, { op: 'delete' }],
      undefined,
    ],
    [
      'a delete of one entry leaves the writes and the delete of another',
      'old',
      [
        (u) => u.delete(other),
        (u) => u.put(other, { value: 'a' }),
        (u) => u.delete(key),
        (u) => u.merge(key, adding('+')),
      ],
      [
        { op: 'delete', key: other },
        { op: 'put', key: other, value: 'a' },
        { op: 'replace', key, value: 'old+' },
      ],
      'old+',
    ],
  ])('%s', async (_what, before, writes, ops, seen) => {
    const store = await storeWith(before);
    const unit = new UnitOfWork(store);
    await unit.load([key]);
    for (const write of writes) write(unit);
    expect((await unit.get(key))?.value).toBe(seen);
    await unit.commit();
    expect(store.commits.slice(before === undefined ? 0 : 1).flat()).toMatchObject(ops);
    expect(store.commits.flat()).toHaveLength(ops.length + (before === undefined ? 0 : 1));
  });

  test('ttl and references are those of the last write', async () => {
    const store = fakeStore();
    const unit = new UnitOfWork(store);
    unit.put(key, { value: 'a', ttl: 10, refs: ['x:{x}'] });
    unit.put(key, { value: 'b', ttl: 20 });
    unit.merge(other, () => ({ value: 'c', ttl: 30, refs: [key] }));
    await unit.commit();
    expect(store.commits).toEqual([
      [
        { op: 'put', key, value: 'b', ttl: 20, refs: undefined },
        { op: 'create', key: other, value: 'c', ttl: 30, refs: [key] },
      ],
    ]);
  });

  test('its own writes are visible as the store will keep them', async () => {
    const store = await storeWith('old');
    await store.commit([{ op: 'consume', key }]);
    const unit = new UnitOfWork(store);
    await unit.load([key]);
    unit.put(key, { value: 'mine', refs: [other] });
    expect(unit.peek(key)).toEqual({ value: 'mine', version: 3, refs: [other], consumed: 1 });
    unit.merge(key, adding('+'));
    expect(unit.peek(key)).toMatchObject({ value: 'old+', version: 3 });
    unit.put(other, { value: 'new' });
    expect(unit.peek(other)).toEqual({ value: 'new', version: 1, refs: [] });
    unit.merge('thing:{c}', adding('+'));
    expect(unit.peek('thing:{c}')).toEqual({ value: '+', version: 1, refs: [] });
    unit.merge('thing:{c}', () => ({ value: '++', refs: [key] }));
    expect(unit.peek('thing:{c}')).toEqual({ value: '++', version: 1, refs: [key] });
    expect(unit.stored(key)).toMatchObject({ value: 'old', version: 2 });
  });
});

describe('reading', () => {
  test('each entry is asked for once, with those that come along', async () => {
    const store = await storeWith('old');
    await store.commit([{ op: 'put', key: other, value: 'b', refs: [key] }]);
    const unit = new UnitOfWork(store, ['pointer:{p}']);
    expect((await unit.load([other])).entries.get(key)?.value).toBe('old');
    await unit.load([other, key, key]);
    await unit.get(key);
    await unit.load(['thing:{none}', 'thing:{none}', key]);
    await unit.load(['thing:{none}']);
    expect(store.loads).toEqual([[other, 'pointer:{p}'], ['thing:{none}']]);
    expect(unit.peek('thing:{none}')).toBeUndefined();
    expect(unit.peek(key)?.value).toBe('old');
  });

  test('parallel calls for one entry share one round trip', async () => {
    const store = await storeWith('old');
    const unit = new UnitOfWork(store);
    const found = await Promise.all([unit.get(key), unit.get(key), unit.get(other)]);
    expect(found.map((entry) => entry?.value)).toEqual(['old', 'old', undefined]);
    expect(store.loads).toEqual([[key], [other]]);
  });

  test('an attempt is reserved although everything is known', async () => {
    const store = await storeWith('old');
    const unit = new UnitOfWork(store);
    await unit.load([key]);
    const loaded = await unit.load([key], {
      reserve: { of: key, name: 'password', limits: [{ limit: 3, window: 60 }] },
    });
    expect(loaded).toMatchObject({ counter: `${key}:password`, reservation: { granted: true, remaining: 2 } });
    expect(loaded.entries.get(key)?.value).toBe('old');
  });

  test('reading the request’s own writes needs no load', async () => {
    const store = await storeWith('old');
    const unit = new UnitOfWork(store, ['pointer:{p}']);
    unit.put(key, { value: 'mine' });
    expect((await unit.get(key))?.value).toBe('mine');
    expect(store.loads).toEqual([]);
  });

  test('a later load brings nothing over what the request wrote', async () => {
    const store = await storeWith('old');
    await store.commit([{ op: 'put', key: other, value: 'b', refs: [key] }]);
    const unit = new UnitOfWork(store);
    unit.put(key, { value: 'mine' });
    await unit.load([other]);
    expect((await unit.get(key))?.value).toBe('mine');
    expect(unit.stored(key)).toBeUndefined();
  });
});

describe('the commit', () => {
  test('runs its callbacks once: those due before it, and those that are true only after it', async () => {
    const store = fakeStore();
    const unit = new UnitOfWork(store);
    const order: string[] = [];
    unit.beforeCommit(() => {
      order.push(`before ${store.commits.length}`);
      unit.put(key, { value: 'late' });
    });
    unit.afterCommit(() => void order.push(`after ${store.commits.length}`));
    await unit.commit();
    await unit.commit();
    expect(order).toEqual(['before 0', 'after 1']);
    expect(await loadedValue(store)).toBe('late');
  });

  test('of nothing asks nothing of the store, and has happened', async () => {
    const store = fakeStore();
    const unit = new UnitOfWork(store);
    let written = 0;
    unit.afterCommit(() => {
      written += 1;
    });
    await unit.commit();
    expect([written, store.commits.length]).toEqual([1, 0]);
  });

  test('writes nothing twice', async () => {
    const store = fakeStore();
    const unit = new UnitOfWork(store);
    unit.create(key, { value: 'a' });
    unit.merge(other, adding('+'));
    await unit.commit();
    await unit.commit();
    expect(store.commits).toHaveLength(1);
  });

  test('that is lost has not happened, and leaves nothing for another one', async () => {
    const store = await storeWith('theirs');
    const unit = new UnitOfWork(store);
    let written = 0;
    unit.afterCommit(() => {
      written += 1;
    });
    unit.create(key, { value: 'mine' });
    unit.put(other, { value: 'mine' });
    unit.merge('thing:{c}', adding('+'));
    expect(await failedOn(unit)).toBe('create');
    expect([written, await loadedValue(store, other)]).toEqual([0, undefined]);
    await unit.commit();
    expect(await loadedValue(store, other)).toBeUndefined();
    expect(await loadedValue(store, 'thing:{c}')).toBeUndefined();
  });

  test('answers the loser of a consume with its own error', async () => {
    const store = await storeWith('code');
    const unit = new UnitOfWork(store);
    const lost = new Error('already used');
    let asked = 0;
    unit.consume(key, async () => {
      asked += 1;
      return lost;
    });
    unit.merge(other, adding('+'));
    store.beforeNextCommit(() => store.commit([{ op: 'consume', key }]));
    await expect(unit.commit()).rejects.toBe(lost);
    expect(asked).toBe(1);
  });

  test('does not ask the winner of a consume', async () => {
    const store = await storeWith('code');
    const unit = new UnitOfWork(store);
    unit.consume(key, () => Promise.reject(new Error('not asked')));
    await unit.commit();
    expect((await store.load([key])).entries.get(key)?.consumed).toBe(1);
  });

  test('runs each merge once, and again only where another request was faster', async () => {
    const store = await storeWith('old');
    const unit = new UnitOfWork(store);
    await unit.load([key, other]);
    const ran: string[] = [];
    const noting =
      (letter: string): Merge =>
      (current) => {
        ran.push(letter);
        return { value: `${current ?? ''}${letter}` };
      };
    for (const letter of ['1', '2', '3']) unit.merge(key, noting(letter));
    unit.merge(other, noting('4'));
    await store.commit([{ op: 'put', key: other, value: 'theirs' }]);
    expect(ran).toEqual(['1', '2', '3', '4']);
    await unit.commit();
    expect(ran.slice(4).toSorted()).toEqual(['1', '2', '3', '4']);
    expect([await loadedValue(store), await loadedValue(store, other)]).toEqual(['old123', 'theirs4']);
  });

  test('merges again on what each faster request wrote', async () => {
    const store = await storeWith('old');
    const unit = new UnitOfWork(store);
    await unit.load([key]);
    unit.merge(key, adding('+'));
    unit.add({ op: 'append', key: 'log:{l}', value: 'line', keep: 9 });
    store.beforeNextCommit(() => store.commit([{ op: 'put', key, value: '1' }]));
    await unit.commit();
    expect(await loadedValue(store)).toBe('1+');
    expect(store.lines('log:{l}')).toEqual(['line']);
  });

  test('gives up at once where what failed is no merge', async () => {
    const store = await storeWith('theirs');
    const unit = new UnitOfWork(store);
    unit.create(key, { value: 'mine' });
    unit.merge(other, adding('+'));
    const { length } = store.commits;
    expect(await failedOn(unit)).toBe('create');
    expect(store.commits).toHaveLength(length + 1);
  });

  describe('and cannot continue from there', () => {
    /** The error that a commit ends with when the entry is not what the merge wants. */
    async function lostOn(lost?: () => Promise<Error>): Promise<unknown> {
      const store = await storeWith('old');
      const unit = new UnitOfWork(store);
      await unit.load([key]);
      const onlyOld = (value: string | undefined) => {
        if (value === 'old') return { value: 'new' };
        throw new Conflict({ op: 'check', key });
      };
      unit.merge(key, onlyOld, lost);
      unit.put(other, { value: 'written' });
      store.beforeNextCommit(() => store.commit([{ op: 'put', key, value: 'theirs' }]));
      const error = await unit.commit().catch((cause: unknown) => cause);
      expect([await loadedValue(store), await loadedValue(store, other)]).toEqual(['theirs', undefined]);
      await unit.commit();
      expect(await loadedValue(store, other)).toBeUndefined();
      return error;
    }

    test('it says who answers, and writes nothing', async () => {
      const answer = new Error('already used');
      expect(await lostOn(async () => answer)).toBe(answer);
    });

    test('it ends in the conflict where nothing else answers', async () => {
      expect(await lostOn()).toBeInstanceOf(Conflict);
    });
  });

  test('an error of a merge that is no conflict comes through', async () => {
    const unit = new UnitOfWork(await storeWith('old'));
    let runs = 0;
    unit.merge(key, () => {
      runs += 1;
      if (runs > 1) throw new RangeError('broken');
      return { value: 'new' };
    });
    await expect(unit.commit()).rejects.toThrow(RangeError);
  });

  test('gives up when it loses 64 times in a row', async () => {
    const store = await storeWith('0');
    let rounds = 0;
    const losing = {
      ...store,
      commit: async (ops: readonly Op[]) => {
        rounds += 1;
        await store.commit([{ op: 'put', key, value: String(rounds) }]);
        return store.commit(ops);
      },
    };
    const unlucky = new UnitOfWork(losing);
    await unlucky.load([key]);
    unlucky.merge(key, adding('+'), async () => new Error('not asked: it could go on'));
    expect(await failedOn(unlucky)).toBe('replace');
    expect(rounds).toBe(64);
  });
});

describe('on a cluster, where a batch can stop between two slots', () => {
  test('applied writes are not repeated', async () => {
    const store = await storeWith('old');
    const unit = new UnitOfWork(slotted(store));
    await unit.load([key, other]);
    unit.add({ op: 'append', key: 'log:{l}', value: 'line', keep: 9 });
    unit.merge(other, adding('+'));
    unit.merge(key, adding('+'));
    store.beforeNextCommit(() => store.commit([{ op: 'put', key, value: 'theirs' }]));
    await unit.commit();
    expect(store.lines('log:{l}')).toEqual(['line']);
    expect(await loadedValue(store, other)).toBe('+');
    expect(await loadedValue(store)).toBe('theirs+');
  });

  test('a value that it consumed itself is no lost race', async () => {
    const store = await storeWith('old');
    await store.commit([{ op: 'put', key: 'code:{c}', value: 'code' }]);
    const unit = new UnitOfWork(slotted(store));
    await unit.load([key]);
    unit.merge(key, adding('+'));
    unit.consume('code:{c}', async () => new Error('already used'));
    store.beforeNextCommit(() => store.commit([{ op: 'put', key, value: 'theirs' }]));
    await unit.commit();
    expect(await loadedValue(store)).toBe('theirs+');
  });
});
