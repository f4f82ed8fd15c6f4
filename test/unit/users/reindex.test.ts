/** `users reindex`: what profiles hold identifies once the configuration says so, unless it may be of another user. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AttributeSchema } from '../../../src/core/model/attribute.ts';
import { standardAttributes } from '../../../src/policy/model/standard-attributes.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { identifierKey, userKey } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { Directory } from '../../../src/users/directory/directory.ts';
import type { Profile } from '../../../src/users/record/user.ts';
import { type RefusedValue, type ReindexSummary, reindexUsers } from '../../../src/users/reindex.ts';
import { recordingStore } from '../../support/stores/recording-store.ts';

const now = 1_800_000_000;
const { phone, email } = standardAttributes;
const badge = { type: 'text', read: 'user', write: 'admin', identifies: true, unique: true } as const;
const schema = {
  attributes: { ...standardAttributes, email, phone: { ...phone, identifies: true }, badge },
  closed: true,
} as unknown as AttributeSchema;

let store: Store;
let directory: Directory;
let problems: RefusedValue[];
let recorded: string[];
beforeEach(() => {
  store = recordingStore(openEmbedded({ file: ':memory:' }));
  directory = new Directory(store, () => now);
  problems = [];
  recorded = [];
});
afterEach(() => store.close());

async function user(name: string, profile: Profile): Promise<string> {
  const created = await directory.create({ identifiers: [`${name}@demo.test`], profile });
  if (!created.ok) throw new Error(created.code);
  return created.user.id;
}

function reindex(dryRun = false): Promise<ReindexSummary> {
  return reindexUsers({
    store,
    directory,
    schema,
    dryRun,
    record: ({ id }) => {
      recorded.push(id);
      return [];
    },
    onRefused: (problem) => problems.push(problem),
  });
}

const idBy = async (identifier: string) => (await directory.findByIdentifier(identifier))?.user.id;

test('a verified number and a badge identify their user from then on; a second run changes nothing', async () => {
  const ann = await user('ann', { phone: '+4930901820001', phoneVerified: true, badge: 'B-1' });
  expect(await reindex()).toEqual({ users: 1, changed: 1, refused: 0, unreadable: 0 });
  expect([await idBy('+4930901820001'), await idBy('b-1')]).toEqual([ann, ann]);
  expect(recorded).toEqual([ann, ann]);
  expect(await reindex()).toEqual({ users: 1, changed: 0, refused: 0, unreadable: 0 });
  expect(problems).toEqual([]);
});

test('a dry run says the same, and writes nothing', async () => {
  await user('ann', { phone: '+4930901820001', phoneVerified: true });
  expect(await reindex(true)).toEqual({ users: 1, changed: 1, refused: 0, unreadable: 0 });
  expect([await idBy('+4930901820001'), recorded]).toEqual([undefined, []]);
});

test.each<[string, Profile, RefusedValue['reason']]>([
  ['a number that was only typed', { phone: '+4930901820001' }, 'unverified'],
  ['a number without country code', { phone: '030 901820001', phoneVerified: true }, 'not_international'],
  ['a value that can be no identifier', { badge: 'B\u0007' }, 'malformed'],
])('%s identifies no user', async (_, profile, reason) => {
  const ann = await user('ann', profile);
  expect(await reindex()).toMatchObject({ changed: 0, refused: 1 });
  expect(problems).toEqual([{ user: ann, attribute: Object.keys(profile)[0], reason }]);
});

test('a value that two users have identifies neither of them', async () => {
  const number = { phone: '+4930901820001', phoneVerified: true };
  const both = [await user('ann', number), await user('bea', number)];
  expect(await reindex()).toMatchObject({ users: 2, changed: 0, refused: 2 });
  expect(problems.map(({ user: id, reason }) => [id, reason]).toSorted()).toEqual(
    both.map((id) => [id, 'taken']).toSorted(),
  );
  expect(await idBy(number.phone)).toBeUndefined();
});

test('what another user signs in with already, or can take back yet, stays theirs', async () => {
  const bea = await user('bea', {});
  await directory.amend(bea, () => ({ addIdentifiers: ['b-1', '+4930901820001'] }));
  const reservation = { user: bea, at: now - 3600, until: now + 3600 };
  await store.commit([
    { op: 'create', key: identifierKey('b-2'), value: JSON.stringify(reservation), refs: [userKey(bea)] },
  ]);
  await user('ann', { badge: 'B-1' });
  await user('eve', { badge: 'B-2' });
  expect(await reindex()).toMatchObject({ users: 3, changed: 0, refused: 2 });
  expect(problems.map(({ reason }) => reason)).toEqual(['taken', 'taken']);
  expect(await idBy('b-1')).toBe(bea);
});

test('all pages are read', async () => {
  const names = Array.from({ length: 1050 }, (_, serial) => `user-${serial}`);
  await Promise.all(names.map((name) => user(name, { badge: `b-${name}` })));
  expect(await reindex()).toEqual({ users: 1050, changed: 1050, refused: 0, unreadable: 0 });
});
