/** Rules of the enrollment, account and profile policies about users who never get in. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';

const rules = (...all: readonly string[]) => `rules:\n${all.map((rule) => `  - ${rule}\n`).join('')}`;
const noGuests = '{ name: No guests, when: { groups: { any: [guests] } }, then: deny }';
const session = (...all: readonly string[]) => ({
  'policies/session.yaml': rules(
    ...all,
    '{ name: All, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D } } }',
  ),
});
const signOn = (...all: readonly string[]) => ({
  'policies/sign-on/notes.yaml': `name: notes\n${rules(...all, '{ name: All, then: { allow: { factors: 1 } } }')}`,
});
const guests = 'when: { groups: { any: [guests] } }';
const enrollment = (when = guests) => ({
  'policies/enrollment.yaml': rules(
    `{ name: Guests, ${when}, then: { optional: [totp] } }`,
    '{ name: Rest, then: {} }',
  ),
});
const account = (then = '{ allow: { factors: 2 } }') => ({
  'policies/account.yaml': rules(
    `{ name: Guests, change: { remove: [totp] }, ${guests}, then: ${then} }`,
    '{ name: Rest, then: { allow: { factors: 1 } } }',
  ),
});
const profile = (then: string) => ({
  'stepgate.yaml': `${validFiles['stepgate.yaml']}attributes: { unit: { type: text, write: user, label: { en: Unit } } }\n`,
  'policies/profile/default.yaml': `name: default\n${rules(`{ name: Guests, ${guests}, then: ${then} }`, '{ name: Rest, then: {} }')}`,
});

async function found(...files: readonly Readonly<Record<string, string>>[]) {
  const loaded = await load(Object.assign({}, ...files));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const findings = await analyse(loaded, { authenticators, now: 1_800_000_000 });
  return findings.filter(({ code }) => code === 'unreachable');
}

test.each([
  ['enrollment', enrollment(), 'policies/enrollment.yaml:2'],
  ['account', account(), 'policies/account.yaml:2'],
  ['profile', profile('{ required: [unit] }'), 'policies/profile/default.yaml:3'],
])('a rule of the %s policy about users whom the session policy denies is found', async (_, files, at) => {
  const [one, ...others] = await found(session(noGuests), files);
  expect(others).toEqual([]);
  expect(`${one?.file}:${one?.line}`).toBe(at);
  expect(one).toMatchObject({
    severity: 'warning',
    message: 'decides only about users whom another policy denies, so that it never counts',
    rules: [{ name: 'No guests', file: 'policies/session.yaml', line: 2 }],
  });
  expect(await found(session(), files)).toEqual([]);
});

test('a rule about users whom the only app with the profile policy denies is found', async () => {
  const [one] = await found(signOn(noGuests), profile('{ required: [unit] }'));
  expect(one).toMatchObject({ file: 'policies/profile/default.yaml', line: 3, rules: [{ name: 'No guests' }] });
});

test.each([
  ['users whom an app denies have the pages of their account: enrollment', [signOn(noGuests), enrollment()]],
  ['users whom an app denies have the pages of their account: account', [signOn(noGuests), account()]],
  [
    'users denied in the office alone',
    [session(noGuests.replace('} }, then', '}, network: { any: [office] } }, then')), enrollment()],
  ],
  ['a denial that says so once more', [session(noGuests), account('deny')]],
  ['users who have yet to register', [session(noGuests), profile('{ register: {} }')]],
  [
    'a rule that is asked once all is proved',
    [session(noGuests), enrollment('when: { groups: { any: [guests] }, authenticated: { any: [password] } }')],
  ],
])('quiet about %s', async (_, files) => {
  expect(await found(...files)).toEqual([]);
});

test.each([
  ['sign-on', 'apps: { any: [notes] }', 1],
  ['sign-on', `expression: 'request.clientId != "stepgate-account"'`, 1],
  ['session', 'apps: { any: [notes] }', 1],
  ['session', `expression: 'request.clientId == "stepgate-account"'`, 0],
  ['session', 'apps: { none: [notes] }', 0],
])('a rule of the %s policy about apps is examined at these: %s', async (kind, apps, count) => {
  const about = `{ name: Guests, when: { groups: { any: [guests] }, ${apps} }`;
  const terms = 'allow: { primary: any, secondFactor: never, idle: PT1H, absolute: P1D }';
  const files =
    kind === 'sign-on'
      ? [session(noGuests), signOn(`${about}, then: { allow: { factors: 2 } } }`)]
      : [session(`${about}, then: { ${terms} } }`), signOn(noGuests)];
  expect(await found(...files)).toHaveLength(count);
});

test('a rule of the session policy decides at the pages of the account alone, where every app denies', async () => {
  const strict = `{ name: Guests, ${guests}, then: { allow: { primary: any, secondFactor: always, idle: PT2H, absolute: P1D } } }`;
  expect(await found(session(strict), signOn(noGuests))).toEqual([]);
});

test('a rule that never decides is reported once, at its position', async () => {
  const files = rules(
    '{ name: First, when: { groups: { any: [guests] } }, then: {} }',
    `{ name: Guests, ${guests}, then: { optional: [totp] } }`,
    '{ name: Rest, then: {} }',
  );
  const lines = (await found(session(noGuests), { 'policies/enrollment.yaml': files })).map(({ line }) => line);
  expect(lines).toEqual([2]);
});
