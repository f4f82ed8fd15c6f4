import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { NewCredential } from '../../../../src/authenticators/authenticator.ts';
import { openEmbedded } from '../../../../src/stores/embedded/embedded.ts';
import { attemptCounter, credentialsKey, groupNamesKey, identifierKey, userKey } from '../../../../src/stores/keys.ts';
import type { Store } from '../../../../src/stores/store.ts';
import type { NewUser } from '../../../../src/users/directory/changes.ts';
import { Directory } from '../../../../src/users/directory/directory.ts';
import { listUsers } from '../../../../src/users/directory/list-users.ts';
import { groupsWithMembers } from '../../../../src/users/directory/member-groups.ts';
import { groupNames } from '../../../../src/users/record/group-names.ts';
import { serializeUser, type User } from '../../../../src/users/record/user.ts';
import { slotted } from '../../../support/stores/cluster-like-store.ts';
import { recordingStore } from '../../../support/stores/recording-store.ts';

let store: Store;
let now: number;
let directory: Directory;

beforeEach(() => {
  store = recordingStore(openEmbedded({ file: ':memory:' }));
  now = 1_800_000_000;
  directory = new Directory(store, () => now);
});

afterEach(() => store.close());

function credential(authenticator: string, mark = 'x'): NewCredential {
  return { authenticator, factors: ['knowledge'], characteristics: [], secret: { hash: mark } };
}

async function create(input: NewUser, where = directory): Promise<User> {
  const outcome = await where.create(input);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome));
  return outcome.user;
}

async function addIdentifier(id: string, identifier: string, where = directory) {
  return where.amend(id, () => ({ addIdentifiers: [identifier] }));
}

async function allUserIds(): Promise<string[]> {
  const { accounts } = await listUsers(store, { limit: 10_000, matches: () => true });
  return accounts.map(({ user }) => user.id);
}

describe('a new user', () => {
  test('is found by id and by every spelling of every identifier', async () => {
    const user = await create({
      identifiers: ['Alice', 'ALICE@Demo.test', 'alice'],
      groups: ['a', 'a', 'b'],
      credentials: [credential('password')],
    });
    expect(user).toMatchObject({
      status: 'active',
      identifiers: ['alice', 'alice@demo.test'],
      groups: ['a', 'b'],
      createdAt: now,
      validAfter: now,
    });
    expect(user.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    for (const text of ['ALICE', ' alice@demo.TEST', 'ａlice'])
      expect((await directory.findByIdentifier(text))?.user).toEqual(user);
    expect((await directory.get(user.id))?.credentials).toMatchObject([{ authenticator: 'password', createdAt: now }]);
    expect(await directory.findByIdentifier('bob')).toBeUndefined();
    expect(await directory.findByIdentifier('not possible')).toBeUndefined();
  });

  test('is in a group and of a type in any spelling of their names', async () => {
    const { id, ...user } = await create({
      identifiers: ['alice'],
      groups: [' cafe\u0301 ', 'caf\u00e9', 'b'],
      userType: ' cafe\u0301',
    });
    expect(user).toMatchObject({ groups: ['caf\u00e9', 'b'], userType: 'caf\u00e9' });
    const change = { add: ['e\u0301', '\u00e9 ', 'c'], remove: ['cafe\u0301', ' b'] };
    expect((await directory.setGroups(id, change))?.groups).toEqual(['\u00e9', 'c']);
    const amended = await directory.amend(id, () => ({ groups: ['a\u0308', '\u00e4'], userType: 'a\u0308' }));
    expect(amended).toMatchObject({ ok: true, user: { groups: ['\u00e4'], userType: '\u00e4' } });
    expect(await groupNames(store)).toEqual(['b', 'c', 'caf\u00e9', '\u00e4', '\u00e9']);
  });

  test('stored before names had one form, is read with it', async () => {
    const user = await create({ identifiers: ['alice'] });
    const key = userKey(user.id);
    const [entry] = [...(await store.load([key])).entries.values()];
    const groups = ['cafe\u0301', 'caf\u00e9', ' staff', 'b'];
    const { version = 0, refs = [] } = entry ?? {};
    const value = serializeUser({ ...user, groups, userType: 'cafe\u0301 ' });
    await store.commit([
      { op: 'replace', key, value, version, refs },
      ...groups.map((member) => ({ op: 'join' as const, key: groupNamesKey, member })),
    ]);
    const one = { groups: ['caf\u00e9', 'staff', 'b'], userType: 'caf\u00e9' };
    expect((await directory.get(user.id))?.user).toMatchObject(one);
    expect((await listUsers(store, { limit: 9, matches: () => true })).accounts).toMatchObject([{ user: one }]);
    expect(await groupNames(store)).toEqual(['b', 'caf\u00e9', 'staff']);
    expect([...(await groupsWithMembers(store))].sort()).toEqual(['b', 'caf\u00e9', 'staff']);
    expect((await directory.setGroups(user.id, { remove: ['caf\u00e9'] }))?.groups).toEqual(['staff', 'b']);
  });

  test('is refused whole when one identifier is taken or impossible', async () => {
    const alice = await create({ identifiers: ['alice'] });
    expect(await directory.create({ identifiers: ['new', 'ALICE'] })).toEqual({
      ok: false,
      code: 'identifier_taken',
      identifier: 'alice',
    });
    expect(await directory.create({ identifiers: ['new', 'a b'] })).toEqual({
      ok: false,
      code: 'identifier_invalid',
      identifier: 'a b',
      fault: 'forbidden_character',
    });
    expect(await directory.create({ identifiers: [] })).toMatchObject({ ok: false, fault: 'empty' });
    expect(await directory.findByIdentifier('new')).toBeUndefined();
    expect(await allUserIds()).toEqual([alice.id]);
  });

  test('of fifty who want one identifier at once, in all spellings, one gets it', async () => {
    const spellings = ['alice', 'ALICE', 'Alice ', 'ａlice', 'aLIce'];
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        directory.create({ identifiers: [`user${index}`, spellings[index % 5] ?? ''] }),
      ),
    );
    const winners = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.user.id] : []));
    expect(winners).toHaveLength(1);
    expect(await allUserIds()).toEqual(winners);
    expect((await directory.findByIdentifier('alice'))?.user.id).toBe(winners[0]);
  });
});

