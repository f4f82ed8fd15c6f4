/** `config diff`: facts of one user are told of no other one. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { refusedText } from '../../../../../src/cli/config/diff/output/diff-text.ts';
import { whatCommand } from '../../../../../src/cli/config/questions/what.ts';
import { oneDay } from '../../../../../src/core/model/durations.ts';
import { credentialsKey, userKey } from '../../../../../src/stores/keys.ts';
import { Directory } from '../../../../../src/users/directory/directory.ts';
import { serializeUser, type User } from '../../../../../src/users/record/user.ts';
import { withConfiguration } from '../../../policy/support/configuration-dir.ts';
import {
  all,
  base,
  type Diffs,
  enrollment,
  openDiffs,
  password,
  settings,
  signOn,
  totp,
  webauthn,
} from '../../support/diff-harness.ts';
import { configContext, fixedNow, run } from '../../support/harness.ts';

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

const aged = { 'policies/password.yaml': JSON.stringify({ rules: [{ name: 'All', then: { maxAge: 'P30D' } }] }) };
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

test('a password that is there already is replaced, not set up', async () => {
  const changes = await diffs.changes(aged, signOn(all()));
  expect(changes).toEqual([]);
  const { store } = diffs.terminal;
  const directory = new Directory(store, () => fixedNow - 100 * oneDay);
  await directory.create({ identifiers: ['old@demo.test'], credentials: [password] });
  const [change] = await diffs.changes(aged, signOn(all()));
  expect(change).toMatchObject({ sentence: 'the one user: asked to replace password', effects: [] });
  await withConfiguration({ ...base, ...signOn(all()), ...aged }, async (dir) => {
    await run(whatCommand({ ...configContext(diffs.terminal), configDir: dir }), 'old@demo.test', '--config', dir);
    const printed = diffs.terminal.printed();
    expect(printed).toContain('password; then replace password');
    expect(printed).toContain('password, to be replaced');
  });
});

test('users with a value that an attribute does not allow any more are counted', async () => {
  const roles = (...options: readonly string[]) => {
    const values = options.map((value) => `{ value: ${value} }`).join(', ');
    return { 'stepgate.yaml': `${settings}attributes: { role: { label: Role, options: [${values}] } }\n` };
  };
  for (const [index, role] of ['guest', 'guest', 'staff'].entries())
    await addUser(`${role}${index}`, { profile: { role } });
  await addUser('none');
  const text = await diffs.diff(roles('staff'), roles('staff', 'guest'));
  expect(text).toContain(
    '\nValues that the attributes do not allow any more. No finding and no invariant is about them:\n  role: 2 active users\n',
  );
  const page = join(await mkdtemp(join(tmpdir(), 'diff-')), 'page.html');
  expect(await diffs.diff(roles('staff', 'other'), roles('staff', 'guest'), '--html', page)).toContain(
    'role: 2 active users',
  );
  expect(await readFile(page, 'utf8')).toContain('<li>role: 2 active users</li>');
  expect(await diffs.diff(roles('staff', 'guest', 'other'), roles('staff', 'guest'))).not.toContain('do not allow');
  // Another change does not make it worse.
  expect(await diffs.diff(roles('staff', 'other'), roles('staff'))).not.toContain('do not allow');
});

test('values are counted that were stored as another type, which a form or an import would read', async () => {
  const typed = (...types: readonly [string, string, string]) => {
    const attributes = ['level', 'sites', 'ok'].map((name, index) => `${name}: { label: L, type: ${types[index]} }`);
    return { 'stepgate.yaml': `${settings}attributes: { ${attributes.join(', ')} }\n` };
  };
  await addUser('texts', { profile: { level: '5', sites: 'vienna', ok: 'true' } });
  const texts = typed('text', 'text', 'text');
  const diff = await diffs.diff(typed('number', 'list', 'boolean'), texts);
  for (const name of ['level', 'sites', 'ok']) expect(diff).toContain(`\n  ${name}: 1 active user\n`);
  expect(await diffs.diff(texts, texts)).not.toContain('do not allow');
  // They were of another type before as well.
  const limited = typed('number, min: 1', 'list', 'boolean');
  expect(await diffs.diff(limited, typed('number', 'list', 'boolean'))).not.toContain('do not allow');
});

test('of users who were not all counted, it may be more', () => {
  expect(refusedText({ attribute: 'role', users: 2 }, true)).toBe('role: 2 active users or more');
});

/** Signed up 100 days ago. */
async function addOldUser(name: string, ...credentials: readonly (typeof totp)[]): Promise<void> {
  const directory = new Directory(diffs.terminal.store, () => fixedNow - 100 * oneDay);
  await directory.create({ identifiers: [`${name}@demo.test`], credentials: [password, ...credentials] });
}

