/** `config diff`: facts of one user are told of no other one. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialsKey, userKey } from '../../../../../src/stores/keys.ts';
import { serializeUser, type User } from '../../../../../src/users/record/user.ts';
import { all, type Diffs, enrollment, openDiffs, password, signOn } from '../../support/diff-harness.ts';
import { fixedNow } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

async function addUser(name: string, more: Partial<User> = {}): Promise<void> {
  const { directory, store } = diffs.terminal;
  const made = await directory.create({ identifiers: [`${name}@demo.test`], credentials: [password] });
  if (!made.ok) throw new Error('no user');
  await store.commit([
    {
      op: 'put',
      key: userKey(made.user.id),
      value: serializeUser({ ...made.user, ...more }),
      refs: [credentialsKey(made.user.id)],
    },
  ]);
}

const deletion = { requestedAt: fixedNow - 86_400, dueAt: fixedNow + 20 * 86_400 };
const noTotp = {
  'policies/account.yaml': JSON.stringify({
    rules: [
      { name: 'No app', change: { add: ['totp'] }, then: 'deny' },
      { name: 'All', then: { allow: { factors: 1 } } },
    ],
  }),
};

test.each([0, 3])('a user who asked for deletion is locked out like the others (number %d)', async (at) => {
  for (const number of [0, 1, 2, 3]) await addUser(`user${number}`, number === at ? { deletion } : {});
  const changes = await diffs.changes({ ...enrollment({ required: ['totp'] }), ...noTotp }, signOn(all()));
  const told = changes.map(({ who, before, after }) => [who.users, before.words, after.words]);
  expect(told).toContainEqual([4, 'password', 'denied']);
  expect(JSON.stringify(told)).not.toContain('keep');
});
