/** Accounts that begin with a password and no proved address: no rule says that there are any. */
import { describe, expect, test } from '@jest/globals';
import { account, byPasskey, findings, rules, settings } from '../../support/lock-out-files.ts';

const twoFactors = '{ name: Keys, change: { add: [webauthn] }, then: { allow: { factors: 2 } } }';
const keysAsked = { 'policies/sign-on/notes.yaml': `name: notes\n${rules(`{ name: All, ${byPasskey} }`)}` };
const found = async (files: Readonly<Record<string, string>>) =>
  (await findings(files)).map(({ severity, code, text, example }) => [
    `${severity} ${code} ${/name: ([\w ]+)/.exec(text)?.[1]}`,
    example?.[example.indexOf('--enrolled') + 1],
  ]);

describe('a rule of the account policy that denies them', () => {
  test('is a note where an address would let them in', async () => {
    const reported = await findings({ ...account(twoFactors), ...keysAsked });
    expect(reported).toMatchObject([
      {
        ...{ severity: 'note', code: 'newcomer-lock-out', file: 'policies/account.yaml', line: 2 },
        message:
          'locks users who have nothing but password, as after an import without a proved address, out of the app Notes: they cannot add there what is asked for',
        rules: [{ name: 'All' }],
      },
    ]);
  });

  test('is a note beside a warning about others at another rule', async () => {
    const inOffice = '{ network: { any: [office] } }';
    const ownKeys = `{ name: Own keys, change: { add: [webauthn] }, when: ${inOffice}, ${byPasskey} }`;
    const signOn = rules(`{ name: Office, when: ${inOffice}, ${byPasskey} }`, `{ name: All, ${byPasskey} }`);
    const files = { 'policies/sign-on/notes.yaml': `name: notes\n${signOn}` };
    expect(await found({ ...files, ...account(ownKeys, twoFactors) })).toEqual([
      ['warning newcomer-lock-out Own keys', 'password,email'],
      ['note newcomer-lock-out Keys', 'password'],
    ]);
  });

  test('is one warning where it denies others elsewhere', async () => {
    const closed =
      '{ name: Closed, change: { add: [email, webauthn] }, when: { network: { none: [office] } }, then: deny }';
    const signOn = rules(
      '{ name: Most, when: { groups: { none: [a] } }, then: { allow: { possession: { authenticators: [email] } } } }',
      `{ name: Others, ${byPasskey} }`,
    );
    expect(await found({ ...account(closed), 'policies/sign-on/notes.yaml': `name: notes\n${signOn}` })).toEqual([
      ['warning newcomer-lock-out Closed', 'password,email'],
    ]);
  });

  test('is a warning where accounts begin with no address', async () => {
    const withoutMail = settings.replace('email: { enabled: true }, ', '').replace(/^mail:.*\n/m, '');
    expect(await found({ 'stepgate.yaml': withoutMail, ...account(twoFactors), ...keysAsked })).toEqual([
      ['warning newcomer-lock-out Keys', 'password'],
    ]);
  });

  test('is undecided, as a note, where only an expression makes it decide', async () => {
    const opaque = twoFactors.replace('then', `when: { expression: 'size(user.userType) > 3' }, then`);
    expect(await found({ ...account(opaque), ...keysAsked })).toContainEqual(['note undecided Keys', undefined]);
  });
});
