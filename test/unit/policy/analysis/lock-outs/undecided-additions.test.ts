/** Lock-outs by the account policy that an expression leaves open: a warning, at the rule that would be the cause. */
import { expect, test } from '@jest/globals';
import { account, byPasskey, findings, rest, rules, settings } from '../../support/lock-out-files.ts';

const open = 'has(user.profile.department) && user.profile.department.indexOf("y") == 7';
const shown = 'has(user.profile.department) && size(user.profile.department) == 2';
const known = 'has(user.profile.department) && user.profile.department == "hr"';
const signOn = (...all: readonly string[]) => ({ 'policies/sign-on/notes.yaml': `name: notes\n${rules(...all)}` });
const keys = {
  'stepgate.yaml': `${settings}attributes: { department: {} }\n`,
  ...signOn(`{ name: Keys, ${byPasskey} }`),
};
const noKeys = (when: string, then = 'deny') =>
  account(`{ name: No keys, change: { add: [webauthn] }, when: { ${when} }, then: ${then} }`);
const severe = async (files: Readonly<Record<string, string>>) =>
  (await findings(files))
    .filter(({ severity }) => severity !== 'note')
    .map(({ severity, code, file, line, rules: named }) => [
      `${severity} ${code} ${file}:${line}`,
      named.map(({ name }) => name).join(),
    ]);

test.each([
  ['denies it', noKeys(`expression: '${open}'`)],
  ['denies it to a group', noKeys(`expression: '${open}', groups: { any: [contractors] }`)],
])('a rule that may keep users from adding what they are asked for is reported once: it %s', async (_, policy) => {
  expect(await severe({ ...keys, ...policy })).toEqual([['warning undecided policies/account.yaml:2', 'Keys']]);
});

test.each([
  ['denies it', noKeys(`expression: '${shown}'`)],
  ['asks for what they cannot add', noKeys(`expression: '${shown}'`, byPasskey.replace('then: ', ''))],
  ['denies it to a group', noKeys(`expression: '${shown}', groups: { any: [contractors] }`)],
  [
    'denies it, in an alternative',
    noKeys(`any: [{ expression: '${shown}' }, { expression: '!(${shown})', userType: { any: [x] } }]`),
  ],
  [
    'denies it, in an alternative of which the other part is open',
    noKeys(`any: [{ expression: '${open}' }, { expression: '!(${open})', userType: { any: [x] } }]`),
  ],
])('it is an error where a value of the attribute shows it: it %s', async (_, policy) => {
  expect(await severe({ ...keys, ...policy })).toEqual([['error lock-out policies/account.yaml:2', 'Keys']]);
});

test.each([
  [open, 'warning undecided'],
  [shown, 'error lock-out'],
])('the rule that asks may have the expression %s', async (expression, finding) => {
  const asks = signOn(`{ name: Keys, when: { expression: '${expression}' }, ${byPasskey} }`, rest);
  expect(await severe({ ...keys, ...asks, ...noKeys('groups: { none: [admins] }') })).toEqual([
    [`${finding} policies/account.yaml:2`, 'Keys'],
  ]);
});

test.each([open, shown, 'now.getHours("UTC") > 20', 'size(user.identifiers) * 7 == 91'])(
  'a lock-out whichever way a rule above goes is an error at the rule below it: %s',
  async (expression) => {
    const both = account(
      `{ name: Above, change: { add: [webauthn] }, when: { expression: '${expression}' }, ${byPasskey} }`,
      '{ name: Below, change: { add: [webauthn] }, when: { groups: { any: [contractors] } }, then: deny }',
    );
    const found = (await severe({ ...keys, ...both })).map(([where]) => where);
    expect(found).toContain('error lock-out policies/account.yaml:3');
  },
);

test('a lock-out that is known is not reported a second time', async () => {
  const both = account(
    `{ name: No keys, change: { add: [webauthn] }, any: [] , then: deny }`.replace(
      'any: []',
      `when: { any: [{ groups: { any: [a] } }, { expression: '${open}' }] }`,
    ),
  );
  expect(await severe({ ...keys, ...both })).toEqual([
    ['error lock-out policies/account.yaml:2', expect.stringContaining('Keys')],
  ]);
  expect(await severe({ ...keys, ...noKeys(`expression: '${known}'`) })).toEqual([
    ['error lock-out policies/account.yaml:2', expect.stringContaining('Keys')],
  ]);
});

test.each([
  ['nothing asks for it', { ...signOn(rest), ...noKeys(`expression: '${open}'`) }],
  ['it asks for what users have', noKeys(`expression: '${open}'`, '{ allow: { factors: 1 } }')],
  [
    'the session policy denies them',
    {
      ...noKeys(`expression: '${open}', groups: { any: [a] }`),
      'policies/session.yaml': rules(
        '{ name: Not these, when: { groups: { any: [a] } }, then: deny }',
        '{ name: Rest, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
      ),
    },
  ],
])('it is quiet where %s', async (_, files) => {
  expect(await severe({ ...keys, ...files })).toEqual([]);
});
