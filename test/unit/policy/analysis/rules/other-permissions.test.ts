/** Findings about rules that allow or deny something else than a sign-in: changes of an account, and recoveries. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings =
  'brand: { name: A }\nauthenticators: { webauthn: { enabled: true } }\nattributes: { nick: { write: user }, unit: {} }\n';

async function findings(file: string, ...rules: readonly string[]): Promise<readonly string[]> {
  const text = `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
  const loaded = await load({ 'stepgate.yaml': settings, [file]: text });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  // Where all changes are denied, passwords cannot be replaced either: `stuck-passwords.test.ts` looks for that.
  return found
    .filter(({ code }) => code !== 'kept-password')
    .map(({ code, path, message }) => `${code} ${path} ${message}`);
}

const accountFile = 'policies/account.yaml';
const recoveryFile = 'policies/recovery.yaml';
const isA = (name: string) => `when: { attributes: { ${name}: { equals: a } } }`;
const one = '{ allow: { factors: 1 } }';
const rest = `{ name: Rest, then: ${one} }`;

test.each([
  ['changes', accountFile, 'change: { add: [totp] }, ', 'change their account', '{ name: Rest, then: deny }'],
  ['recoveries', recoveryFile, '', 'recover their password', '{ name: Rest, then: deny }'],
])('an attribute that users write themselves allows no %s', async (_, file, about, does, last) => {
  const rule = (name: string, then = one) => `{ name: A, ${about}${isA(name)}, then: ${then} }`;
  expect(await findings(file, rule('nick'), last)).toEqual([
    `user-written rules[0].when.attributes.nick lets users ${does} by \`nick\`, which they write themselves`,
  ]);
  expect(await findings(file, rule('unit'), last)).toEqual([]);
});

test.each([
  ['changes', accountFile, 'change: { add: [totp] }, ', 'changing their account', 'change their account'],
  ['recoveries', recoveryFile, '', 'recovering their password', 'recover their password'],
])('an attribute that users write themselves keeps none of them from %s', async (_, file, about, kept, does) => {
  const denial = (name: string) =>
    `{ name: A, ${about}when: { attributes: { ${name}: { not: { equals: a } } } }, then: deny }`;
  expect(await findings(file, denial('nick'), rest)).toEqual([
    `user-written rules[0].when.attributes.nick keeps users from ${kept} by \`nick\`, which they write themselves: with a value that they choose, the rule "Rest" lets them ${does}`,
  ]);
  expect(await findings(file, denial('unit'), rest)).toEqual([]);
});

test('a rule that many changes share is reported once', async () => {
  const rule = `{ name: A, change: { add: all, remove: [totp, webauthn] }, ${isA('nick')}, then: ${one} }`;
  expect(await findings(accountFile, rule, rest)).toEqual([expect.stringMatching(/^user-written /)]);
});

test.each([
  ['changes', accountFile, 'change: { add: [totp] }, ', 'change their account'],
  ['recoveries', recoveryFile, '', 'recover their password'],
])('a denial of %s misses users who lack what it rests on', async (_, file, about, does) => {
  const denial = (when: string) => `{ name: A, ${about}${when}, then: deny }`;
  expect(await findings(file, denial(isA('unit')), rest)).toEqual([
    `fail-open rules[0] denies by \`unit\`, and a user who lacks it is under the rule "Rest" instead, which lets them ${does}`,
  ]);
  const said = `{ name: Absent, ${about}when: { attributes: { unit: { present: false } } }, then: deny }`;
  expect(await findings(file, denial(isA('unit')), said, rest)).toEqual([]);
});

test('a denial of one change is not looked for in rules about another one', async () => {
  const denial = `{ name: A, change: { add: [totp] }, ${isA('unit')}, then: deny }`;
  const others = `{ name: Keys, change: { add: [webauthn] }, then: ${one} }`;
  expect(await findings(accountFile, denial, others, '{ name: Rest, then: deny }')).toEqual([]);
});