async function whatIsAsked(name: string, files: object): Promise<readonly string[]> {
  return withConfiguration({ ...base, ...files }, async (dir) => {
    const context = { ...configContext(diffs.terminal), configDir: dir };
    await run(whatCommand(context), `${name}@demo.test`, '--config', dir);
    const line = /^notes +.*$/m.exec(diffs.terminal.printed())?.[0] ?? '';
    return line.split(/ {2,}/).slice(1);
  });
}

test('what follows the password is told of no other way to sign in', async () => {
  await addOldUser('plain');
  await addOldUser('code', totp);
  await addOldUser('key', webauthn);
  const changes = await diffs.changes(aged, signOn(all()));
  const replaced = 'further proof; then replace password';
  expect(changes.map(({ sentence, before, after, effects }) => [sentence, before.words, after.words, effects])).toEqual(
    [
      ['2 of 3 users: asked to replace password, when signing in by password', 'nothing more', replaced, []],
      ['1 of 3 users: asked to replace password', 'nothing more', 'replace password', []],
    ],
  );
  const both = { ...signOn(all(2)), ...aged };
  expect(await whatIsAsked('code', { ...signOn(all()), ...aged })).toEqual([
    'everywhere',
    'totp, or password (then further proof; then replace password)',
    '-',
  ]);
  expect(await whatIsAsked('code', both)).toEqual([
    'everywhere',
    'password + totp; then replace password',
    'password, to be replaced',
  ]);
  expect((await whatIsAsked('plain', { ...signOn(all()), ...aged }))[2]).toBe('password, to be replaced');
});

test('that another proof must come before a password is replaced is told where nothing else differs', async () => {
  await addOldUser('both', totp, webauthn);
  const change = (then: unknown) => ({
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'Password', change: { change: ['password'] }, then },
        { name: 'All', then: { allow: { factors: 1 } } },
      ],
    }),
  });
  const byCode = change({ allow: { possession: { authenticators: ['totp'] } } });
  const active = { ...signOn(all()), ...aged, ...change({ allow: { factors: 1 } }) };
  const changes = await diffs.changes(byCode, active);
  const told = changes.filter(({ apps }) => apps.includes('notes'));
  const [any, code] = ['further proof by totp or webauthn', 'further proof by totp'];
  expect(told.map(({ sentence, before, after }) => [sentence, before.words, after.words])).toEqual([
    [`the one user: asked for ${code} instead of ${any}, when signing in by password`, any, code],
  ]);
  expect(told.flatMap(({ after }) => after.rules.map(({ name }) => name))).toEqual(['Password']);
  expect(await diffs.changes(signOn({ ...all(), name: 'Each' }), active)).toEqual([]);
});

test('a user who is denied after one way to sign in gets in by another one', async () => {
  await addOldUser('code', totp);
  const change = (then: unknown) => ({
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'Key', change: { change: ['password'] }, then },
        { name: 'All', then: { allow: { factors: 1 } } },
      ],
    }),
  });
  const byKey = change({ allow: { possession: { authenticators: ['webauthn'] } } });
  const active = { ...signOn(all()), ...aged, ...change({ allow: { factors: 1 } }) };
  const [row] = await diffs.changes(byKey, active);
  expect(row).toMatchObject({ effects: [], after: { words: 'totp' } });
  expect(await whatIsAsked('code', { ...active, ...byKey })).toEqual(['everywhere', 'totp', '-']);
});

test('a lock-out by a password that must be replaced names the rules of both policies', async () => {
  await addOldUser('plain');
  const byCode = {
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'Code', change: { change: ['password'] }, then: { allow: { factors: 2 } } },
        { name: 'All', then: { allow: { factors: 1 } } },
      ],
    }),
  };
  const why =
    'the password has expired (by "All" of the password policy), and the user cannot prove what "Code" of the account policy asks for before it is replaced';
  const [change] = await diffs.changes(aged, { ...signOn(all()), ...byCode });
  expect(change).toMatchObject({
    sentence: `the one user: can't get in any more: ${why}`,
    before: { words: 'password', rules: [] },
    after: { words: 'denied', rules: [{ name: 'All' }, { name: 'Code' }] },
  });
  expect(await whatIsAsked('plain', { ...signOn(all()), ...byCode, ...aged })).toEqual(['everywhere', 'denied', why]);
});

