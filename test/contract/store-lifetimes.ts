/** The part of the store contract about lifetimes. */
import { beforeAll, expect, test } from '@jest/globals';
import { type Op, type Store, storeKey } from '../../src/stores/store.ts';
import { freshTag, membersOf, read, type StoreHarness, valuesOf, write } from './store-harness.ts';

/** A lifetime (seconds) that is longer than any test, and a time after which it is certainly over. */
const short = 60;
const after = 61;
const long = 1_000;

/** An entry that has expired is as absent as one that never existed. */
export function lifetimesContract(harness: () => StoreHarness): void {
  let store: Store;
  beforeAll(() => {
    store = harness().open();
  });

  test('an expired entry is absent for every operation', async () => {
    const tag = freshTag();
    const key = (rest: string) => storeKey('entry', tag, rest);
    const names = ['load', 'create', 'replace', 'update', 'take', 'consume', 'check', 'put'];
    await write(store, ...names.map((name): Op => ({ op: 'create', key: key(name), value: 'old', ttl: short })));
    await write(store, { op: 'consume', key: key('put') }, { op: 'consume', key: key('create') });
    await harness().pass(after);
    expect(await read(store, key('load'))).toBeUndefined();
    const refused: readonly Op[] = [
      { op: 'replace', key: key('replace'), version: 1, value: 'new' },
      { op: 'update', key: key('update'), value: 'new' },
      { op: 'take', key: key('take') },
      { op: 'consume', key: key('consume') },
      { op: 'check', key: key('check') },
    ];
    for (const op of refused) expect(await store.commit([op])).toEqual({ ok: false, failed: op, applied: [] });
    await write(
      store,
      { op: 'create', key: key('create'), value: 'new' },
      { op: 'put', key: key('put'), value: 'new' },
    );
    expect(await read(store, key('create'))).toEqual({ value: 'new', version: 1, refs: [] });
    expect(await read(store, key('put'))).toEqual({ value: 'new', version: 1, refs: [] });
  });

  test('each write of an entry replaces its ttl; consume and check keep it', async () => {
    const tag = freshTag();
    const key = (rest: string) => storeKey('entry', tag, rest);
    for (const name of ['stays', 'longer', 'replaced', 'consumed']) {
      await write(store, { op: 'create', key: key(name), value: name, ttl: short });
    }
    for (const name of ['shorter', 'updated'])
      await write(store, { op: 'create', key: key(name), value: name, ttl: long });
    await write(store, { op: 'create', key: key('limited'), value: 'limited' });
    await write(
      store,
      { op: 'put', key: key('stays'), value: 'stays' },
      { op: 'update', key: key('longer'), value: 'longer', ttl: long },
      { op: 'replace', key: key('replaced'), version: 1, value: 'replaced', ttl: long },
      { op: 'consume', key: key('consumed') },
      { op: 'check', key: key('consumed') },
      { op: 'put', key: key('shorter'), value: 'shorter', ttl: short },
      { op: 'update', key: key('updated'), value: 'updated', ttl: short },
      { op: 'put', key: key('limited'), value: 'limited', ttl: short },
    );
    await harness().pass(after);
    const names = ['stays', 'longer', 'replaced', 'consumed', 'shorter', 'updated', 'limited'];
    expect(valuesOf(await store.load(names.map(key)))).toEqual({
      [key('stays')]: 'stays',
      [key('longer')]: 'longer',
      [key('replaced')]: 'replaced',
      [key('consumed')]: undefined,
      [key('shorter')]: undefined,
      [key('updated')]: undefined,
      [key('limited')]: undefined,
    });
  });

  test('an entry with a ttl of 0 is gone at once', async () => {
    const key = storeKey('entry', freshTag());
    await write(store, { op: 'put', key, value: 'a', ttl: 0 });
    expect(await read(store, key)).toBeUndefined();
  });

  test('a reference to an expired entry leads nowhere', async () => {
    const tag = freshTag();
    const [from, to] = [storeKey('from', tag), storeKey('to', tag)];
    await write(
      store,
      { op: 'put', key: to, value: 'to', ttl: short },
      { op: 'put', key: from, value: 'from', refs: [to] },
    );
    await harness().pass(after);
    expect(valuesOf(await store.load([from]))).toEqual({ [from]: 'from', [to]: undefined });
  });

  test('a ttl only ever lengthens the life of a set', async () => {
    const tag = freshTag();
    const key = (rest: string) => storeKey('set', tag, rest);
    const join = (name: string, member: string, ttl?: number): Op => ({
      op: 'join',
      key: key(name),
      member,
      ...(ttl === undefined ? {} : { ttl }),
    });
    await write(store, join('short', 'a', short), join('lengthened', 'a', short), join('kept', 'a', long));
    await write(store, join('for ever', 'a'), join('freed', 'a', short), join('emptied', 'a'));
    await write(
      store,
      join('lengthened', 'b', long),
      join('kept', 'b', short),
      join('for ever', 'b', short),
      join('freed', 'b'),
    );
    await write(store, { op: 'leave', key: key('emptied'), member: 'a' }, join('emptied', 'b', short));
    await harness().pass(after);
    expect(await membersOf(store, key('short'))).toEqual([]);
    expect(await membersOf(store, key('emptied'))).toEqual([]);
    for (const name of ['lengthened', 'kept', 'for ever', 'freed'])
      expect(await membersOf(store, key(name))).toEqual(['a', 'b']);
    await write(store, join('short', 'b', long));
    expect(await membersOf(store, key('short'))).toEqual(['b']);
  });
}