describe('changes', () => {
  test('at the same time are all kept', async () => {
    const { id } = await create({ identifiers: ['alice'] });
    await Promise.all(Array.from({ length: 12 }, (_, index) => directory.setGroups(id, { add: [`g${index}`] })));
    expect((await directory.get(id))?.user.groups).toHaveLength(12);
  });

  test('move updatedAt, and never id, identifiers or createdAt', async () => {
    const user = await create({ identifiers: ['alice'] });
    now += 10;
    const changed = await directory.update(user.id, ({ profile }) => ({
      profile: { ...profile, displayName: 'Alice' },
      userType: 'staff',
    }));
    expect(changed).toEqual({ ...user, profile: { displayName: 'Alice' }, userType: 'staff', updatedAt: now });
    expect((await directory.get(user.id))?.user).toEqual(changed);
  });

  test('of an unknown user change nothing', async () => {
    expect(await directory.update('nobody', () => ({ groups: [] }))).toBeUndefined();
    expect(await directory.setPassword('nobody', credential('password'))).toBeUndefined();
    expect(await addIdentifier('nobody', 'x')).toBeUndefined();
    expect(await directory.delete('nobody')).toBe(false);
    expect(await directory.findByIdentifier('x')).toBeUndefined();
  });

  test('suspending voids sessions for good; activating does not bring them back', async () => {
    const user = await create({ identifiers: ['alice'] });
    const suspended = await directory.setStatus(user.id, 'suspended');
    expect(suspended?.status).toBe('suspended');
    expect(suspended?.validAfter).toBeGreaterThan(user.validAfter);
    const active = await directory.setStatus(user.id, 'active');
    expect(active).toMatchObject({ status: 'active', validAfter: suspended?.validAfter });
  });

  test('an identifier is added once, and never to two users; what a deleted user had is free', async () => {
    const alice = await create({ identifiers: ['alice'] });
    const bob = await create({ identifiers: ['bob'] });
    expect(await addIdentifier(alice.id, 'A@x.test')).toMatchObject({
      ok: true,
      user: { identifiers: ['alice', 'a@x.test'] },
    });
    expect(await addIdentifier(alice.id, 'a@X.test')).toMatchObject({
      ok: true,
      user: { identifiers: ['alice', 'a@x.test'] },
    });
    expect(await addIdentifier(bob.id, 'a@x.test')).toMatchObject({ ok: false, code: 'identifier_taken' });
    expect((await directory.findByIdentifier('bob'))?.user.id).toBe(bob.id);
    await directory.delete(alice.id);
    expect(await directory.findByIdentifier('alice')).toBeUndefined();
    expect(await addIdentifier(bob.id, 'alice')).toMatchObject({ ok: true });
  });

  test('in one amendment succeed or fail together', async () => {
    const alice = await create({ identifiers: ['alice'] });
    await create({ identifiers: ['bob'] });
    const refused = await directory.amend(alice.id, () => ({
      groups: ['g'],
      addIdentifiers: ['new', 'bob'],
      password: credential('password'),
    }));
    expect(refused).toMatchObject({ ok: false, code: 'identifier_taken', identifier: 'bob' });
    expect(await directory.get(alice.id)).toMatchObject({ user: alice, credentials: [] });
    expect(await directory.findByIdentifier('new')).toBeUndefined();
    expect(
      await directory.amend(alice.id, () => ({
        groups: ['g'],
        addIdentifiers: ['new'],
        password: credential('password'),
      })),
    ).toMatchObject({ ok: true });
    expect(await directory.findByIdentifier('new')).toMatchObject({
      user: { groups: ['g'] },
      credentials: [{ authenticator: 'password' }],
    });
  });
});