test.each([
  ['deny', '"Apps" of the account policy forbids that'],
  [{ allow: { factors: 2 } }, 'the user cannot prove what "Apps" of the account policy asks for before that'],
])('a lock-out by what must be set up and cannot be names the rules: %j', async (then, obstacle) => {
  await addUser('plain');
  const apps = (name: string) => ({
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name, change: { add: ['totp'] }, then },
        { name: 'All', then: { allow: { factors: 1 } } },
      ],
    }),
  });
  const required = enrollment({ required: ['totp'] });
  const why = `totp must be enrolled (by "All" of the enrollment policy), and ${obstacle}`;
  const [change] = await diffs.changes(required, { ...signOn(all()), ...apps('Apps') });
  expect(change).toMatchObject({
    sentence: `the one user: can't get in any more: ${why}`,
    before: { words: 'password', rules: [] },
    after: { words: 'denied', rules: [{ name: 'All' }, { name: 'Apps' }] },
  });
  const denying = { ...signOn(all()), ...required, ...apps('Apps') };
  expect(await whatIsAsked('plain', denying)).toEqual(['everywhere', 'denied', why]);
  expect(await diffs.sentences(apps('Renamed'), denying)).toEqual([]);
});

test('users who were let in with an expired password are not said to be let in no longer', async () => {
  await addOldUser('plain');
  const kept = (then: unknown) => ({
    'policies/account.yaml': JSON.stringify({ rules: [{ name: 'Change', then }] }),
  });
  const active = { ...signOn(all()), ...aged, ...kept('deny') };
  const before = '(before: let in with an expired password, kept by "Change" of the account policy)';
  expect(await diffs.sentences(kept({ allow: { factors: 1 } }), active)).toEqual([
    `the one user: asked to replace password ${before}`,
  ]);
  const younger = { 'policies/password.yaml': JSON.stringify({ rules: [{ name: 'All', then: {} }] }) };
  expect(await diffs.sentences(younger, active)).toEqual([
    `the one user: let in without a password that must be replaced ${before}`,
  ]);
});

test('what must be set up or filled in is what no way to sign in goes without', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const required = (...conditions: readonly object[]) => ({
    'policies/enrollment.yaml': JSON.stringify({
      rules: [
        ...conditions.map((when, at) => ({ name: `Rule ${at}`, when, then: { required: ['webauthn'] } })),
        { name: 'Rest', then: {} },
      ],
    }),
  });
  const [byPassword, byCode] = ['password', 'totp'].map((key) => ({ authenticated: { any: [key] } }));
  const effects = async (next: object, active: object) =>
    (await diffs.changes({ ...next }, { ...active })).map(({ sentence, effects: told }) => [
      sentence,
      told.map(({ words }) => words),
    ]);
  const [one, both] = [required(byPassword ?? {}), required(byPassword ?? {}, byCode ?? {})];
  // The rule that asks, not the one that decides before the user has signed in.
  expect(await diffs.changes(one, { ...signOn(all()), ...required() })).toMatchObject([
    { before: { rules: [] }, after: { rules: [{ name: 'Rule 0' }] } },
  ]);
  const further = 'asked to enroll webauthn';
  expect(await effects(one, { ...signOn(all()), ...required() })).toEqual([
    [`the one user: ${further}, when signing in by password`, []],
  ]);
  expect(await effects(both, { ...signOn(all()), ...one })).toEqual([
    [`the one user: ${further}, when signing in by totp`, []],
  ]);
  expect(await effects(both, { ...signOn(all()), ...required() })).toEqual([
    ['the one user: must set up webauthn', ['must set up webauthn first']],
  ]);
  // The proofs change, too: by code alone, nothing had to be set up.
  const [first] = await effects({ ...signOn(all(2)), ...one }, { ...signOn(all()), ...one });
  expect(first).toEqual([
    'the one user: one factor becomes two; must set up webauthn first',
    ['must set up webauthn first'],
  ]);
});

test('what users are asked for who skip what is offered is told of them', async () => {
  await diffs.addUsers(1, [], { credentials: [password, webauthn] });
  const profile = (...rules: readonly object[]) => ({
    'policies/profile/default.yaml': JSON.stringify({
      name: 'default',
      rules: rules.map((rule, at) => ({ name: `Rule ${at}`, ...rule })),
    }),
  });
  const offering = {
    ...signOn({ name: 'All', then: { allow: { knowledge: { authenticators: ['password'] } } } }),
    ...enrollment({ optional: ['totp'] }),
  };
  const then = { required: ['displayName'] };
  // Users who accept the offer prove the passkey before.
  const byKey = { ...offering, ...profile({ when: { authenticated: { any: ['webauthn'] } }, then }, { then: {} }) };
  expect(await diffs.sentences({ ...offering, ...profile({ then }) }, byKey)).toEqual([
    'the one user: must fill in displayName, when skipping what may be skipped',
  ]);
  expect(await diffs.sentences(byKey, { ...offering, ...profile({ then }) })).toEqual([
    'the one user: no longer asked to fill in displayName, when skipping what may be skipped',
  ]);
});

