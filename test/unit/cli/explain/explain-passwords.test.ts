/** `explain` of users whose password must be replaced. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { explainCommand } from '../../../../src/cli/explain/explain.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';
import { openTerminal, run, type Terminal } from '../support/harness.ts';

let terminal: Terminal;
beforeAll(() => {
  terminal = openTerminal();
});
afterAll(() => terminal.store.close());

const files = (change: string) => ({
  ...validFiles,
  'policies/password.yaml': 'rules:\n  - { name: Month, then: { maxAge: P30D } }\n',
  'policies/account.yaml': `rules:
  - { name: Change, change: { change: [password] }, then: ${change} }
  - { name: Rest, then: { allow: { factors: 1 } } }
`,
});

/** The outcome and the steps, of a user with these authenticators. */
async function explained(change: string, enrolled: string, ...more: readonly string[]) {
  return withConfiguration(files(change), async (dir) => {
    const words = ['--config', dir, '--app', 'notes', '--groups', '', '--enrolled', enrolled, ...more];
    await run(explainCommand(terminal.context), ...words);
    const text = terminal.printed();
    const outcome = /^Outcome +(.*)$/m.exec(text)?.[1];
    return [
      outcome,
      ...(text.split('\nSteps\n')[1]?.match(/^ +\d+\..*$/gm) ?? []).map((line) =>
        line.trim().replace(/ \(acr [^)]*\)/, ''),
      ),
    ].map((line) => line?.replace(/, acr [^,]*/, ''));
  });
}

const one = '{ allow: { factors: 1 } }';
const two = '{ allow: { factors: 2 } }';

test('the age of an assumed password, and the list that it is on, decide whether it is replaced', async () => {
  const replaced = (reason: string) => [
    'challenge: password',
    ...['1. identify (with password)', `2. replace password (${reason})`, '3. complete'],
  ];
  const good = ['challenge: password', '1. identify (with password)', '2. complete'];
  expect(await explained(one, 'password')).toEqual(good);
  expect(await explained(one, 'password@29d')).toEqual(good);
  expect(await explained(one, 'password@30d')).toEqual(replaced('expired'));
  expect(await explained(one, 'password[breached]')).toEqual(replaced('compromised'));
  expect(await explained(one, 'password[list]@1d')).toEqual(replaced('compromised'));
});

test('the outcome says the denial that follows a challenge', async () => {
  const why =
    'the password has expired (by "Month" of the password policy), and the user cannot prove what "Change" of the account policy asks for before it is replaced';
  expect(await explained(two, 'password@30d')).toEqual([
    `challenge: password; then deny: ${why}`,
    ...['1. identify (with password)', `2. denied: ${why}`],
  ]);
  expect((await explained(two, 'password@29d'))[0]).toBe('challenge: password');
});

test('a password that may not be replaced is named', async () => {
  const expired =
    ', with a password that has expired (by "Month" of the password policy): the user may not replace it, by "Change" of the account policy';
  const listed = expired.replace('has expired', 'is on a blocklist');
  expect(await explained('deny', 'password@30d')).toEqual([
    'challenge: password',
    ...['1. identify (with password)', `2. complete${expired}`],
  ]);
  expect(await explained('deny', 'password@30d', '--evidence', 'password')).toEqual([
    `allow${expired}`,
    `1. complete${expired}`,
  ]);
  expect((await explained('deny', 'password[common]')).at(-1)).toBe(`2. complete${listed}`);
});

test.each([
  ['password@soon', 'password@soon: the age must be like 90s, 10m, 12h, 3d or PT12H'],
  ['password@1d@2d', 'password@1d@2d: an age is written like password@40d'],
  ['password[breach]', 'unknown blocklist of stored passwords `breach`; did you mean `breached`?'],
  ['totp[common]', 'unknown characteristic `common`'],
])('%s is refused', async (enrolled, sentence) => {
  await expect(explained(one, enrolled)).rejects.toThrow(sentence);
});
