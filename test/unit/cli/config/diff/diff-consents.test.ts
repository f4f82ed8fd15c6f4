/** `config diff` of third-party apps: which users are asked for consent. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialsKey, userKey } from '../../../../../src/stores/keys.ts';
import { withConsent } from '../../../../../src/users/record/app-access.ts';
import { serializeUser } from '../../../../../src/users/record/user.ts';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { all, type Diffs, type Files, openDiffs, password, signOn } from '../../support/diff-harness.ts';
import { fixedNow } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const granted = { granted: ['openid'], rejected: [] };

async function addUser(name: string, ...consented: readonly string[]): Promise<void> {
  const { directory, store } = diffs.terminal;
  const made = await directory.create({ identifiers: [`${name}@demo.test`], credentials: [password] });
  if (!made.ok) throw new Error('no user');
  const user = consented.reduce(
    (before, clientId) => withConsent(before, clientId, { consent: granted, now: fixedNow }),
    made.user,
  );
  await store.commit([
    { op: 'put', key: userKey(user.id), value: serializeUser(user), refs: [credentialsKey(user.id)] },
  ]);
}

const notes = `${validFiles['apps/notes.yaml']}`;
const app = (clientId: string, firstParty: boolean): Files => ({
  [`apps/${clientId}.yaml`]: `${notes.replace('clientId: notes', `clientId: ${clientId}`)}firstParty: ${firstParty}\n`,
});
const apps = (firstParty: boolean): Files => ({ ...app('notes', firstParty), ...app('wiki', firstParty) });
const active = { ...signOn(all()), ...apps(true) };

test.each([
  ['the first', 0],
  ['the last', 3],
])('only users who gave no consent are asked: %s has', async (_, at) => {
  for (const number of [0, 1, 2, 3]) await addUser(`user${number}`, ...(number === at ? ['notes', 'wiki'] : []));
  expect(await diffs.sentences(apps(false), active)).toEqual(['3 of 4 users: asked for consent']);
  expect(await diffs.sentences(apps(true), { ...active, ...apps(false) })).toEqual([
    '3 of 4 users: no longer asked for consent',
  ]);
});

test('a consent counts for its own app', async () => {
  await addUser('ann', 'notes');
  await addUser('bob', 'notes', 'wiki');
  await addUser('cat');
  const changes = await diffs.changes(apps(false), active);
  expect(changes.map(({ apps: names, sentence }) => [names, sentence])).toEqual([
    [['wiki'], '2 of 3 users: asked for consent'],
    [['notes'], '1 of 3 users: asked for consent'],
  ]);
});

test('apps to which no user consented are told together', async () => {
  await addUser('ann');
  const changes = await diffs.changes(apps(false), active);
  expect(changes.map(({ apps: names, sentence }) => [names, sentence])).toEqual([
    [['notes', 'wiki'], 'the one user: asked for consent'],
  ]);
});
