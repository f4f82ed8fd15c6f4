/** `config apply --no-weaker` and stricter rules: what users set up in a sign-in, who lack what is asked for. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { validFiles } from '../../../policy/support/configuration-dir.ts';
import { openTerminal, type Terminal } from '../../support/harness.ts';
import { replayedChange } from '../support/replayed-change.ts';

let terminal: Terminal;
beforeEach(() => {
  terminal = openTerminal();
});
afterEach(() => terminal.store.close());

type Files = Readonly<Record<string, string>>;

const on = { enabled: true };
const off = { enabled: false };
const phone = { ...on, methods: ['voice'], countries: ['AT'] };
const settingsOf = (authenticators: object): Files => ({
  'stepgate.yaml': `${validFiles['stepgate.yaml']}authenticators: ${JSON.stringify(authenticators)}\n`,
});
const withCodes = settingsOf({ password: on, phone, totp: off, webauthn: on, recovery_code: on });
const withApps = settingsOf({ password: on, phone, totp: on, webauthn: on });
const rulesOf = (file: string, name: string | undefined, rules: readonly object[]): Files => ({
  [file]: JSON.stringify({ ...(name && { name }), rules }),
});
const signOn = (...rules: readonly object[]) => rulesOf('policies/sign-on/notes.yaml', 'notes', rules);
const allow = (terms: object, when?: object) => ({ name: 'Rule', ...(when && { when }), then: { allow: terms } });
const enrollment = (...rules: readonly object[]) => rulesOf('policies/enrollment.yaml', undefined, rules);
const disabling = (key: string, when?: object) => ({
  ...{ name: `No ${key}`, then: { disabled: [key] } },
  ...(when && { when }),
});
const noPhone = enrollment(disabling('phone'));
const one = { factors: 1 };
const two = { factors: 2 };
const resistant = { possession: { phishingResistant: true } };
const editors = { groups: { any: ['editors'] } };
const replayed = (active: Files, next: Files) =>
  replayedChange(terminal, [{ ...validFiles, ...active }], { ...validFiles, ...next });
const quiet = { claims: [], undecided: [] };

const enough = (proved: string, added: string, owned: string) =>
  `${proved} is enough to set up ${added} for a user who has ${owned}, and so to get in, and was not`;

const byTotp = { possession: { authenticators: ['totp'] } };
const always: Files = {
  'policies/session.yaml': (validFiles['policies/session.yaml'] ?? '').replace('never', 'always'),
};
const atNotes = { apps: { any: ['notes'] } };
const atAccount = { apps: { none: ['notes'] } };
const account = (...rules: readonly object[]) =>
  rulesOf('policies/account.yaml', undefined, [...rules, { name: 'Rest', then: { allow: one } }]);
const adding = (then: unknown, when: object) => ({ name: 'Add', change: { add: ['webauthn', 'totp'] }, when, then });

describe('a disabled authenticator proves what is needed to set up another one (Law 7)', () => {
  test.each<[string, Files, Files, Files, string]>([
    [
      'beside a recovery code',
      { ...withCodes, ...noPhone },
      signOn(allow(one)),
      signOn(allow(resistant)),
      enough('phone', 'webauthn', 'phone and recovery_code'),
    ],
    [
      'beside a code generator',
      { ...withApps, ...noPhone },
      signOn(allow(one)),
      signOn(allow(resistant)),
      enough('phone', 'webauthn', 'phone and totp'),
    ],
    [
      'for users of one group',
      { ...withApps, ...enrollment(disabling('phone', editors), { name: 'Rest', then: {} }) },
      signOn(allow(one)),
      signOn(allow(resistant)),
      enough('phone', 'webauthn', 'phone and totp'),
    ],
    [
      'beside a password, where the session policy asks for two factors',
      { ...withApps, ...noPhone, ...always },
      signOn(allow(two)),
      signOn(allow({ factors: 2, ...resistant })),
      enough('password and phone', 'webauthn', 'password and phone and totp'),
    ],
    [
      'where the account policy lets users add nothing on the pages of the account',
      { ...withApps, ...account(adding('deny', atAccount)) },
      signOn(allow({ possession: { authenticators: ['totp', 'webauthn'] } })),
      signOn(allow(resistant)),
      enough('phone', 'webauthn', 'phone and totp'),
    ],
  ])('%s', async (_, both, active, next, words) => {
    const { claims, undecided } = await replayed({ ...both, ...active }, { ...both, ...next });
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      { words, before: { outcome: 'challenge' }, after: { outcome: 'enroll', end: 'complete' } },
    ]);
  });
});

describe('stricter rules pass', () => {
  test.each<[string, Files, Files, Files]>([
    ['where nothing is disabled', withApps, signOn(allow(one)), signOn(allow(resistant))],
    [
      'where less proves the same on the pages of the account',
      withApps,
      signOn(allow({ possession: { authenticators: ['totp', 'webauthn'] } })),
      signOn(allow(resistant)),
    ],
    ['a second factor', { ...withApps, ...noPhone }, signOn(allow(one)), signOn(allow(two))],
    [
      'where what is disabled at the app counts on the pages of the account, which set up the same',
      { ...withApps, ...enrollment(disabling('phone', atNotes), { name: 'Rest', then: {} }) },
      signOn(allow(one)),
      signOn(allow(resistant)),
    ],
    [
      'where users of another group alone have something disabled',
      { ...withApps, ...enrollment(disabling('phone', editors), { name: 'Rest', then: {} }) },
      signOn({ ...allow(resistant, editors), name: 'Editors' }, allow(one)),
      signOn(allow(resistant)),
    ],
    [
      'where what is disabled proves less than the account can',
      { ...withApps, ...noPhone, ...always },
      signOn(allow({ knowledge: { authenticators: ['password'] }, ...byTotp })),
      signOn(
        allow({
          knowledge: { authenticators: ['password'] },
          possession: { authenticators: ['totp'], maxAge: 'PT1H' },
        }),
      ),
    ],
  ])('%s', async (_, both, active, next) => {
    expect(await replayed({ ...both, ...active }, { ...both, ...next })).toEqual(quiet);
  });
});

describe('enrollments of which the account policy asks for one before another (decision 169)', () => {
  const withCodesOf = settingsOf({ password: on, totp: on, webauthn: on });
  const closed: Files = rulesOf('policies/session.yaml', undefined, [
    { name: 'No pages', when: atAccount, then: 'deny' },
    { name: 'Rest', then: { allow: { primary: 'any', secondFactor: 'never', idle: 'PT2H', absolute: 'P1D' } } },
  ]);
  const passkeys = (terms: object, name = 'Passkeys') => ({
    ...{ name, change: { add: ['webauthn'] } },
    then: { allow: terms },
  });
  const byPasskey = signOn(allow(resistant));
  const named = { ...two, ...byTotp };
  const graced = { anyOf: ['totp'], grace: { skips: 2 } };
  const requiring = (...keys: readonly (string | typeof graced)[]) =>
    enrollment({ name: 'All', then: { required: keys } });
  const totpAtNotes = [
    { name: 'Here', change: { add: ['totp'] }, when: atNotes, then: { allow: one } },
    { name: 'Elsewhere', change: { add: ['totp'] }, then: 'deny' },
  ];
  const both = { ...withCodesOf, ...byPasskey };
  const noted = { ...withCodesOf, ...signOn(allow(one)), ...account(passkeys(two)) };

  const setUp = (proved: string, added: string) =>
    `${proved} is enough to set up ${added}, and so to get in, and was not`;

  test.each<[string, Files, Files, Files, string]>([
    [
      'a rule that names what comes first lets users in where the pages of the account are closed',
      { ...both, ...closed },
      account(passkeys(two)),
      account(passkeys(named)),
      setUp('password', 'totp and webauthn'),
    ],
    [
      'by a characteristic',
      { ...both, ...closed },
      account(passkeys(two)),
      account(passkeys({ factors: 2, possession: { deviceBound: true } })),
      setUp('password', 'totp and webauthn'),
    ],
    [
      'where what comes first cannot be added there',
      both,
      account(...totpAtNotes, passkeys(two)),
      account(...totpAtNotes, passkeys(named)),
      setUp('password', 'totp and webauthn'),
    ],
    [
      'what is required besides lets users in',
      { ...noted, ...closed },
      requiring('webauthn'),
      requiring('totp', 'webauthn'),
      setUp('password', 'totp and webauthn'),
    ],
    [
      'and so does what may still be skipped (decision 175)',
      { ...noted, ...closed },
      requiring('webauthn'),
      requiring(graced, 'webauthn'),
      setUp('password', 'totp and webauthn'),
    ],
    [
      'at an app that takes what comes after it',
      { ...both, ...closed, ...account(passkeys(two)) },
      enrollment({ name: 'All', then: {} }),
      requiring(graced),
      setUp('password', 'totp and webauthn'),
    ],
    [
      'what the app asks for besides lets users in',
      { ...withCodesOf, ...closed, ...account(passkeys(named)) },
      byPasskey,
      signOn(allow({ factors: 3, ...resistant })),
      setUp('totp', 'password and webauthn'),
    ],
  ])('%s', async (_, all, active, next, words) => {
    const { claims, undecided } = await replayed({ ...all, ...active }, { ...all, ...next });
    expect(undecided).toEqual([]);
    expect(claims).toMatchObject([
      {
        words,
        before: { outcome: 'deny' },
        after: { outcome: 'enroll', end: 'complete' },
      },
    ]);
  });

  test.each<[string, Files, Files, Files]>([
    [
      'where the pages of the account let users set up the same',
      both,
      account(passkeys(two)),
      account(passkeys(named)),
    ],
    ['where only names differ', { ...both, ...closed }, account(passkeys(two)), account(passkeys(two, 'Keys'))],
    ['which name nothing', { ...both, ...closed }, account(passkeys(two)), account(passkeys({ factors: 3 }))],
    ['without an account policy', { ...withCodesOf, ...closed }, requiring('webauthn'), requiring('totp', 'webauthn')],
  ])('stricter rules pass %s', async (_, all, active, next) => {
    expect(await replayed({ ...all, ...active }, { ...all, ...next })).toEqual(quiet);
  });
});

test('the example names a key that shows too little', async () => {
  const both = { ...withCodes, ...enrollment(disabling('recovery_code')), ...always };
  const bound = { phishingResistant: true, deviceBound: true };
  const { claims, undecided } = await replayed(
    { ...both, ...signOn(allow({ factors: 2, ...resistant })) },
    { ...both, ...signOn(allow({ factors: 2, possession: bound })) },
  );
  expect(undecided).toEqual([]);
  expect(claims).toMatchObject([
    {
      words: enough('password and recovery_code', 'webauthn', 'password and recovery_code and webauthn'),
      example: expect.stringContaining('webauthn[userPresence+phishingResistant]'),
      before: { outcome: 'challenge' },
      after: { outcome: 'enroll', end: 'complete' },
    },
  ]);
});

test('where it is not known which rules decide on the pages of the account, both rules are named as undecided', async () => {
  const asking = { expression: 'request.clientId == "notes"' };
  const both = { ...withApps, ...enrollment(disabling('phone', asking), { name: 'Rest', then: {} }) };
  const { claims, undecided } = await replayed(
    { ...both, ...signOn(allow({ possession: { authenticators: ['totp', 'webauthn'] } })) },
    { ...both, ...signOn(allow(resistant)) },
  );
  expect(claims).toEqual([]);
  expect(undecided).toEqual([
    expect.stringMatching(
      /^"Rule" \(.*\) and "All" \(.*\), where "Rule" .* decided: users who set up webauthn in the sign-in may prove less for it than was asked for$/,
    ),
  ]);
});