describe('credentials', () => {
  const limits = [{ limit: 2, window: 0 }];

  async function exhaust(id: string, name: string): Promise<boolean> {
    for (let attempt = 0; attempt < 2; attempt += 1) await store.reserve(attemptCounter(id, name), limits);
    return (await store.reserve(attemptCounter(id, name), limits)).granted;
  }

  async function granted(id: string, name: string): Promise<boolean> {
    return (await store.reserve(attemptCounter(id, name), limits)).granted;
  }

  test('a new password takes the place of the old one, voids sessions and forgets failures with passwords alone', async () => {
    const user = await create({
      identifiers: ['alice'],
      credentials: [credential('password', 'old'), credential('totp')],
    });
    expect([await exhaust(user.id, 'password'), await exhaust(user.id, 'totp')]).toEqual([false, false]);
    const changed = await directory.setPassword(user.id, credential('password', 'new'));
    expect(changed?.validAfter).toBeGreaterThan(user.validAfter);
    const { credentials = [] } = (await directory.get(user.id)) ?? {};
    expect(credentials.map(({ authenticator, secret }) => [authenticator, secret.hash])).toEqual([
      ['totp', 'x'],
      ['password', 'new'],
    ]);
    expect([await granted(user.id, 'password'), await granted(user.id, 'totp')]).toEqual([true, false]);
  });

  test('a password that an administrator set was not recovered by a mailbox', async () => {
    const user = await create({ identifiers: ['alice'], credentials: [credential('password', 'old')] });
    const recovery = { at: now, by: ['a mailbox'] };
    const { entries } = await store.load([userKey(user.id)]);
    const version = entries.get(userKey(user.id))?.version ?? 0;
    const value = serializeUser({ ...user, recovery });
    await store.commit([{ op: 'replace', key: userKey(user.id), value, version, refs: [credentialsKey(user.id)] }]);
    expect((await directory.setGroups(user.id, { add: ['a'] }))?.recovery).toEqual(recovery);
    expect((await directory.setPassword(user.id, credential('password', 'new')))?.recovery).toEqual({
      at: now,
      by: [],
    });
  });

  test('validAfter changes with every reset, also within a second and after the clock was set back', async () => {
    const { id } = await create({ identifiers: ['alice'], credentials: [credential('totp')] });
    const seen = [now];
    for (const shift of [0, 0, -3600, 7200]) {
      now += shift;
      seen.push((await directory.resetAuthenticators(id, 'totp'))?.validAfter ?? 0);
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    expect(seen.at(-1)).toBe(now);
  });

  test('a reset takes one authenticator away, or all', async () => {
    const { id } = await create({
      identifiers: ['alice'],
      credentials: [credential('password'), credential('totp'), credential('totp')],
    });
    await directory.resetAuthenticators(id, 'totp');
    expect((await directory.get(id))?.credentials.map(({ authenticator }) => authenticator)).toEqual(['password']);
    await directory.resetAuthenticators(id, 'all');
    expect((await directory.get(id))?.credentials).toEqual([]);
  });

  test('unlocking gives all attempts back', async () => {
    const { id } = await create({ identifiers: ['alice'] });
    await exhaust(id, 'password');
    await exhaust(id, 'totp.enroll');
    await directory.unlock(id, ['password', 'totp']);
    expect([await granted(id, 'password'), await granted(id, 'totp.enroll')]).toEqual([true, true]);
  });

  test('an attempt by any spelling counts against the account', async () => {
    const { id } = await create({ identifiers: ['alice', 'a@x.test'] });
    for (const identifier of ['alice', 'a@x.test']) {
      const reserve = { of: identifierKey(identifier), name: 'password', limits };
      expect((await store.load([], { reserve })).counter).toBe(attemptCounter(id, 'password'));
    }
    expect(await granted(id, 'password')).toBe(false);
  });
});

test('a deleted user is gone with everything, and the identifiers are free', async () => {
  const user = await create({ identifiers: ['alice', 'a@x.test'], credentials: [credential('password')] });
  const bob = await create({ identifiers: ['bob'] });
  expect(await directory.delete(user.id)).toBe(true);
  expect(await directory.delete(user.id)).toBe(false);
  expect(await directory.get(user.id)).toBeUndefined();
  expect(await directory.findByIdentifier('alice')).toBeUndefined();
  expect(await allUserIds()).toEqual([bob.id]);
  const again = await create({ identifiers: ['alice', 'a@x.test'] });
  expect(again.id).not.toBe(user.id);
});

test('lists all users, in pages', async () => {
  const ids = await Promise.all(
    Array.from({ length: 1203 }, async (_, index) => (await create({ identifiers: [`u${index}`] })).id),
  );
  expect(await allUserIds()).toEqual([...ids].sort());
});

test('a damaged record opens no account', async () => {
  const { id } = await create({ identifiers: ['alice'] });
  for (const value of ['{}', '[]', 'null', '{"id":1}', 'x']) {
    await store.commit([{ op: 'put', key: userKey(id), value, refs: [credentialsKey(id)] }]);
    await expect(directory.get(id)).rejects.toThrow();
    await expect(directory.findByIdentifier('alice')).rejects.toThrow();
  }
});

describe('slot by slot, as on a cluster', () => {
  test('a user who cannot have all identifiers leaves none behind', async () => {
    const cluster = new Directory(slotted(store), () => now);
    const bob = await create({ identifiers: ['bob'] }, cluster);
    expect(await cluster.create({ identifiers: ['one', 'two', 'bob'] })).toMatchObject({
      ok: false,
      identifier: 'bob',
    });
    expect(await addIdentifier(bob.id, 'one', cluster)).toMatchObject({ ok: true });
    expect(await create({ identifiers: ['two'] }, cluster)).toMatchObject({ identifiers: ['two'] });
    expect((await cluster.findByIdentifier('bob'))?.user.id).toBe(bob.id);
  });

  test.each([1, 2, 3])(
    'after a crash behind %i slots no user has the identifiers, and later they are free',
    async (slots) => {
      const dying = new Directory(slotted(store, slots), () => now);
      await expect(dying.create({ identifiers: ['one', 'two', 'three'] })).rejects.toThrow('died');
      for (const identifier of ['one', 'two', 'three'])
        expect(await directory.findByIdentifier(identifier)).toBeUndefined();
      // The other process might still be at work.
      expect(await directory.create({ identifiers: ['one'] })).toMatchObject({ ok: false, code: 'identifier_taken' });
      now += 61;
      const user = await create({ identifiers: ['three', 'two', 'one'] });
      expect((await directory.findByIdentifier('one'))?.user.id).toBe(user.id);
      expect(await allUserIds()).toEqual([user.id]);
    },
  );

  test('after a crash while deleting, the account is gone and its identifiers become free', async () => {
    const user = await create({ identifiers: ['alice'], credentials: [credential('password')] });
    const dying = new Directory(slotted(store, 1), () => now);
    await expect(dying.delete(user.id)).rejects.toThrow('died');
    expect(await directory.get(user.id)).toBeUndefined();
    expect(await directory.findByIdentifier('alice')).toBeUndefined();
    now += 61;
    expect(await create({ identifiers: ['alice'] })).toMatchObject({ identifiers: ['alice'] });
    expect(await allUserIds()).not.toContain(user.id);
  });
});