test('what tokens say is told of ways that let users in alone', async () => {
  await addOldUser('code', totp);
  const byKey = {
    'policies/account.yaml': JSON.stringify({
      rules: [
        {
          name: 'Key',
          change: { change: ['password'] },
          then: { allow: { possession: { authenticators: ['webauthn'] } } },
        },
        { name: 'All', then: { allow: { factors: 1 } } },
      ],
    }),
  };
  const denying = { ...signOn(all()), ...aged, ...byKey };
  const tokens = async (next: object, active: object) =>
    (await diffs.changes({ ...next }, { ...active })).flatMap(({ kind, sentence }) =>
      kind === 'acr' ? [sentence.replace('the one user: ', '')] : [],
    );
  const fresh = { 'policies/password.yaml': JSON.stringify({ rules: [{ name: 'All', then: {} }] }) };
  expect(await tokens(fresh, denying)).toEqual(['tokens may say acr urn:okta:loa:1fa:pwd, and did not']);
  expect(await tokens(denying, { ...denying, ...fresh })).toEqual(['tokens no longer say acr urn:okta:loa:1fa:pwd']);
});

test('a password that is kept although it has expired is told, with the rule that keeps it', async () => {
  await addOldUser('plain');
  await addOldUser('code', totp);
  const kept = {
    'policies/account.yaml': JSON.stringify({
      rules: [
        { name: 'Not here', change: { change: ['password'] }, then: 'deny' },
        { name: 'All', then: { allow: { factors: 1 } } },
      ],
    }),
  };
  const letIn = 'let in with an expired password, kept by "Not here" of the account policy';
  const sentences = await diffs.sentences({ ...aged, ...kept }, signOn(all()));
  // Changes of as many users come in the order of their ids, which are random.
  expect(sentences.toSorted()).toEqual([
    `1 of 2 users: ${letIn}`,
    `1 of 2 users: ${letIn}, when signing in by password`,
  ]);
  const changes = await diffs.changes(kept, { ...signOn(all()), ...aged });
  expect(changes.map(({ sentence, before, after }) => [sentence, before.words, after.words]).toSorted()).toEqual([
    [
      `1 of 2 users: no longer asked to replace password; ${letIn}, when signing in by password`,
      'further proof; then replace password',
      letIn,
    ],
    [`1 of 2 users: no longer asked to replace password; ${letIn}`, 'replace password', letIn],
  ]);
  const files = { ...signOn(all()), ...aged, ...kept };
  expect(await whatIsAsked('plain', files)).toEqual(['everywhere', `password; then ${letIn}`, '-']);
  expect(await whatIsAsked('code', files)).toEqual(['everywhere', `totp, or password (then ${letIn})`, '-']);
});

test('what follows only one of the proofs that are offered before an enrollment need not be done by all', async () => {
  await addOldUser('both', totp, webauthn);
  const codes = { 'stepgate.yaml': settings.replace('totp: {', 'recovery_code: { enabled: true }, totp: {') };
  const knowledge = signOn({ name: 'All', then: { allow: { knowledge: {} } } });
  const rules = (...keys: readonly string[]) => ({
    'policies/enrollment.yaml': JSON.stringify({
      rules: [
        ...keys.map((key) => ({ name: `By ${key}`, when: { authenticated: { any: [key] } }, then: {} })),
        { name: 'All', then: { required: ['recovery_code'] } },
      ],
    }),
  });
  const before = { ...codes, ...knowledge, ...enrollment({}) };
  const byChoice = 'password (then further proof), or password (then further proof; then enroll recovery_code)';
  const someSetUp = `the one user: asked for ${byChoice} instead of password`;
  const told = async (...keys: readonly string[]) => {
    const changes = await diffs.changes(rules(...keys), before);
    return changes.flatMap(({ apps, sentence }) => (apps.includes('notes') ? [sentence] : []));
  };
  expect([await told('totp', 'webauthn'), await told('totp'), await told('webauthn'), await told()]).toEqual([
    ['the one user: asked for further proof'],
    [someSetUp],
    [someSetUp],
    ['the one user: must set up recovery_code'],
  ]);
});
