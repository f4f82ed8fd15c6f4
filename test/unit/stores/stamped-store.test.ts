/** Stamps: what belongs to which epoch, and what a request that began before one may still write. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StoreUnavailable } from '../../../src/errors.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import {
  keyringKey,
  outboxMessageKey,
  ssoSessionKey,
  storeStateKey,
  usedBrowserKey,
  userKey,
} from '../../../src/stores/keys.ts';
import { releaseSchema } from '../../../src/stores/schema.ts';
import { readStamp, withStamp } from '../../../src/stores/stamp.ts';
import type { Store } from '../../../src/stores/store.ts';
import { assertUsable, beginEpoch, createState, parseState, readState } from '../../../src/stores/store-state.ts';
import { UnitOfWork } from '../../../src/stores/unit-of-work.ts';

let store: Store;
beforeEach(async () => {
  store = openEmbedded({ file: ':memory:' });
  await createState(store, releaseSchema);
});
afterEach(() => store.close());

const session = ssoSessionKey('s');
const device = usedBrowserKey('d');
const at = async (key: string) => (await store.load([key])).entries.get(key);

describe('a new epoch', () => {
  test('voids what expires, and leaves what lasts or is kept', async () => {
    await store.commit([
      { op: 'put', key: session, value: 'session', ttl: 60 },
      { op: 'put', key: userKey('u'), value: 'user' },
      { op: 'put', key: outboxMessageKey('m'), value: 'message', ttl: 60 },
    ]);
    const began = await beginEpoch(store, 5_000_500);
    expect(await at(session)).toBeUndefined();
    expect(await at(userKey('u'))).toMatchObject({ value: 'user', epoch: 5_000 });
    expect((await at(outboxMessageKey('m')))?.value).toBe('message');
    expect(began).toBe(5_000);
  });

  test('is greater than the one before, also where the clock was set back', async () => {
    await beginEpoch(store, 5_000_000);
    await beginEpoch(store, 1);
    expect((await readState(store)).state.epoch).toBe(5_000_001);
  });

  test('what a request that began before it writes stays in its own epoch', async () => {
    const unit = new UnitOfWork(store);
    await unit.load([keyringKey]);
    await beginEpoch(store, 5_000_000);
    unit.put(session, { value: 'late', ttl: 60 });
    await unit.commit();
    expect(await at(session)).toBeUndefined();
    const next = new UnitOfWork(store);
    await next.load([keyringKey]);
    next.put(session, { value: 'new', ttl: 60 });
    await next.commit();
    expect((await at(session))?.value).toBe('new');
    expect([unit.epoch, next.epoch]).toEqual([0, 5_000]);
  });

  test('a void entry does not prevent a new one under the same key', async () => {
    await store.commit([{ op: 'put', key: device, value: 'old', ttl: 180 * 86_400 }]);
    await beginEpoch(store, 5_000_000);
    const unit = new UnitOfWork(store);
    await unit.load([device]);
    unit.merge(device, (current) => ({ value: `${current ?? 'nothing'} and new`, ttl: 180 * 86_400 }));
    await unit.commit();
    expect(await at(device)).toMatchObject({ value: 'nothing and new', version: 1 });
  });
});

test('a store that lost its state is refused as soon as something of it is read', async () => {
  await store.commit([{ op: 'put', key: userKey('u'), value: 'user' }]);
  await store.commit([{ op: 'delete', key: storeStateKey }]);
  await expect(store.load([userKey('u')])).rejects.toThrow(/the state of the store is gone/);
});

test('the first state stays', async () => {
  await beginEpoch(store, 5_000_000);
  await createState(store, releaseSchema);
  expect((await readState(store)).state.epoch).toBe(5_000_000);
});

describe('the state', () => {
  const third = { ...releaseSchema, version: 3 };
  const refusedBy = (state: object): unknown => {
    try {
      assertUsable({ schema: 3, epoch: 1, ...state }, third);
      return undefined;
    } catch (error) {
      return error instanceof StoreUnavailable && error.message;
    }
  };

  test.each<[string, object, string | undefined]>([
    ['of this version', {}, undefined],
    ['of this version, half rewritten', { rewriting: true }, undefined],
    ['of the version before', { schema: 2 }, undefined],
    ['of a newer version', { schema: 4 }, 'a newer release has finished its upgrade'],
    ['of a version that is too old', { schema: 1 }, 'run the release of version 2 first'],
    ['of the version before, half rewritten', { schema: 2, rewriting: true }, 'run the release of version 2 first'],
    ['of a restore that was not finished', { restoring: true }, 'a restore of this store was not finished'],
  ])('%s', (_, state, sentence) => {
    if (sentence === undefined) expect(refusedBy(state)).toBeUndefined();
    else expect(refusedBy(state)).toContain(sentence);
  });

  test.each(['', '{}', '{"schema":1}', '{"schema":1,"epoch":0}', '{"schema":"1","epoch":1}', '[]'])(
    'that is damaged is refused: %j',
    (text) => expect(() => parseState(text)).toThrow(StoreUnavailable),
  );
});

test.each([
  [withStamp({ version: 1, epoch: 1, text: '{}' }), { version: 1, epoch: 1, text: '{}' }],
  [
    withStamp({ version: 12, epoch: 1_790_000_000_000, text: 'a:b' }),
    { version: 12, epoch: 1_790_000_000_000, text: 'a:b' },
  ],
  ['{"a":1}', undefined],
  ['1:x', undefined],
  ['', undefined],
])('the stamp of %j', (value, expected) => {
  expect(readStamp(value)).toEqual(expected);
});
