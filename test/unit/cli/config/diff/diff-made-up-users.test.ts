/** `config diff --from`: what changes for users who have less than everything. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ConfigDiff } from '../../../../../src/cli/config/diff/compared/configuration-changes.ts';
import { withConfiguration } from '../../../policy/support/configuration-dir.ts';
import {
  all,
  base,
  type Diffs,
  enrollment,
  type Files,
  factors,
  openDiffs,
  settings,
  signOn,
} from '../../support/diff-harness.ts';

let diffs: Diffs;
beforeAll(() => {
  diffs = openDiffs();
});
afterAll(() => diffs.terminal.store.close());

async function diffFrom(active: Files, next: Files): Promise<ConfigDiff> {
  return withConfiguration({ ...base, ...active }, (from) =>
    withConfiguration({ ...base, ...active, ...next }, async (dir) =>
      JSON.parse(await diffs.printed(dir, '--from', from, '--json')),
    ),
  );
}

/** Without what tokens say. */
const sentencesOf = async (active: Files, next: Files) =>
  (await diffFrom(active, next)).changes
    .filter(({ kind, apps }) => kind !== 'acr' && apps.includes('notes'))
    .map(({ sentence }) => sentence);

const rules = (file: string, ...some: readonly object[]): Files => ({ [file]: JSON.stringify({ rules: some }) });
const expiring = (maxAge: string) => rules('policies/password.yaml', { name: 'All', then: { maxAge } });
const account = (change: object, then: unknown) =>
  rules('policies/account.yaml', { name: 'Some', change, then }, { name: 'All', then: factors(1) });

const noTotp = account({ add: ['totp'] }, 'deny');
const changeBy = (...authenticators: readonly string[]) =>
  account({ change: ['password'] }, { allow: { possession: { authenticators } } });
const byKey = changeBy('webauthn');
const nameless = (then: unknown) => ({
  name: 'Nameless',
  when: { attributes: { nickname: { present: false } } },
  then,
});
const nicknameRequired: Files = {
  'policies/profile/default.yaml': JSON.stringify({
    name: 'default',
    rules: [{ name: 'All', then: { required: ['nickname'] } }],
  }),
};
const totpRequired = enrollment({ required: ['totp'] });
const denied =
  'can\'t get in any more: totp must be enrolled (by "All" of the enrollment policy), and "Some" of the account policy forbids that';
const notReplaced = (reason: string) =>
  `can't get in any more: the password ${reason} (by "All" of the password policy), and the user cannot prove what "Some" of the account policy asks for before it is replaced`;

const newBrowsers = rules(
  'policies/enrollment.yaml',
  { name: 'New browsers', when: { device: { known: false } }, then: { useOnly: ['totp'] } },
  { name: 'All', then: {} },
);
const byTotp = { name: 'All', then: { allow: { factors: 2, possession: { authenticators: ['totp'] } } } };

