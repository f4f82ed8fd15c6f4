/** `config diff` of third-party apps: which users are asked for consent. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialsKey, userKey } from '../../../../../src/stores/keys.ts';
import { withConsent } from '../../../../../src/users/record/app-access.ts';
import { serializeUser } from '../../../../../src/users/record/user.ts';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { all, type Diffs, type Files, factors, openDiffs, password, signOn } from '../../support/diff-harness.ts';
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
/** `scope`: what the app may ask for. */
function app(clientId: string, firstParty: boolean, scope = 'openid'): Files {
  const own = notes
    .replace('clientId: notes', `clientId: ${clientId}`)
    .replace('client:', `client:\n  scope: ${scope}`);
  return { [`apps/${clientId}.yaml`]: `${own}firstParty: ${firstParty}\n` };
}
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

test('a user who allowed less than the app may ask for is asked for the rest', async () => {
  await addUser('ann', 'notes');
  await addUser('bob');
  const files = (firstParty: boolean) => app('notes', firstParty, 'openid email profile');
  expect(await diffs.sentences(files(false), { ...signOn(all()), ...files(true) })).toEqual([
    '1 of 2 users: asked for consent',
    '1 of 2 users, with the scope profile or email: asked for consent',
  ]);
});

test('a consent is told where the rules require something else, too', async () => {
  await addUser('ann');
  const more = { name: 'Profile', when: { scopes: { any: ['profile'] } }, then: factors(2) };
  const files = (firstParty: boolean) => app('notes', firstParty, 'openid profile');
  const changes = await diffs.changes({ ...files(false), ...signOn(more, all()) }, { ...active, ...files(true) });
  const told = changes.filter(({ apps: names, kind }) => names.includes('notes') && kind !== 'acr');
  expect(told.map(({ sentence }) => sentence).toSorted()).toEqual([
    'the one user, with the scope profile: one factor becomes two; has no second factor yet',
    'the one user: asked for consent',
  ]);
});

test('apps to which no user consented are told together', async () => {
  await addUser('ann');
  const changes = await diffs.changes(apps(false), active);
  expect(changes.map(({ apps: names, sentence }) => [names, sentence])).toEqual([
    [['notes', 'wiki'], 'the one user: asked for consent'],
  ]);
});
