/** Values that no two accounts have: reserved and freed in the commit of the profile; the first commit wins. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { attributeSchemaOf } from '../../../../src/policy/schema/fields/attributes.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { attributeReservationKey, identifierKey, userKey } from '../../../../src/stores/keys.ts';
import type { Store } from '../../../../src/stores/store.ts';
import { Conflict, UnitOfWork } from '../../../../src/stores/unit-of-work.ts';
import { Directory } from '../../../../src/users/directory/directory.ts';
import type { Profile } from '../../../../src/users/record/user.ts';
import { moveUniqueValues, uniqueValueChange } from '../../../../src/users/reservations/attribute-reservations.ts';
import { recordingStore } from '../../../support/stores/recording-store.ts';

const schema = attributeSchemaOf({
  badge: { unique: true, identifies: true },
  plate: { unique: true, write: 'user' },
  email: { unique: true },
});
const now = 1_800_000_000;
let store: Store;
let directory: Directory;

beforeEach(() => {
  store = recordingStore(openEmbedded({ file: ':memory:' }));
  directory = new Directory(store, () => now);
});
afterEach(() => store.close());

async function create(name: string, profile: Profile) {
  const identifiers = [name, ...(typeof profile.badge === 'string' ? [profile.badge] : [])];
  return directory.create({ identifiers, profile, schema });
}

async function created(name: string, profile: Profile): Promise<string> {
  const outcome = await create(name, profile);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome));
  return outcome.user.id;
}

async function isReserved(key: string): Promise<boolean> {
  const { entries } = await store.load([key]);
  return entries.get(key) !== undefined;
}
const plate = (value: string) => attributeReservationKey('plate', value);

describe('a new user', () => {
  test('gets a value that no other has, in whatever capitals', async () => {
    await created('ann', { plate: 'W-1' });
    expect(await create('bob', { plate: 'w-1' })).toEqual({ ok: false, code: 'value_taken', attribute: 'plate' });
    expect(await directory.findByIdentifier('bob')).toBeUndefined();
    expect((await create('bob', { plate: 'W-2' })).ok).toBe(true);
  });

  test('of several at once, one gets it, and the others nothing', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcomes = await Promise.all(names.map((name) => create(name, { plate: 'W-1' })));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.code === 'value_taken')).toHaveLength(4);
    const found = await Promise.all(names.map((name) => directory.findByIdentifier(name)));
    expect(found.filter((account) => account !== undefined)).toHaveLength(1);
  });
});

describe('an address that only one account may have', () => {
  const email = 'owner@own.test';

  test('is taken by its proof, and not by a stranger who only types it', async () => {
    const stranger = await created('stranger', { email, emailVerified: false });
    expect(await isReserved(attributeReservationKey('email', email))).toBe(false);
    await created('owner', { email, emailVerified: true });
    expect(await isReserved(attributeReservationKey('email', email))).toBe(true);
    const proved = () => ({ profile: { email, emailVerified: true }, schema });
    expect(await directory.amend(stranger, proved)).toEqual({ ok: false, code: 'value_taken', attribute: 'email' });
  });

  test('is taken by no reservation of a stranger from before', async () => {
    const stranger = await created('stranger', { email, emailVerified: false });
    const value = JSON.stringify({ user: stranger, at: now - 3600 });
    await store.commit([
      { op: 'create', key: attributeReservationKey('email', email), value, refs: [userKey(stranger)] },
    ]);
    await created('owner', { email, emailVerified: true });
  });
});

describe('a change', () => {
  test('claims the new value, and frees the old one and its identifiers', async () => {
    const ann = await created('ann', { badge: 'B-1', plate: 'W-1' });
    const bob = await created('bob', {});
    const change =
      (profile: Profile, addIdentifiers: readonly string[] = []) =>
      () => ({ profile, addIdentifiers, schema });
    expect(await directory.amend(bob, change({ plate: 'W-1' }))).toMatchObject({ code: 'value_taken' });
    const changed = await directory.amend(ann, change({ badge: 'B-2', plate: 'W-2' }, ['B-2']));
    expect(changed).toMatchObject({ ok: true, user: { identifiers: ['ann', 'b-2'] } });
    expect(await directory.findByIdentifier('B-1')).toBeUndefined();
    expect(await isReserved(identifierKey('b-1'))).toBe(false);
    expect(await isReserved(plate('w-1'))).toBe(false);
    expect(await directory.amend(bob, change({ badge: 'B-1', plate: 'W-1' }, ['B-1']))).toMatchObject({ ok: true });
  });

  test('keeps an identifier that the user is given besides', async () => {
    const ann = await created('ann', { badge: 'B-1' });
    const amended = await directory.amend(ann, () => ({ profile: {}, addIdentifiers: ['b-1'], schema }));
    expect(amended).toMatchObject({ user: { identifiers: ['ann', 'b-1'] } });
  });

  test('in other capitals changes no reservation', async () => {
    const ann = await created('ann', { plate: 'W-1' });
    expect(uniqueValueChange(schema, { plate: 'W-1' }, { plate: 'w-1' })).toEqual({ reserved: [], freed: [] });
    expect(await directory.amend(ann, () => ({ profile: { plate: 'w-1' }, schema }))).toMatchObject({ ok: true });
    expect(await isReserved(plate('w-1'))).toBe(true);
  });
});

describe('in a unit of work', () => {
  async function move(unit: UnitOfWork, user: string, before: Profile, after: Profile) {
    return moveUniqueValues(unit, uniqueValueChange(schema, before, after), { user, now });
  }

  test('a value is freed with the commit that claims another', async () => {
    const ann = await created('ann', { plate: 'W-1' });
    const unit = new UnitOfWork(store);
    expect(await move(unit, ann, { plate: 'W-1' }, { plate: 'W-2' })).toBeUndefined();
    expect(await isReserved(plate('w-1'))).toBe(true);
    await unit.commit();
    expect([await isReserved(plate('w-1')), await isReserved(plate('w-2'))]).toEqual([false, true]);
  });

  test('a value of another user changes nothing', async () => {
    const ann = await created('ann', { plate: 'W-1' });
    await created('bob', { plate: 'W-2' });
    const unit = new UnitOfWork(store);
    expect(await move(unit, ann, { plate: 'W-1' }, { plate: 'W-2' })).toMatchObject({ attribute: 'plate' });
    await unit.commit();
    expect(await isReserved(plate('w-1'))).toBe(true);
  });

  test('of two commits for one value one fails', async () => {
    const units = [new UnitOfWork(store), new UnitOfWork(store)];
    const users = [await created('ann', {}), await created('bob', {})];
    for (const [at, unit] of units.entries())
      expect(await move(unit, users[at] ?? '', {}, { plate: 'W-1' })).toBeUndefined();
    await units[0]?.commit();
    await expect(units[1]?.commit()).rejects.toThrow(Conflict);
  });

  test('a reservation of another user is not freed with a value that became unique later', async () => {
    await created('ann', { plate: 'W-1' });
    const unit = new UnitOfWork(store);
    await move(unit, 'bob', { plate: 'W-1' }, {});
    await unit.commit();
    expect(await isReserved(plate('w-1'))).toBe(true);
  });
});

test('a user who is deleted gives up identifiers and values at once', async () => {
  const ann = await created('ann', { badge: 'B-1', plate: 'W-1' });
  expect(await directory.delete(ann, undefined, { schema })).toBe(true);
  const keys = [plate('w-1'), attributeReservationKey('badge', 'b-1'), identifierKey('b-1'), identifierKey('ann')];
  expect(await Promise.all(keys.map(isReserved))).toEqual([false, false, false, false]);
  expect((await create('bob', { badge: 'B-1', plate: 'W-1' })).ok).toBe(true);
});
