/** Lock-outs by rules of the enrollment policy that ask how the user signed in: each way to do so is looked at. */
import { expect, test } from '@jest/globals';
import { account, findings, rules } from '../../support/lock-out-files.ts';

const noKeys = account('{ name: No keys, change: { add: [webauthn] }, then: deny }');
const asks = (by: string, whom: string) =>
  `{ name: "${by}", when: { authenticated: { any: [${by}] }${whom} }, then: { required: [webauthn] } }`;
const enrollment = (...all: readonly string[]) => ({
  'policies/enrollment.yaml': rules(...all, '{ name: Rest, then: {} }'),
});

const found = async (...all: readonly string[]) =>
  (await findings({ ...noKeys, ...enrollment(...all) })).map(({ severity, code, message, example }) => [
    `${severity} ${code}`,
    message.includes('all users') ? 'all' : 'some',
    example?.slice(2, example.indexOf('--enrolled')).join(' '),
  ]);

const ofA = ', groups: { any: [a] }';
const ofTemps = ', userType: { any: [temp] }';

test.each([
  ['of all', '', '', 'all', '--groups '],
  ['of all in one way, of some in the other', '', ofTemps, 'some', '--groups  --user-type temp'],
  ['of a group and of a type', ofA, ofTemps, 'some', '--groups a --user-type temp'],
  ['of one group', ofA, ofA, 'all', '--groups a'],
  ['of a group and of what is in it', ofA, `${ofA}${ofTemps}`, 'some', '--groups a --user-type temp'],
])('two rules that each ask it after one way to sign in, %s', async (_, ofPasswords, ofMail, whom, example) => {
  expect(await found(asks('password', ofPasswords), asks('email, totp', ofMail))).toEqual([
    ['error lock-out', whom, example],
  ]);
});

test('users who are let in once, and are asked for more when they sign in with what they set up', async () => {
  const files = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules('{ name: Two, then: { allow: { chains: [[{ authenticators: [email] }, { authenticators: [webauthn] }]] } } }')}`,
    'policies/enrollment.yaml': rules(
      '{ name: Keys, when: { authenticated: { any: [webauthn] } }, then: { required: [totp] } }',
      '{ name: Rest, then: { useOnly: [totp] } }',
    ),
  };
  const reported = await findings(files);
  expect(reported.filter(({ severity }) => severity === 'error')).toMatchObject([
    {
      ...{ code: 'lock-out', file: 'policies/enrollment.yaml', line: 3 },
      message: expect.stringContaining('no user who lacks totp can ever add it'),
      rules: [{ name: 'Keys' }, { name: 'Two' }],
    },
  ]);
});

test('users who are let in once by what only they can add, and are asked for more with that', async () => {
  const files = {
    ...account(
      '{ name: No codes, change: { add: [totp] }, then: deny }',
      '{ name: No keys, change: { add: [webauthn] }, when: { groups: { none: [a] } }, then: deny }',
    ),
    'policies/sign-on/notes.yaml': `name: notes\n${rules(
      '{ name: Two, when: { groups: { any: [a] } }, then: { allow: { chains: [[{ authenticators: [email] }, { authenticators: [webauthn] }]] } } }',
      '{ name: One, then: { allow: { factors: 1 } } }',
    )}`,
    ...enrollment('{ name: Codes, when: { authenticated: { any: [webauthn] } }, then: { required: [totp] } }'),
  };
  const reported = await findings(files);
  expect(reported.filter(({ severity }) => severity === 'error')).toMatchObject([
    {
      ...{ code: 'lock-out', file: 'policies/account.yaml', line: 2 },
      message: expect.stringContaining('no user who lacks totp can ever add it'),
      rules: [{ name: 'Codes' }, { name: 'Two' }],
    },
  ]);
  const can = files['policies/account.yaml'].replace(
    'add: [totp] }, then: deny',
    'add: [totp] }, then: { allow: { factors: 1 } }',
  );
  const open = await findings({ ...files, 'policies/account.yaml': can });
  expect(open.filter(({ code }) => code.includes('lock-out'))).toEqual([]);
});

test('users are not locked out who get in by another of their authenticators than the one that is offered first', async () => {
  const reported = await findings({
    ...noKeys,
    'policies/sign-on/notes.yaml': `name: notes\n${rules(
      '{ name: Two, then: { allow: { chains: [[{ authenticators: [email, totp] }, { authenticators: [password] }]] } } }',
    )}`,
    ...enrollment(
      '{ name: Keys, when: { authenticated: { any: [totp] } }, then: { required: [webauthn] } }',
      '{ name: Codes, when: { authenticated: { any: [email] } }, then: { required: [totp] } }',
    ),
  });
  expect(reported.filter(({ code }) => code.includes('lock-out'))).toEqual([]);
});
