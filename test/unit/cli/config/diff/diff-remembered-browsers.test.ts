/** `config diff` of what a browser is asked for that remembers a second factor. See decision 18. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConfigDiff } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { validFiles, withConfiguration } from '../../../policy/support/configuration-dir.ts';
import {
  base,
  type Diffs,
  enrollment,
  type Files,
  openDiffs,
  password,
  signOn,
  totp,
  webauthn,
} from '../../support/diff-harness.ts';

let diffs: Diffs;
beforeEach(() => {
  diffs = openDiffs();
});
afterEach(() => diffs.terminal.store.close());

const remember = { device: 'P30D' };
const remembering = signOn({ name: 'Two', then: { allow: { factors: 2 }, remember } });
const notRemembering = signOn({ name: 'Two', then: { allow: { factors: 2 } } });

const terms = { primary: 'password', idle: 'PT8H', absolute: 'P1D' };
const session = (secondFactor: unknown): Files => ({
  'policies/session.yaml': JSON.stringify({
    rules: [
      { name: 'Notes', when: { apps: { any: ['notes'] } }, then: { allow: { ...terms, secondFactor } } },
      { name: 'All', then: { allow: { ...terms, secondFactor: 'never' } } },
    ],
  }),
});
const [always, never] = [session('always'), session('never')];

const waived = 'the second factor is no longer asked for where the browser remembers it';
const asked = 'the second factor is asked for even where the browser remembers it';

describe('a rule of the session policy', () => {
  test('that asks for a second factor no longer, and one that asks for it now', async () => {
    await diffs.addUsers(2, ['editors'], { credentials: [password, totp] });
    await diffs.addUsers(1, [], { credentials: [password, webauthn] });
    const active = { ...remembering, ...always };
    expect(await diffs.diff({ ...remembering, ...never }, active)).toContain(
      [
        'Tokens and sessions (3 active users today):',
        '  notes',
        `    all 3 users: ${waived}`,
        '        before  "Notes" policies/session.yaml:1:11',
        '        after   "Notes" policies/session.yaml:1:11',
      ].join('\n'),
    );
    expect(await diffs.sentences({ ...remembering, ...always }, { ...remembering, ...never })).toEqual([
      `all 3 users: ${asked}`,
    ]);
  });

  test('that asks for it every few hours', async () => {
    await diffs.addUsers(1, [], { credentials: [password, totp] });
    const every = session({ every: 'PT3H' });
    expect(await diffs.sentences({ ...remembering, ...every }, { ...remembering, ...never })).toContain(
      `the one user: ${asked}`,
    );
    expect(await diffs.sentences({ ...remembering, ...never }, { ...remembering, ...every })).toContain(
      `the one user: ${waived}`,
    );
    expect(await diffs.sentences({ ...remembering, ...every }, { ...remembering, ...always })).not.toContain(
      `the one user: ${waived}`,
    );
  });

  test('that asks for it in new browsers alone', async () => {
    await diffs.addUsers(1, [], { credentials: [password, totp] });
    const [newDevice, active] = [session('newDevice'), { ...remembering, ...always }];
    expect(await diffs.sentences({ ...remembering, ...newDevice }, active)).toEqual([
      'the one user, in a new browser: the second factor is remembered for 30 d (not remembered before)',
      `the one user, in a known browser: ${waived}`,
    ]);
    expect(await diffs.sentences({ ...remembering, ...never }, { ...remembering, ...newDevice })).toEqual([]);
  });

  test('under which it never was waived, so that it is not remembered either', async () => {
    await diffs.addUsers(1, [], { credentials: [password, totp] });
    const active = { ...notRemembering, ...always };
    expect(await diffs.sentences({ ...remembering, ...always }, active)).toEqual([]);
    expect(await diffs.sentences({ ...remembering, ...never }, active)).toEqual([
      'the one user: the second factor is remembered for 30 d (not remembered before)',
    ]);
  });
});

test('users in whose browsers nothing else is asked for are not meant', async () => {
  await diffs.addUsers(1, ['editors'], { credentials: [password, totp] });
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const ofEditors = signOn(
    { name: 'Editors', when: { groups: { any: ['editors'] } }, then: { allow: { factors: 2 }, remember } },
    { name: 'Others', then: { allow: { factors: 2 } } },
  );
  expect(await diffs.sentences({ ...ofEditors, ...never }, { ...ofEditors, ...always })).toEqual([
    `1 user in editors: ${waived}`,
  ]);
});

test.each([
  [['editors'], ['staff']],
  [['staff'], ['editors']],
])('in a new browser, users of whom other rules will decide in a known one: %j, %j', async (...order) => {
  for (const groups of order) await diffs.addUsers(1, groups, { credentials: [password, totp] });
  const ofStaff = signOn(
    {
      name: 'Editors',
      when: { groups: { any: ['editors'] }, device: { known: true } },
      then: { allow: { factors: 2 } },
    },
    { name: 'Others', then: { allow: { factors: 2 }, remember } },
  );
  expect(await diffs.sentences({ ...ofStaff, ...never }, { ...ofStaff, ...always })).toEqual([
    `1 of 2 users: ${waived}`,
  ]);
});

test('a user who sets up the second factor first is told the same', async () => {
  await diffs.addUsers(1, [], { credentials: [password] });
  expect(await diffs.sentences({ ...remembering, ...never }, { ...remembering, ...always })).toEqual([
    `the one user: ${waived}`,
  ]);
});

test('what follows a set-up that is newly asked for is not told besides', async () => {
  const verifying = { ...webauthn, factors: ['possession' as const, 'inherence' as const] };
  await diffs.addUsers(1, [], { credentials: [verifying] });
  const anyFirst =
    session('never')['policies/session.yaml']?.replaceAll('"primary":"password"', '"primary":"any"') ?? '';
  const sides = [never, { 'policies/session.yaml': anyFirst }] as const;
  for (const [from, to] of [sides, sides.toReversed()] as const) {
    const told = await diffs.sentences({ ...remembering, ...to }, { ...remembering, ...from });
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((sentence) => sentence.includes('remember'))).toEqual([]);
  }
});

test('the minimum `acr` of the app', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const minimum = { 'apps/notes.yaml': `${validFiles['apps/notes.yaml']}minimumAcr: urn:okta:loa:2fa:any\n` };
  const without = { 'apps/notes.yaml': validFiles['apps/notes.yaml'] ?? '' };
  const [added] = await diffs.changes({ ...remembering, ...minimum }, remembering);
  const location = { name: 'minimumAcr', file: 'apps/notes.yaml' };
  expect(added).toMatchObject({
    kind: 'session',
    sentence: `the one user: ${asked}`,
    before: { rules: [] },
    after: { rules: [{ ...location, line: 6 }] },
  });
  expect(await diffs.changes({ ...remembering, ...without }, { ...remembering, ...minimum })).toMatchObject([
    { sentence: `the one user: ${waived}`, before: { rules: [location] } },
  ]);
});

test('`default_max_age` of the app, with which a browser remembers nothing', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp] });
  const [plain = ''] = [validFiles['apps/notes.yaml']];
  const aged = { 'apps/notes.yaml': plain.replace('client:\n', 'client:\n  default_max_age: 3600\n') };
  expect(await diffs.sentences({ ...remembering, ...aged }, remembering)).toContain(`the one user: ${asked}`);
});

test('an enrollment rule that disables what the browser remembers', async () => {
  await diffs.addUsers(1, [], { credentials: [password, totp, webauthn] });
  const disabling = enrollment({ disabled: ['totp'] });
  const plain = enrollment({});
  const ofTotp = (words: string) => `the one user: the second factor is ${words} where the browser remembers totp`;
  expect(await diffs.sentences({ ...remembering, ...disabling }, { ...remembering, ...plain })).toContain(
    ofTotp('asked for even'),
  );
  expect(await diffs.sentences({ ...remembering, ...plain }, { ...remembering, ...disabling })).toContain(
    ofTotp('no longer asked for'),
  );
});

test('without a store', async () => {
  const [active, next] = [
    { ...base, ...remembering, ...always },
    { ...base, ...remembering, ...never },
  ];
  const { changes } = await withConfiguration(active, (from) =>
    withConfiguration(
      next,
      async (dir): Promise<ConfigDiff> => JSON.parse(await diffs.printed(dir, '--from', from, '--json')),
    ),
  );
  expect(changes).toMatchObject([
    {
      kind: 'session',
      sentence: `every user: ${waived}`,
      before: { words: asked },
      after: { words: 'the second factor is not asked for where the browser remembers it' },
    },
  ]);
});

test('in a page', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-diff-'));
  try {
    const page = join(dir, 'diff.html');
    await diffs.addUsers(1, [], { credentials: [password, totp] });
    await diffs.diff({ ...remembering, ...never }, { ...remembering, ...always }, '--html', page);
    expect(await readFile(page, 'utf8')).toContain(waived);
  } finally {
    await rm(dir, { recursive: true });
  }
});
