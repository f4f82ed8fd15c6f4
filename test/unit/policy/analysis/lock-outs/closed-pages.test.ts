/**
 * The session policy closes the pages of the account by an expression, and users may add authenticators there alone:
 * what the expression says of the app is known, and so is a part that a value shows; any other is said.
 */
import { expect, test } from '@jest/globals';
import { account, byPasskey, findings, rules, settings } from '../../support/lock-out-files.ts';

const files = {
  'stepgate.yaml': `${settings}attributes: { department: {} }\n`,
  'policies/sign-on/notes.yaml': `name: notes\n${rules(`{ name: Keys, ${byPasskey} }`)}`,
  ...account('{ name: Not in sign-ins, change: { add: [webauthn] }, when: { apps: { any: [notes] } }, then: deny }'),
};
const session = (when: string) => ({
  'policies/session.yaml': rules(
    `{ name: Pages, when: ${when}, then: deny }`,
    '{ name: Rest, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
  ),
});
const found = async (when: string) =>
  (await findings({ ...files, ...session(when) }))
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, code, file, line }) => `${severity} ${code} ${file}:${line}`);

const closed = 'error lock-out policies/account.yaml:2';

test.each([
  ['{ apps: { none: [notes] } }'],
  [`{ expression: 'request.clientId == "stepgate-account"' }`],
  [`{ expression: 'request.clientId != "notes"' }`],
  [`{ expression: '!(request.clientId in ["notes", "notes"])' }`],
  [`{ expression: 'request.clientId.startsWith("stepgate-")' }`],
  [`{ expression: '!request.clientId.contains("note") && size(request.clientId) > 3' }`],
  [`{ expression: '["-x", "-account"].exists(end, request.clientId.endsWith(end))' }`],
  [`{ any: [{ expression: 'request.clientId == "stepgate-account"' }, { groups: { any: [a] } }] }`],
  [`{ expression: 'request.clientId == "stepgate-account" && "a" in user.groups' }`],
])('pages that are closed for certain are a lock-out: %s', async (when) => {
  expect(await found(when)).toContain(closed);
});

test.each([
  ["{ apps: { none: [notes] }, expression: 'has(user.profile.department) && size(user.profile.department) > 3' }"],
  [
    `{ expression: 'request.clientId == "stepgate-account" && size(user.groups) == 1 && user.groups[0].contains("x")' }`,
  ],
])('pages that are closed for users of the example are a lock-out: %s', async (when) => {
  expect(await found(when)).toEqual([closed]);
});

const long = 'has(user.profile.department) && user.profile.department.indexOf("y") == 7';

test.each([
  [`{ apps: { none: [notes] }, expression: '${long}' }`],
  [`{ expression: 'request.clientId == "stepgate-account" && ${long}' }`],
])('where a part is opaque, it is a warning besides that about new users: %s', async (when) => {
  expect((await found(when)).toSorted()).toEqual([
    'warning newcomer-lock-out policies/account.yaml:2',
    'warning undecided policies/account.yaml:2',
  ]);
});

test('it names the rule that may close the pages', async () => {
  const when = `{ apps: { none: [notes] }, expression: '${long}' }`;
  const all = await findings({ ...files, ...session(when) });
  const names = all.flatMap(({ code, rules: named }) => (code === 'undecided' ? [named.map(({ name }) => name)] : []));
  expect(names.some((some) => some.includes('Pages'))).toBe(true);
});

test.each([
  ['the pages are open', `{ expression: 'request.clientId == "notes" && "a" in user.groups' }`],
  [
    'the pages are open to users in a group',
    `{ expression: '!request.clientId.contains("count")' , groups: { any: [a] } }`,
  ],
  ['another place is closed', `{ expression: 'request.clientId == "notes" && ${long}' }`],
])('%s', async (_, when) => {
  expect(await found(when)).toEqual(['warning newcomer-lock-out policies/account.yaml:2']);
});

test('a rule for the pages of the account alone is not unreachable', async () => {
  const policy = {
    'policies/session.yaml': rules(
      `{ name: Pages, when: { expression: 'request.clientId == "stepgate-account"' }, then: { allow: { primary: any, secondFactor: never, idle: PT1H, absolute: PT2H } } }`,
      '{ name: Rest, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
    ),
  };
  const all = await findings({ ...files, ...policy });
  expect(all.filter(({ code }) => code === 'unreachable' || code === 'shadowed')).toEqual([]);
});