test.each<[string, Files, Files, unknown]>([
  [
    'an effect in some browsers only',
    { ...newBrowsers, ...signOn(byTotp) },
    signOn(all(2)),
    [
      'every user with totp: less is asked for: no longer "possession by totp"',
      'every user without totp, in a new browser: less is asked for: no longer "possession by totp"; can get in, and couldn\'t before',
      'every user without totp, in a known browser: less is asked for: no longer "possession by totp"',
    ],
  ],
  ['a set-up that is newly required', signOn(all()), totpRequired, ['every user without totp: must set up totp']],
  [
    'an age of passwords',
    signOn(all()),
    expiring('P30D'),
    ['every user whose password is 30 d old: asked to replace password, when signing in by password'],
  ],
  [
    'an age of passwords of groups that sign in in other ways',
    signOn({ name: 'Staff', when: { groups: { any: ['staff'] } }, then: factors(2) }, all()),
    expiring('P30D'),
    [
      'users in no group that rules name whose password is 30 d old: asked to replace password, when signing in by password',
      'users in staff whose password is 30 d old, except those with all but totp: asked to replace password, when signing in by password + one of (totp, enroll totp)',
    ],
  ],
  [
    'another age',
    { ...signOn(all()), ...expiring('P30D') },
    expiring('P90D'),
    [
      'every user whose password is between 30 d and 90 d old: no longer asked to replace password, when signing in by password',
    ],
  ],
  [
    'a list that no longer counts',
    signOn(all()),
    rules('policies/password.yaml', { name: 'All', then: { blocklists: ['list', 'breached'] } }),
    ['every user whose password is on a blocklist: no longer asked to replace password, when signing in by password'],
  ],
  [
    'a rule that decides once an attribute is filled in',
    signOn(nameless(factors(1)), { name: 'All', then: 'deny' }),
    nicknameRequired,
    ["every user: can't get in any more: a rule says so"],
  ],
  [
    'rules for groups that decide from then on',
    signOn(nameless(factors(1)), { name: 'Staff', when: { groups: { any: ['staff'] } }, then: 'deny' }, all()),
    nicknameRequired,
    expect.arrayContaining(["users in staff: can't get in any more: a rule says so"]),
  ],
  [
    'a lock-out of those who lack something',
    { ...signOn(all()), ...totpRequired },
    noTotp,
    [`every user without totp: ${denied}`],
  ],
  [
    'a lock-out of those with an old password',
    { ...signOn(all()), ...expiring('P30D') },
    byKey,
    [
      `every user with nothing but password that is 30 d old: ${notReplaced('has expired')}`,
      `every user with nothing but password that is on a blocklist: ${notReplaced('is on a blocklist')}`,
      'every user with all but webauthn and whose password is 30 d old or on a blocklist: may no longer sign in by password',
    ],
  ],
  [
    'a lock-out of those with a password on a list and something else',
    { ...signOn(all(2)), ...changeBy('totp', 'webauthn') },
    changeBy('webauthn'),
    [
      'every user with all but webauthn and whose password is on a blocklist: can\'t get in any more: the password is on a blocklist, and the user cannot prove what "Some" of the account policy asks for before it is replaced',
      'every user with nothing but password that is on a blocklist: must set up webauthn (totp or webauthn before)',
    ],
  ],
  [
    'a way to sign in that is no longer enough',
    { ...signOn(all()), ...changeBy('totp', 'webauthn') },
    changeBy('webauthn'),
    ['every user with all but webauthn and whose password is on a blocklist: may no longer sign in by password'],
  ],
  [
    'a way to sign in that is enough from then on',
    { ...signOn(all()), ...changeBy('webauthn') },
    changeBy('totp', 'webauthn'),
    ['every user with all but webauthn and whose password is on a blocklist: may also sign in by password'],
  ],
  ['an attribute, whatever else is asked', signOn(all()), nicknameRequired, ['every user: must fill in nickname']],
  [
    'an attribute and a set-up',
    signOn(all()),
    { ...nicknameRequired, ...totpRequired },
    ['every user: must fill in nickname', 'every user without totp: must set up totp'],
  ],
  [
    'less than before',
    signOn({ name: 'All', then: { allow: { factors: 2, possession: { authenticators: ['webauthn'] } } } }),
    signOn({ name: 'All', then: factors(2) }),
    expect.arrayContaining(['every user: less is asked for: no longer "possession by webauthn"']),
  ],
  [
    'a password that the requirement takes from then on, and that must be replaced',
    signOn(all(2)),
    signOn(all()),
    expect.not.arrayContaining([expect.stringContaining('replace password')]),
  ],
  [
    'more than before',
    signOn({ name: 'All', then: factors(2) }),
    signOn({ name: 'All', then: { allow: { factors: 2, possession: { authenticators: ['webauthn'] } } } }),
    expect.arrayContaining([expect.stringMatching(/^every user: more is asked for: "possession by webauthn"/)]),
  ],
  [
    'an authenticator that is switched off',
    signOn(all()),
    { 'stepgate.yaml': settings.replace('totp: { enabled: true }', 'totp: { enabled: false }') },
    expect.arrayContaining([
      "every user with nothing but totp: can't get in any more: nothing is enrolled that could be proved",
      'every user with totp, except those with nothing but totp: may no longer sign in by totp',
    ]),
  ],
  [
    'a requirement of all, with effects on some',
    signOn(all()),
    signOn(all(2)),
    expect.arrayContaining([
      'every user: one factor becomes two; those with nothing but password have no second factor yet; those with nothing but totp have no second factor yet',
    ]),
  ],
  [
    'an effect in the same words on groups that must set up different authenticators',
    {
      'stepgate.yaml': settings.replace('{ totp:', '{ recovery_code: { enabled: true }, totp:'),
      ...signOn({ name: 'Helpers alone', when: { groups: { none: ['helpers'] } }, then: 'deny' }, all()),
      ...rules(
        'policies/enrollment.yaml',
        {
          name: 'Admins',
          when: { groups: { any: ['admins'] } },
          then: { required: [{ anyOf: ['totp', 'webauthn'] }] },
        },
        { name: 'All', then: {} },
      ),
    },
    signOn(all(2)),
    [
      'users in admins or in no group that rules name: let in, by two factors (denied before); those with nothing but password have no second factor yet',
      'users in helpers: one factor becomes two; those with nothing but password have no second factor yet',
    ],
  ],
  [
    'a set-up that one group lacks',
    signOn(all()),
    rules(
      'policies/enrollment.yaml',
      { name: 'Staff', when: { groups: { any: ['staff'] } }, then: { required: ['webauthn'] } },
      { name: 'All', then: {} },
    ),
    ['users in staff without webauthn: must set up webauthn'],
  ],
  [
    'a second one of a kind',
    signOn(all()),
    enrollment({ required: [{ anyOf: ['webauthn'], count: 2 }] }),
    [
      'every user without webauthn: must set up 2 of webauthn',
      'every user with one of each authenticator: must set up webauthn',
    ],
  ],
])('%s', async (_, active, next, expected) => {
  expect(await sentencesOf(active, next)).toEqual(expected);
});

