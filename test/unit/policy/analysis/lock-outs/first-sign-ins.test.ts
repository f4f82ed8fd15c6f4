/** Session policies by which an account never signs in for the first time, and those that only seem so. */
import { describe, expect, test } from '@jest/globals';
import { validFiles } from '../../support/configuration-dir.ts';
import { account, findings, places, rules } from '../../support/lock-out-files.ts';

const allow = '{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } }';
const rest = `{ name: Rest, then: ${allow} }`;
const session = (...some: readonly string[]) => ({ 'policies/session.yaml': rules(...some) });
const denied = (when: string, ...more: readonly string[]) =>
  session(`{ name: D, when: { ${when} }, then: deny }`, ...more, rest);

test.each([
  ['browsers that the account does not know', 'device: { known: false }'],
  ['new devices', 'risk: { any: [newDevice] }'],
  ['users who were away, and who never were here', 'lastSignIn: { notWithin: P90D }'],
  ['one of these', 'any: [{ device: { known: false } }, { network: { any: [office] } }]'],
])('denying %s lets no account in, ever', async (_, when) => {
  const found = await findings(denied(when));
  expect(found).toMatchObject([
    {
      severity: 'error',
      code: 'lock-out',
      ...{ file: 'policies/session.yaml', line: 2, path: 'rules[0]' },
      message: expect.stringMatching(/^denies every account the first sign-in, to every app and to the account pages/),
    },
  ]);
  expect(found[0]?.example?.slice(0, 2)).toEqual(['--app', 'notes']);
});

test('the rule that decides for all browsers but known ones is named, too', async () => {
  const known = session(
    `{ name: Known, when: { device: { known: true } }, then: ${allow} }`,
    '{ name: Others, then: deny }',
  );
  expect(await places(known)).toEqual(['error lock-out policies/session.yaml:3:5']);
});

test('two rules that together deny every network are one finding', async () => {
  const both = session(
    '{ name: A, when: { device: { known: false }, network: { any: [office] } }, then: deny }',
    '{ name: B, when: { device: { known: false }, network: { none: [office] } }, then: deny }',
    rest,
  );
  const found = await findings(both);
  expect(found.map(({ code, line, rules: others }) => [code, line, others.map(({ name }) => name)])).toEqual([
    ['lock-out', 2, ['B']],
  ]);
});

test('users of a group are a warning', async () => {
  const guests = denied('groups: { any: [guests] }, device: { known: false }');
  const found = await findings(guests);
  expect(found).toMatchObject([
    { severity: 'warning', code: 'newcomer-lock-out', file: 'policies/session.yaml', line: 2 },
  ]);
  expect(found[0]?.message).toContain('denies every account for which it decides the first sign-in');
});

test('so are those of some of its groups, with one of them as the example', async () => {
  const staff = `{ name: Staff, when: { groups: { any: [staff] }, network: { any: [office] } }, then: ${allow} }`;
  const found = await findings(session(staff, '{ name: D, when: { device: { known: false } }, then: deny }', rest));
  expect(found).toMatchObject([{ severity: 'warning', code: 'newcomer-lock-out', line: 3 }]);
  expect(found[0]?.message).toContain('accounts such as that of the example');
  expect(found[0]?.example).not.toContain('staff');
});

test.each([
  [
    'from the office they get in',
    session(
      `{ name: Office, when: { network: { any: [office] } }, then: ${allow} }`,
      '{ name: D, when: { device: { known: false } }, then: deny }',
      rest,
    ),
  ],
  ['at weekends only they do not', denied('device: { known: false }, time: { days: [sat, sun], zone: UTC }')],
  ['another network is no first one', denied('risk: { any: [newNetwork] }')],
  ['nor is a long time away', denied('risk: { any: [longAway] }')],
  [
    'what is asked for more is met',
    session(
      '{ name: New, when: { device: { known: false } }, then: { allow: { primary: any, secondFactor: always, idle: PT2H, absolute: PT12H } } }',
      rest,
    ),
  ],
  ['guests are never let in, which is meant', denied('groups: { any: [guests] }')],
  ['the account pages are open', denied('device: { known: false }, apps: { any: [notes] }')],
])('quiet: %s', async (_, files) => {
  expect(await places(files)).toEqual([]);
});

const adding = (when: string) =>
  account(
    `{ name: There, when: { ${when} }, then: { allow: { factors: 1 } } }`,
    '{ name: Nowhere else, change: { add: [totp, webauthn] }, then: deny }',
  );
const needed = {
  'policies/sign-on/notes.yaml': `name: notes\n${rules(
    '{ name: All, then: { allow: { possession: { authenticators: [totp, webauthn] } } } }',
  )}`,
};

test.each([
  ['all users', 'time: { days: [sat], zone: UTC }', 'time: { days: [sat], zone: UTC }', 'error lock-out'],
  [
    'contractors',
    'network: { any: [office] }',
    'groups: { any: [contractors] }, network: { any: [office] }',
    'error lock-out',
  ],
  ['young accounts', 'accountAge: { below: P30D }', 'accountAge: { below: P30D }', 'error lock-out'],
  [
    'another time is enough',
    'network: { any: [office] }',
    'time: { days: [sat], zone: UTC }',
    'warning newcomer-lock-out',
  ],
])('what can be added only where the session policy denies cannot be added: %s', async (_, added, closed, code) => {
  const found = await places({ ...adding(added), ...needed, ...denied(closed) });
  expect(found.filter((line) => line.includes('lock-out'))).toEqual([`${code} policies/account.yaml:3:5`]);
});

describe('a session policy that closes the account pages alone', () => {
  const one = '{ allow: { factors: 1 } }';
  const signOn = (app: string, ...all: readonly string[]) => ({
    [`policies/sign-on/${app}.yaml`]: `name: ${app}\n${rules(...all)}`,
  });
  const noNew = (app: string) =>
    signOn(app, '{ name: New, when: { device: { known: false } }, then: deny }', `{ name: Known, then: ${one} }`);
  const wiki = {
    'apps/wiki.yaml': validFiles['apps/notes.yaml']?.replaceAll('notes', 'wiki').replace('Notes', 'Wiki'),
  };
  const closed = denied('apps: { none: [notes, wiki] }');
  const closedToNew = denied('apps: { none: [notes, wiki] }, device: { known: false }');

  test.each([
    ['wholly', closed],
    ['to new browsers', closedToNew],
  ])('%s, and each app denies new users: one error', async (_, pages) => {
    const found = await findings({ ...pages, ...noNew('notes'), ...wiki, ...noNew('wiki') });
    expect(found.filter(({ severity }) => severity === 'error')).toMatchObject([
      {
        ...{ code: 'lock-out', file: 'policies/session.yaml', line: 2 },
        message: expect.stringMatching(
          /^denies every account the first sign-in to the account pages, and the rules named/,
        ),
        rules: [
          { name: 'New', file: 'policies/sign-on/notes.yaml' },
          { name: 'New', file: 'policies/sign-on/wiki.yaml' },
        ],
      },
    ]);
  });

  test.each([
    [
      'an app lets new users in',
      { ...closed, ...noNew('notes'), ...wiki, ...signOn('wiki', `{ name: All, then: ${one} }`) },
    ],
    ['the account pages are open', noNew('notes')],
    [
      'they are closed in one network',
      { ...denied('apps: { none: [notes] }, network: { any: [office] }'), ...noNew('notes') },
    ],
  ])('quiet where %s', async (_, files) => {
    expect((await findings(files)).filter(({ code }) => code === 'lock-out')).toEqual([]);
  });
});
