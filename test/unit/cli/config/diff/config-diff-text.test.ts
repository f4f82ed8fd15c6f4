/** `config diff`: its sentences are true of the users that they count, and short. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  all,
  type Diffs,
  enrollment,
  type Files,
  factors,
  openDiffs,
  password,
  settings,
  signOn,
  totp,
  webauthn,
} from '../../support/diff-harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const required = (count: number, ...anyOf: readonly string[]) => enrollment({ required: [{ anyOf, count }] });

test('a smaller count of enrollments is less to set up', async () => {
  await diffs.addUsers(3, ['a'], { credentials: [password] });
  await diffs.addUsers(2, ['a'], { credentials: [password, webauthn] });
  await diffs.addUsers(1, ['b'], { credentials: [password, totp, webauthn] });
  const found = await diffs.changes(required(2, 'totp', 'webauthn'), required(3, 'totp', 'webauthn'));
  expect(found.map(({ sentence, effects }) => [sentence, effects])).toEqual([
    ['5 of 6 users: need not set up another of totp or webauthn', []],
    ['1 of 6 users: need not set up totp or webauthn', []],
  ]);
  expect(found.map(({ before, after }) => [before.words, after.words])).toEqual([
    ['enroll totp or webauthn', 'nothing more'],
    ['further proof; then enroll totp or webauthn', 'nothing more'],
  ]);
});

test('a larger count is more, for those who must set up one already, too; later tokens are as before', async () => {
  await diffs.addUsers(3, ['a'], { credentials: [password] });
  await diffs.addUsers(2, ['a'], { credentials: [password, webauthn] });
  expect(await diffs.changes(required(2, 'totp', 'webauthn'), required(1, 'totp', 'webauthn'))).toMatchObject([
    {
      kind: 'steps',
      sentence: '3 of 5 users: must set up another of totp or webauthn',
      before: { words: 'nothing more' },
      after: { words: 'enroll totp or webauthn' },
      effects: [{ kind: 'must_enroll', users: 3, enroll: 'totp or webauthn' }],
    },
    { kind: 'steps', sentence: '2 of 5 users: must set up totp or webauthn', effects: [{ users: 2 }] },
  ]);
});

test('one more to choose from is no demand, and one less is', async () => {
  await diffs.addUsers(2, ['a'], { credentials: [password] });
  const [narrow, wide] = [required(1, 'totp'), required(1, 'totp', 'webauthn')];
  expect(await diffs.changes(wide, narrow)).toMatchObject([
    { sentence: 'all 2 users: may set up totp or webauthn (totp before)', effects: [] },
  ]);
  expect(await diffs.sentences(narrow, wide)).toEqual(['all 2 users: must set up totp (totp or webauthn before)']);
});

test('one user who gets in reads as one', async () => {
  await diffs.addUsers(1, ['a'], { credentials: [password] });
  const active = { ...signOn(all(2)), ...enrollment({ useOnly: ['totp', 'webauthn'] }) };
  expect((await diffs.sentences(enrollment({}), active))[0]).toBe("the one user: can get in, and couldn't before");
});

test('a missing second factor is reported only of all users without one', async () => {
  await diffs.addUsers(2, ['a'], { credentials: [password] });
  const rule = (count: number) => signOn({ name: 'Rule', then: factors(count) });
  expect((await diffs.sentences(rule(2), rule(1)))[0]).toMatch(/; all of them have no second factor yet$/);
  // Without a password nothing has to be set up yet; with one, the second factor has to be in any case.
  const office = enrollment({ required: [{ anyOf: ['totp', 'webauthn'] }] });
  await diffs.addUsers(3, ['b'], { credentials: [webauthn] });
  expect((await diffs.sentences({ ...rule(2), ...office }, { ...rule(1), ...office }))[0]).toBe(
    'all 5 users: one factor becomes two; 3 of them must set up a second factor first',
  );
});

test('what each way sets up in the end must be set up, whatever else one of them takes', async () => {
  await diffs.addUsers(2, ['a'], { credentials: [password] });
  const rules = [
    { name: 'By passkey', when: { authenticated: { any: ['webauthn'] } }, then: {} },
    { name: 'Else', then: { required: [{ anyOf: ['webauthn'] }] } },
  ];
  const next = { ...signOn(all(2)), 'policies/enrollment.yaml': JSON.stringify({ rules }) };
  const [change] = await diffs.changes(next, signOn(all(1)));
  expect(change).toMatchObject({ effects: [{ kind: 'must_enroll', enroll: 'webauthn' }] });
});

test('further demands are described in sentences', async () => {
  await diffs.addUsers(2, [], { credentials: [password] });
  const profile = (then: object) => ({
    'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: [{ name: 'P', then }] }),
  });
  const [none, name] = [profile({}), profile({ optional: ['displayName'] })];
  expect(await diffs.sentences(name, none)).toEqual([
    'all 2 users: asked to fill in displayName (optional) (may be skipped)',
  ]);
  expect(await diffs.sentences(none, name)).toEqual([
    'all 2 users: no longer asked to fill in displayName (optional) (may be skipped)',
  ]);
});

const cities = ['berlin', 'dublin', 'graz', 'lima', 'oslo', 'paris', 'quito'];
const inZones = (...any: readonly string[]) => ({ name: 'In', when: { network: { any } }, then: factors(2) });

function withCities(names: readonly string[] = cities): Files {
  const zones = cities.map((name, at) => (names.includes(name) ? `  ${name}: { cidrs: [10.${at}.0.0/16] }\n` : ''));
  return { 'stepgate.yaml': settings.replace('zones:\n', `zones:\n${zones.join('')}`) };
}

test('what tokens carry is said of apps that may ask for it', async () => {
  const app = (clientId: string, scope: string) => ({
    [`apps/${clientId}.yaml`]: `clientId: ${clientId}\nname: A\nsignOnPolicy: notes\nclient: { redirect_uris: [https://a.test/cb], scope: ${scope} }\n`,
  });
  const apps = { ...app('closed', 'openid profile'), ...app('open', 'openid profile email') };
  const granting = (...scopes: readonly string[]) => ({
    ...apps,
    ...signOn({ name: 'In', then: { ...factors(1), grant: { scopes } } }),
  });
  const changes = await diffs.changes(granting('profile'), granting('profile', 'email'));
  expect(changes.flatMap((change) => change.apps)).toEqual(['notes', 'open']);
});

test('a scope of an API is given to an app whatever its `client.scope` lists', async () => {
  await diffs.addUsers(1, [], { credentials: [password] });
  const files = (...scopes: readonly string[]): Files => ({
    'stepgate.yaml': `${settings}resources: [{ indicator: https://api.test/, scopes: [read, { scope: write, label: W }] }]\n`,
    'apps/notes.yaml':
      'clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient: { redirect_uris: [https://notes.test/cb], scope: openid }\n',
    ...signOn({ name: 'In', then: { ...factors(1), grant: { scopes } } }),
  });
  expect(await diffs.sentences(files('read', 'write'), files('read'))).toEqual([
    'the one user: tokens may carry write, and did not',
  ]);
});

test('the scopes that a rule grants to tokens are shown by the scopes that reach it', async () => {
  await diffs.addUsers(2, [], { credentials: [password] });
  const granting = (scopes: readonly string[] | undefined, more: readonly object[] = []) =>
    signOn(...more, { name: 'In', then: { ...factors(1), ...(scopes && { grant: { scopes } }) } });
  const [change, ...others] = await diffs.changes(granting(undefined), granting(['profile', 'email']));
  expect(others).toEqual([]);
  expect(change).toMatchObject({
    kind: 'scopes',
    sentence: 'all 2 users: tokens may carry address, groups, phone, and did not',
    before: {
      words: 'email, profile',
      rules: [{ name: 'In', file: 'policies/sign-on/notes.yaml', line: 1, column: 26 }],
    },
    after: { words: 'address, email, groups, phone, profile', rules: [{ name: 'In' }] },
  });
  expect(await diffs.diff(granting(['email']), granting(['profile']))).toContain(
    [
      'Tokens and sessions (2 active users today):',
      '  notes',
      '    all 2 users: tokens may carry email, and did not; tokens no longer carry profile',
      '        before  profile  by "In" policies/sign-on/notes.yaml:1:26',
      '        after   email  by "In" policies/sign-on/notes.yaml:1:26',
    ].join('\n'),
  );
  expect(await diffs.sentences(granting(['address']), granting(['address', 'phone']))).toEqual([
    'all 2 users: tokens no longer carry phone',
  ]);
  // A request with the scope is under the rule that names it, and never comes to the one that grants it.
  const named = [{ name: 'Phone', when: { scopes: { any: ['phone'] } }, then: factors(1) }];
  expect(await diffs.sentences(granting(['address', 'phone'], named), granting(['address'], named))).toEqual([]);
  const cut = [{ ...named[0], then: { ...factors(1), grant: { scopes: ['address'] } } }];
  expect(await diffs.sentences(granting(['address'], cut), granting(['address'], named))).toEqual([
    'all 2 users, with the scope phone: tokens no longer carry email, groups, phone, profile',
  ]);
});

test('scopes that an app may not ask for, and of users who are denied, are no change', async () => {
  await diffs.addUsers(1, ['guests'], { credentials: [password] });
  const app = `clientId: notes\nname: Notes\nsignOnPolicy: notes\nclient: { redirect_uris: [https://notes.test/cb], scope: openid email }\n`;
  const granting = (scopes: readonly string[]) => signOn({ name: 'In', then: { ...factors(1), grant: { scopes } } });
  const active = { 'apps/notes.yaml': app, ...granting(['phone']) };
  expect(await diffs.sentences(granting(['address']), active)).toEqual([]);
  expect(await diffs.sentences(granting(['email']), active)).toEqual([
    'the one user: tokens may carry email, and did not',
  ]);
  const guests = { name: 'Out', when: { groups: { any: ['guests'] } }, then: 'deny' };
  expect(await diffs.sentences(signOn(guests, all()), active)).toEqual([
    'the one user: no longer let in (one factor before)',
  ]);
});

test('many zones are counted, and few are named', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const where = async (next: readonly object[], active: readonly object[] = [all()]) => {
    const [first] = await diffs.changes(signOn(...next), { ...withCities(), ...signOn(...active) });
    return first?.where;
  };
  expect(await where([inZones('graz', 'oslo', 'lima'), all()])).toBe('from graz, lima or oslo');
  expect(await where([inZones(...cities), all()])).toBe('from all 7 zones (berlin, dublin, graz, lima, ...)');
  expect(await where([inZones('graz'), all(2)])).toBe('from outside graz');
  const more = [inZones(...cities), all()];
  expect(await where([inZones('quito', 'paris'), all()], more)).toBe(
    'from 5 of 7 zones (berlin, dublin, graz, lima, ...)',
  );
  expect(await where([inZones('quito'), all()], more)).toBe('from every zone but quito');
  expect(await where([inZones(...cities), all(1)], [all(2)])).toBe(
    'from outside all 7 zones (berlin, dublin, graz, lima, ...)',
  );
});

test('a zone that is gone is named as it is now, and the page names every zone', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const active = { ...withCities(), ...signOn(inZones('graz', 'oslo'), all()) };
  const next = { ...withCities(cities.filter((name) => name !== 'graz')), ...signOn(inZones('oslo'), all()) };
  expect((await diffs.changes(next, active))[0]?.where).toBe('from what is graz now');
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-diff-'));
  try {
    const page = join(dir, 'diff.html');
    await diffs.diff(signOn(inZones(...cities), all()), withCities(), '--html', page);
    expect(await readFile(page, 'utf8')).toContain(`<dt>zones</dt><dd>${cities.join(', ')}</dd>`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('few short values that differ inside a rule are shown', async () => {
  const text = await diffs.diff(required(2, 'totp', 'webauthn'), required(3, 'totp', 'webauthn'));
  expect(text).toContain('changed  rule "All", then.required[0].count: 3 -> 2  policies/enrollment.yaml:1:11\n');
  expect(await diffs.diff(signOn(all(2)), signOn({ ...all(), when: undefined }))).toContain(
    'changed  rule "All", then.allow.factors: 1 -> 2  policies/sign-on/notes.yaml:',
  );
});

test('a rule that no longer allows is said to deny, however much it asked for', async () => {
  const allowed = { factors: 2, possession: { phishingResistant: true, userVerification: true, maxAge: 'PT4H' } };
  const named = (then: unknown) =>
    signOn({ name: 'Long', when: { scopes: { any: ['profile'] } }, reportOnly: true, then }, all());
  const text = await diffs.diff(named('deny'), named({ allow: allowed }));
  expect(text).toContain('changed  rule "Long", then: allow -> deny  policies/sign-on/notes.yaml:');
});

test('more factors, and no longer phishing resistance, are both said', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const resistant = { name: 'All', then: { allow: { factors: 1, any: { phishingResistant: true } } } };
  const [sentence] = await diffs.sentences(signOn(all(2)), signOn(resistant));
  expect(sentence).toBe('the one user: one factor becomes two, no longer "any factor, phishing-resistant"');
  const both = { name: 'All', then: { allow: { factors: 2, any: { phishingResistant: true } } } };
  const [other] = await diffs.sentences(signOn(both), signOn(resistant));
  expect(other).toMatch(/^the one user: one factor becomes two(?!, no longer)/);
});

test('what users may skip today they have not set up before', async () => {
  const email = { ...totp, authenticator: 'email' };
  await diffs.addUsers(3, [], { credentials: [password, email] });
  const settingsWithMail = settings.replace('totp: {', 'email: { enabled: true }, totp: {');
  const rules = [
    {
      name: 'By mail',
      when: { authenticated: { any: ['email'] } },
      then: { required: [{ anyOf: ['totp', 'webauthn'] }] },
    },
    { name: 'Rest', then: { promote: { webauthn: { cooldown: 'P30D', skips: 3 } } } },
  ];
  const offering = { 'stepgate.yaml': settingsWithMail, 'policies/enrollment.yaml': JSON.stringify({ rules }) };
  const change = await diffs.sentences({ ...offering, ...signOn(all(2)) }, { ...offering, ...signOn(all(1)) });
  expect(change).toEqual([
    'all 3 users: one factor becomes two; all of them must set up totp or webauthn first',
    'all 3 users: tokens say acr urn:okta:loa:2fa:any instead of acr urn:okta:loa:1fa:any or acr urn:okta:loa:1fa:pwd',
  ]);
});

describe('users who were denied before', () => {
  const noContractors = { name: 'NoC', when: { groups: { any: ['contractors'] } }, then: 'deny' };

  test('have no second factor yet', async () => {
    await diffs.addUsers(2, ['contractors'], { credentials: [password] });
    await diffs.addUsers(1, ['contractors'], { credentials: [password, totp] });
    const found = await diffs.changes(signOn(all(2)), signOn(noContractors, all(2)));
    expect(found.map(({ sentence, effects }) => [sentence, effects])).toEqual([
      [
        'all 3 users: let in, by two factors (denied before); 2 of them have no second factor yet',
        [{ kind: 'must_enroll', words: 'have no second factor yet', users: 2, enroll: 'totp or webauthn' }],
      ],
    ]);
  });

  test('are counted together where they must set up different authenticators', async () => {
    await diffs.addUsers(1, ['contractors', 'admins'], { credentials: [password] });
    await diffs.addUsers(2, ['contractors'], { credentials: [password] });
    await diffs.addUsers(1, ['contractors'], { credentials: [password, totp] });
    const rules = [
      { name: 'A', when: { groups: { any: ['admins'] } }, then: { required: [{ anyOf: ['totp', 'webauthn'] }] } },
      { name: 'All', then: {} },
    ];
    const active = {
      'stepgate.yaml': settings.replace('{ totp:', '{ recovery_code: { enabled: true }, totp:'),
      'policies/enrollment.yaml': JSON.stringify({ rules }),
    };
    const [found] = await diffs.changes(
      { ...active, ...signOn(all(2)) },
      { ...active, ...signOn(noContractors, all(2)) },
    );
    expect(found?.sentence).toBe(
      'all 4 users: let in, by two factors (denied before); 3 of them have no second factor yet',
    );
    expect(found?.effects.map(({ words, users }) => [words, users])).toEqual([
      ['has no second factor yet', 1],
      ['have no second factor yet', 2],
    ]);
  });

  test('are named with what they must set up where it differs', async () => {
    await diffs.addUsers(1, ['contractors', 'admins'], { credentials: [password] });
    await diffs.addUsers(2, ['contractors'], { credentials: [password] });
    const rules = [
      { name: 'A', when: { groups: { any: ['admins'] } }, then: { required: ['webauthn'] } },
      { name: 'All', then: {} },
    ];
    const policy = { 'policies/enrollment.yaml': JSON.stringify({ rules }) };
    const printed = await diffs.diff({ ...policy, ...signOn(all(2)) }, { ...policy, ...signOn(noContractors, all(2)) });
    expect(printed).toContain(
      ['        set up  1 user in admins: webauthn', '        set up  2 of 3 contractors: totp or webauthn', ''].join(
        '\n',
      ),
    );
  });

  test('must set up what the enrollment policy requires', async () => {
    await diffs.addUsers(2, ['contractors'], { credentials: [password] });
    await diffs.addUsers(1, ['contractors'], { credentials: [password, webauthn] });
    const next = { ...signOn(all(1)), ...enrollment({ required: ['webauthn'] }) };
    expect((await diffs.changes(next, signOn(noContractors, all(1))))[0]).toMatchObject({
      sentence: 'all 3 users: let in, by one factor (denied before); 2 of them must set up webauthn first',
      effects: [{ kind: 'must_enroll', users: 2, enroll: 'webauthn' }],
    });
  });

  test('must fill in what the profile policy requires', async () => {
    await diffs.addUsers(1, ['contractors'], { credentials: [password] });
    const rules = [{ name: 'P', then: { required: ['displayName'] } }];
    const profile = { 'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules }) };
    expect(await diffs.sentences({ ...signOn(all(1)), ...profile }, signOn(noContractors, all(1)))).toContain(
      'the one user: let in, by one factor (denied before); must fill in displayName',
    );
  });

  test('must do both, and some of them one', async () => {
    await diffs.addUsers(2, ['contractors'], { credentials: [password] });
    await diffs.addUsers(1, ['contractors'], { credentials: [password, totp] });
    const rules = [{ name: 'P', then: { required: ['displayName'] } }];
    const profile = { 'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules }) };
    const [found] = await diffs.changes({ ...signOn(all(2)), ...profile }, signOn(noContractors, all(2)));
    expect(found).toMatchObject({
      sentence:
        'all 3 users: let in, by two factors (denied before); all of them must fill in displayName; 2 of them have no second factor yet',
      effects: [
        { kind: 'must_fill_in', words: 'must fill in displayName', users: 3 },
        { kind: 'must_enroll', users: 2, enroll: 'totp or webauthn' },
      ],
    });
  });

  test('still get in by nothing if they may not set up what they lack', async () => {
    await diffs.addUsers(1, ['contractors'], { credentials: [password] });
    const useOnly = enrollment({ useOnly: ['totp', 'webauthn'] });
    const [found] = await diffs.changes(
      { ...signOn(all(2)), ...useOnly },
      { ...signOn(noContractors, all(2)), ...useOnly },
    );
    expect(found).toMatchObject({
      sentence: expect.stringMatching(/^the one user: let in, by two factors \(denied before\); still can't get in: /),
      effects: [{ kind: 'kept_out', users: 1 }],
    });
  });
});