test('what tokens say is told once for each acr', async () => {
  const { changes } = await diffFrom(signOn(all()), signOn(all(2)));
  const told = changes.flatMap(({ kind, sentence }) => (kind === 'acr' ? [sentence] : []));
  expect(told.toSorted()).toEqual([
    'every user with every authenticator, or without webauthn: tokens may say acr urn:okta:loa:2fa:any, and did not',
    'every user with nothing but password, or with nothing but totp: tokens may say acr phr, and did not',
    'every user with password: tokens no longer say acr urn:okta:loa:1fa:pwd',
    'every user with totp: tokens no longer say acr urn:okta:loa:1fa:any',
  ]);
});

test('what was asked of several users is told once', async () => {
  const said = async (active: Files, next: Files) =>
    (await diffFrom(active, next)).changes.map(({ before, after }) => [before.words, after.words]);
  const denying = signOn(nameless(factors(1)), { name: 'All', then: 'deny' });
  expect(await said(denying, nicknameRequired)).toEqual([
    ['totp or webauthn, or password (in some cases then further proof; then replace password)', 'denied'],
  ]);
  expect(await said(signOn(all()), expiring('P30D'))).toContainEqual([
    'nothing more',
    'replace password (in some cases also further proof)',
  ]);
});

test('what is not varied is named', async () => {
  const changed = signOn(all(2));
  expect((await diffFrom(signOn(all()), changed)).leftAside).toEqual([]);
  const email = 'authenticators: { email: { enabled: true },';
  const files = {
    'stepgate.yaml': `${settings.replace('authenticators: {', email)}mail: { from: a@example.org, smtp: { host: mail.example.org } }\n`,
  };
  expect((await diffFrom({ ...signOn(all()), ...files }, changed)).leftAside).toEqual(['enrollments']);
  const optional = enrollment({ optional: ['totp'] });
  expect((await diffFrom({ ...signOn(all()), ...optional }, changed)).leftAside).toEqual(['skips']);
  const third = { 'apps/notes.yaml': `${base['apps/notes.yaml']}firstParty: false\n` };
  expect((await diffFrom({ ...signOn(all()), ...third }, changed)).leftAside).toEqual(['consents']);
});
