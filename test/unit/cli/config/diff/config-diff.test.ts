/** `config diff`: what it says of an edited configuration, in terms of the users who exist. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AccessChange, ConfigDiff } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { diffCommand } from '../../../../../src/cli/config/diff/diff.ts';
import { checkCommand } from '../../../../../src/cli/config/files/check.ts';
import { keyTable } from '../../../../../src/stores/key-table.ts';
import { signInHistoryKey, usersKey } from '../../../../../src/stores/keys.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import {
  all,
  base,
  type Diffs,
  type Files,
  factors,
  openDiffs,
  password,
  settings,
  signOn,
  totp,
  two,
} from '../../support/diff-harness.ts';
import { applyDemo, configContext, fixedNow, run } from '../../support/harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

test('who is asked for what from now on, and how many have it', async () => {
  await diffs.addUsers(3, ['editors'], { credentials: [password, totp] });
  await diffs.addUsers(2, ['editors', 'staff'], { credentials: [password] });
  await diffs.addUsers(4, ['staff'], { credentials: [password] });
  expect(await diffs.diff(signOn(two, all()))).toBe(
    [
      'What differs from revision 1, which is active:',
      '  ~ policies/sign-on/notes.yaml',
      '      added    rule "Editors, two factors"  policies/sign-on/notes.yaml:1:26',
      '',
      'What users are asked for (9 active users today):',
      '  notes',
      '    5 editors: one factor becomes two; 2 of them have no second factor yet',
      '        before  one factor  by "All" policies/sign-on/notes.yaml:3:5',
      '        after   two distinct factor types  by "Editors, two factors" policies/sign-on/notes.yaml:1:26',
      '        set up  totp or webauthn',
      '',
      'Tokens and sessions (9 active users today):',
      '  notes',
      '    3 of 5 editors: tokens say acr urn:okta:loa:2fa:any instead of acr urn:okta:loa:1fa:any or acr urn:okta:loa:1fa:pwd',
      '    2 of 5 editors: tokens say acr phr or acr urn:okta:loa:2fa:any instead of acr urn:okta:loa:1fa:pwd',
      '',
    ].join('\n'),
  );
});

test('of users in no group alone, it says how many are in those that rules name', async () => {
  await diffs.addUsers(1, ['auditors'], { credentials: [password] });
  await diffs.addUsers(3, [], { credentials: [password] });
  await diffs.addUsers(2, ['guests'], { credentials: [password] });
  const guests = { name: 'Guests', when: { groups: { any: ['guests'] } }, then: factors(1) };
  const others = { name: 'Others', when: { groups: { none: ['guests', 'staff'] } }, then: factors(2) };
  const auditors = { name: 'Auditors', when: { groups: { any: ['auditors'] } }, then: factors(1) };
  const [sentence] = await diffs.sentences(signOn(guests, others, auditors, all()));
  expect(sentence).toMatch(/^4 of 6 users \(of them 1 in auditors\): one factor becomes two/);
});

test('suspended users are not counted, and one user reads as one', async () => {
  await diffs.addUsers(1, ['editors'], { credentials: [password] });
  await diffs.addUsers(1, ['staff'], { credentials: [password] });
  await diffs.addUsers(1, ['editors'], { credentials: [password], status: 'suspended' });
  expect((await diffs.sentences(signOn(two, all())))[0]).toBe(
    '1 user in editors: one factor becomes two; has no second factor yet',
  );
});

test('where a rule is about zones, the sentence says from where', async () => {
  await diffs.addUsers(2, ['night'], { credentials: [password] });
  await diffs.addUsers(2, [], { credentials: [password] });
  const deny = { name: 'Never', when: { groups: { any: ['night'] }, network: { none: ['office'] } }, then: 'deny' };
  expect((await diffs.sentences(signOn(deny, all())))[0]).toBe(
    '2 users in night, from outside office: no longer let in (one factor before)',
  );
  const active = signOn({ name: 'In', when: { network: { any: ['office'] } }, then: factors(1) }, all(2));
  const zones = settings.replace('192.0.2.0/24', '192.0.2.0/25');
  const [moved] = await diffs.changes({ 'stepgate.yaml': zones }, active);
  expect(moved).toMatchObject({
    sentence: 'all 4 users, from elsewhere (office now): one factor becomes two; all of them have no second factor yet',
    zones: ['elsewhere'],
    who: { users: 4, all: true },
  });
});

test('where a rule is about devices, times or scopes, too', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const when = async (condition: object) =>
    (await diffs.sentences(signOn({ name: 'Some', when: condition, then: factors(2) }, all())))[0];
  const change = 'one factor becomes two';
  expect(await when({ device: { known: false } })).toBe(`the one user, in a new browser: ${change}`);
  expect(await when({ device: { platform: ['mobile'] } })).toBe(`the one user, on mobile: ${change}`);
  expect(await when({ scopes: { any: ['address'] } })).toBe(`the one user, with the scope address: ${change}`);
  const at = (from: string, to: string) => when({ time: { from, to, zone: 'UTC' } });
  expect(await at('22:00', '23:00')).toBe(`the one user, at other times, not now: ${change}`);
  expect(await at('08:00', '10:00')).toMatch(/^the one user, now and at some other times: /);
});

test('a rule whose expression fails is named as what denies', async () => {
  await diffs.addUsers(2, [], { credentials: [password, totp] });
  const hr = { name: 'HR', when: { expression: 'user.profile.unit == "hr"' }, then: factors(2) };
  const [first] = await diffs.changes(signOn(hr, all()));
  expect(first).toMatchObject({
    sentence: 'all 2 users: no longer let in (one factor before)',
    before: { words: 'one factor', rules: [{ name: 'All' }] },
    after: { words: 'denied', rules: [{ name: 'HR', file: 'policies/sign-on/notes.yaml', fails: true }] },
  });
  const text = await diffs.diff(signOn(hr, all()));
  expect(text).toContain('after   denied  by "HR" policies/sign-on/notes.yaml:1:26, which fails\n');
  // It fails here and there, so nothing changes for them.
  expect(await diffs.sentences(signOn(hr, all(2)), signOn(hr, all()))).toEqual([]);
});

test('a rule that fails now, and held before, is named on both sides', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const hr = (guard: string) => ({
    name: 'HR',
    when: { expression: `${guard}user.profile.unit == "hr"` },
    then: factors(1),
  });
  const [first] = await diffs.changes(signOn(hr(''), all()), signOn(hr('!has(user.profile.unit) || '), all()));
  expect(first).toMatchObject({ before: { rules: [{ name: 'HR' }] }, after: { rules: [{ name: 'HR', fails: true }] } });
  expect(first?.before.rules[0]).not.toHaveProperty('fails');
});

test('users who can no longer get in are shown first, with the reason', async () => {
  await diffs.addUsers(2, ['a'], { credentials: [password, totp] });
  await diffs.addUsers(3, ['b'], { credentials: [password] });
  const enrollment = {
    'policies/enrollment.yaml': 'rules:\n  - { name: Keep, then: { useOnly: [webauthn, totp] } }\n',
  };
  const [first] = await diffs.changes({ ...signOn(all(2)), ...enrollment });
  expect(first?.effects).toMatchObject([{ kind: 'locked_out', users: 3 }]);
  expect(first?.sentence).toMatch(/^all 5 users: one factor becomes two; 3 of them can't get in any more: "Keep" of /);
  const rules = (then: object | string, others: number) =>
    signOn({ name: 'B', when: { groups: { any: ['b'] } }, then }, all(others));
  expect((await diffs.sentences(rules('deny', 2), rules(factors(1), 1))).slice(0, 2)).toEqual([
    '3 users in b: no longer let in (one factor before)',
    '2 of 5 users: one factor becomes two',
  ]);
});

test('an enrollment that is required, and an attribute that must be filled in', async () => {
  await diffs.addUsers(2, ['a'], { credentials: [password] });
  await diffs.addUsers(1, ['a'], { credentials: [password, totp] });
  const required = {
    'policies/enrollment.yaml': 'rules:\n  - name: Totp\n    then: { required: [{ anyOf: [totp] }] }\n',
  };
  expect(await diffs.changes(required)).toMatchObject([
    {
      kind: 'steps',
      sentence: '2 of 3 users: must set up totp',
      after: { words: 'enroll totp', rules: [{ name: 'Totp', line: 2 }] },
      effects: [{ kind: 'must_enroll', users: 2, enroll: 'totp' }],
    },
  ]);
  const profile = {
    'policies/profile/default.yaml': 'name: default\nrules:\n  - { name: P, then: { required: [displayName] } }\n',
  };
  await diffs.addUsers(1, ['a'], { credentials: [password], profile: { displayName: 'Ann' } });
  expect((await diffs.changes({ ...required, ...profile }, required))[0]).toMatchObject({
    sentence: '3 of 4 users: must fill in displayName',
    after: { words: 'fill in displayName', rules: [{ name: 'P', file: 'policies/profile/default.yaml' }] },
  });
});

test('session length, what counts at one app, and what a forgotten password takes', async () => {
  await diffs.addUsers(2, [], { credentials: [password] });
  const session = validFiles['policies/session.yaml'] ?? '';
  expect(await diffs.changes({ 'policies/session.yaml': session.replace('P1D', 'PT8H') })).toMatchObject([
    {
      kind: 'session',
      sentence: 'all 2 users: a session lasts 8 h (1 d before)',
      after: { rules: [{ name: 'All', file: 'policies/session.yaml', line: 2 }] },
    },
  ]);
  const kept = { 'policies/session.yaml': session.replace('P1D', 'P1D, keepSignedIn: { idle: P7D, absolute: P30D }') };
  const lengths = 'a kept session lasts 30 d, a kept session ends without use after 7 d';
  expect(await diffs.changes(kept)).toMatchObject([
    {
      sentence: `all 2 users: keeping a session is offered (not offered before), ${lengths}`,
      before: { words: 'keeping a session is not offered' },
      after: { words: `keeping a session is offered, ${lengths}` },
    },
  ]);
  expect(await diffs.sentences({ 'policies/session.yaml': session }, kept)).toEqual([
    'all 2 users: keeping a session is not offered (offered before)',
  ]);
  const atApp = (terms: object) => signOn({ name: 'All', then: { allow: { factors: 2 }, ...terms } });
  const day = atApp({ remember: { device: 'P1D' }, session: { absolute: 'PT2H', keepSignedIn: false } });
  expect(await diffs.sentences(atApp({}), day)).toEqual([
    'all 2 users: at this app a session counts as long as it lasts (for 2 h before), at this app a kept session counts as a kept one (like any other before), the second factor is not remembered (remembered for 1 d before)',
  ]);
  const recovery = {
    'policies/recovery.yaml': 'rules:\n  - { name: R, then: { allow: { anyOf: [{ possession: {} }] } } }\n',
  };
  expect(await diffs.sentences(recovery)).toEqual([
    'all 2 users: a forgotten password can be replaced, by "possession"',
  ]);
});

test('where the `acr` is written that every sign-in to an app must reach', async () => {
  await diffs.addUsers(2, [], { credentials: [password, totp] });
  const minimum = { 'apps/notes.yaml': `${validFiles['apps/notes.yaml']}minimumAcr: urn:okta:loa:2fa:any\n` };
  const [added] = await diffs.changes(minimum);
  const location = { name: 'minimumAcr', file: 'apps/notes.yaml' };
  expect(added).toMatchObject({
    sentence: 'all 2 users: one factor becomes two',
    before: { rules: [] },
    after: { rules: [{ ...location, line: 6, column: 13 }] },
  });
  const [removed] = await diffs.changes({ 'apps/notes.yaml': validFiles['apps/notes.yaml'] ?? '' }, minimum);
  expect(removed).toMatchObject({ before: { rules: [location] }, after: { rules: [] } });
});

test('a change is shown even if no user is in the group today', async () => {
  await diffs.addUsers(1, ['staff'], { credentials: [password] });
  expect((await diffs.sentences(signOn(two, all())))[0]).toBe(
    'no user today (users in editors): one factor becomes two',
  );
});

test('without a store: by groups, and users are not counted', async () => {
  const text = await withConfiguration(base, (from) =>
    withConfiguration({ ...base, ...signOn(two, all()) }, (dir) => diffs.printed(dir, '--from', from)),
  );
  expect(text).toMatch(/^What differs from the files of \S+:\n/);
  expect(text).toContain(
    'What users are asked for:\n  notes\n    users in editors: one factor becomes two; those with nothing but password have',
  );
});

test('the same change at several apps is one; apps that come and go are named', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const app = (id: string) => ({
    [`apps/${id}.yaml`]:
      validFiles['apps/notes.yaml']
        ?.replaceAll('notes.test', `${id}.test`)
        .replace('clientId: notes', `clientId: ${id}`) ?? '',
  });
  const active = { ...app('one'), ...app('two'), ...app('gone') };
  await withConfiguration({ ...base, ...active }, (dir) => applyDemo(diffs.terminal.store, dir));
  const next = { ...base, ...app('one'), ...app('two'), ...app('new'), ...signOn(all(2)) };
  const data: ConfigDiff = JSON.parse(await withConfiguration(next, (dir) => diffs.printed(dir, '--json')));
  expect(data).toMatchObject({ base: 1, users: 1, apps: { added: ['new'], removed: ['gone'] } });
  expect(data.changes.map(({ kind, apps }) => [kind, apps])).toEqual([
    ['requirement', ['notes', 'one', 'two']],
    ['acr', ['notes', 'one', 'two']],
  ]);
});

test('rules that were moved, changed and removed, keys with their values, and comments', async () => {
  const rule = (name: string, group: string) => ({ name, when: { groups: { any: [group] } }, then: 'deny' });
  const active = {
    ...signOn(rule('A', 'a'), rule('B', 'b'), rule('C', 'c'), all()),
    'policies/session.yaml': validFiles['policies/session.yaml'] ?? '',
  };
  const text = await diffs.diff(
    {
      ...signOn(rule('B', 'b'), rule('A', 'x'), all()),
      'stepgate.yaml': settings.replace('name: Test', 'name: Best'),
      'policies/session.yaml': `# A comment.\n${validFiles['policies/session.yaml']}`,
    },
    active,
  );
  expect(text).toContain('~ policies/session.yaml  (comments or layout only)\n');
  expect(text).toContain('changed  brand.name: Test -> Best  stepgate.yaml:2:9\n');
  for (const line of ['moved    rule "B"', 'changed  rule "A"', 'removed  rule "C"']) expect(text).toContain(line);
});

test('a change without effect on any sign-in is reported as such, and so is no change', async () => {
  await diffs.addUsers(2, [], { credentials: [password] });
  expect(await diffs.diff({ 'stepgate.yaml': settings.replace('name: Test', 'name: Best') })).toContain(
    'No fresh sign-in of 2 active users changes.',
  );
  expect(await diffs.diff({})).toBe('Nothing differs from revision 2, which is active.\n'.replace('2', '1'));
});

describe('a rule that asks when users last signed in', () => {
  const rule = { name: 'Long ago', when: { lastSignIn: { notWithin: 'P30D' } }, then: factors(2) };
  const recording = signOn({ ...rule, then: factors(1) }, all());

  test('is told of those of whom it is true', async () => {
    await diffs.diff({}, recording);
    await diffs.addUsers(3, [], { credentials: [password, totp] });
    const { store } = diffs.terminal;
    const ttl = keyTable['sign-in-history'].lifetime.seconds;
    const ids: string[] = [];
    for await (const page of store.members(usersKey)) ids.push(...page);
    for (const [at, id] of ids.entries()) {
      const value = JSON.stringify([{ at: fixedNow - at * 20 * 86_400, session: 's' }]);
      await store.commit([{ op: 'create', key: signInHistoryKey(id), value, ttl }]);
    }
    const text = await diffs.diff(signOn(rule, all()), recording);
    expect(text).toContain('1 of 3 users: one factor becomes two\n');
    expect(text).not.toContain('lastSignIn');
  });

  test('counts of users who are older than the records from their beginning on', async () => {
    await diffs.addUsers(2, [], { credentials: [password, totp] });
    expect(await diffs.diff(signOn(rule, all()))).toContain('No fresh sign-in of 2 active users changes.');
    const within = { ...rule, when: { lastSignIn: { within: 'P30D' } } };
    expect(await diffs.diff(signOn(within, all()))).toContain('all 2 users: one factor becomes two\n');
  });

  test('of made-up users it is said when', async () => {
    const older = { ...rule, name: 'Longer ago', when: { lastSignIn: { notWithin: 'P90D' } }, then: factors(2) };
    await withConfiguration(base, async (from) => {
      const told = async (...rules: readonly object[]) =>
        JSON.parse(
          await withConfiguration({ ...base, ...signOn(...rules, all()) }, (dir) =>
            diffs.printed(dir, '--from', from, '--json'),
          ),
        ).changes.flatMap(({ kind, where }: AccessChange) => (kind === 'requirement' ? where : []));
      const month = { within: 'P30D' };
      expect(await told(rule)).toEqual(['with no sign-in within 30 d']);
      expect(await told({ ...rule, when: { lastSignIn: month } })).toEqual(['with a sign-in within 30 d']);
      expect(await told({ ...all(), name: 'Long', when: older.when }, rule)).toEqual([
        'with the last sign-in 30 d to 90 d ago',
      ]);
      expect(await told({ ...rule, when: { any: [{ lastSignIn: month }, older.when] } })).toEqual([
        'with a sign-in within 30 d or no sign-in within 90 d',
      ]);
    });
  });
});

test('users are told apart by what a rule asks of them beside the risk', async () => {
  await diffs.addUsers(3, ['hr'], { credentials: [password] });
  await diffs.addUsers(2, [], { credentials: [password] });
  const rule = { name: 'Unusual', when: { risk: { any: ['newDevice'] }, groups: { any: ['hr'] } }, then: 'deny' };
  const [change, ...others] = await diffs.changes(signOn(rule, all()));
  expect(others).toEqual([]);
  expect(change).toMatchObject({
    kind: 'requirement',
    who: { users: 3, of: 5 },
    after: { words: 'denied', rules: [{ name: 'Unusual' }] },
  });
});

test('a fresh sign-in is one of a new device', async () => {
  const rule = { name: 'Unusual', when: { risk: { any: ['newDevice'] } }, then: 'deny' };
  await diffs.addUsers(2, [], { credentials: [password] });
  const text = await diffs.diff(signOn(rule, all()));
  expect(text).toContain('all 2 users, in a new browser: no longer let in (one factor before)');
  expect(text).not.toContain('also ask about');
});

describe('the page', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stepgate-diff-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  test('is one file that loads nothing, and what files say is text in it', async () => {
    await diffs.addUsers(2, ['editors'], { credentials: [password] });
    const file = join(dir, 'diff.html');
    const name = '<img src=x onerror=alert(1)> & "so"';
    await diffs.diff(signOn({ ...two, name }, all()), {}, '--html', file);
    const page = await readFile(file, 'utf8');
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt; &amp; &quot;so&quot;');
    expect(page).not.toMatch(/<img|<script|<link|src=["']|url\(/);
    expect(page).toContain('all 2 users: one factor becomes two; all of them have no second factor yet');
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  test('a file that cannot be written is refused', async () => {
    await writeFile(join(dir, 'file'), '');
    await expect(diffs.diff(signOn(all(2)), {}, '--html', join(dir, 'file', 'diff.html'))).rejects.toThrow(
      /cannot be written/,
    );
  });
});

test('a broken configuration is reported, and nothing is compared', async () => {
  await diffs.diff({});
  const broken = { ...base, 'stepgate.yaml': 'brand: { nam: A }\n' };
  expect(await withConfiguration(broken, (dir) => diffs.printed(dir))).toBe('');
  expect(diffs.terminal.exitCode()).toBe(1);
  await expect(
    withConfiguration(broken, (from) => withConfiguration(base, (dir) => diffs.printed(dir, '--from', from))),
  ).rejects.toThrow(/is not a good configuration/);
});

test('`config check` tells what the analysis finds, and a diff does not', async () => {
  await diffs.diff({});
  let told = '';
  const context = configContext(diffs.terminal, {
    stderr: (text) => {
      told += text;
    },
  });
  await withConfiguration({ ...base, ...signOn(two, { ...two, name: 'Again' }, all()) }, async (dir) => {
    await run(diffCommand(context), dir);
    expect(diffs.terminal.printed()).toContain('policies/sign-on/notes.yaml');
    expect(told).toBe('');
    await run(checkCommand(context), dir);
    expect(told).toContain('never decides');
  });
});

describe('the pages of the own account are an app, too', () => {
  const session = (...rules: readonly object[]) => ({ 'policies/session.yaml': JSON.stringify({ rules }) });
  const lifetimes = { primary: 'any', idle: 'PT2H', absolute: 'P1D' };
  const signedIn = (secondFactor: string) => ({ name: 'All', then: { allow: { ...lifetimes, secondFactor } } });
  const of = async (next: Files, active: Files) =>
    (await diffs.changes(next, active)).map(({ apps, sentence }) => `${apps}: ${sentence}`);

  test('where the session policy alone asks for a second factor', async () => {
    await diffs.addUsers(2, [], { credentials: [password, totp] });
    const active = { ...signOn(all(2)), ...session(signedIn('never')) };
    expect((await of(session(signedIn('always')), active))[0]).toBe(
      'stepgate-account: all 2 users: one factor becomes two',
    );
  });

  test('where the session policy denies what the app denies already', async () => {
    await diffs.addUsers(2, [], { credentials: [password] });
    const out = { name: 'Out', when: { network: { none: ['office'] } }, then: 'deny' };
    const active = { ...signOn(out, all()), ...session(signedIn('never')) };
    expect((await of(session(out, signedIn('never')), active))[0]).toBe(
      'stepgate-account: all 2 users, from outside office: no longer let in (one factor before)',
    );
  });

  test('and not where only rules of other apps change', async () => {
    await diffs.addUsers(2, [], { credentials: [password] });
    for (const { apps } of await diffs.changes(signOn(all(2)))) expect(apps).toEqual(['notes']);
  });
});
