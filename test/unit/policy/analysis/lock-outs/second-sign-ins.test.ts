/** Rules by which users sign in once, and are denied when they come back, and those that only seem so. */
import { expect, test } from '@jest/globals';
import { noteFound } from '../../../../support/values/found-codes.ts';
import { kindsOf, load } from '../../support/configuration-dir.ts';
import { findings, places, rules, settings } from '../../support/lock-out-files.ts';
import { replayed } from '../../support/replayed-example.ts';

const allow = '{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } }';
const rest = `{ name: Rest, then: ${allow} }`;
const session = (...some: readonly string[]) => ({ 'policies/session.yaml': rules(...some) });
const denied = (when: string) => session(`{ name: D, when: { ${when} }, then: deny }`, rest);
const signOn = (...all: readonly string[]) => ({
  'policies/sign-on/notes.yaml': `name: notes\n${rules(...all, '{ name: All, then: { allow: { factors: 1 } } }')}`,
});

test.each([
  ['known browsers', 'device: { known: true }'],
  ['known browsers, by an expression', 'expression: device.known'],
  ['users who signed in lately', 'lastSignIn: { within: P30D }'],
  ['what is not unusual', 'risk: { below: medium }, device: { known: true }'],
  ['one of these', 'any: [{ device: { known: true } }, { network: { any: [office] } }]'],
])('a session policy that denies %s is an error, and the example shows it', async (_, when) => {
  const found = noteFound(await findings(denied(when)));
  expect(found).toMatchObject([
    {
      severity: 'error',
      code: 'returning-lock-out',
      ...{ file: 'policies/session.yaml', line: 2, path: 'rules[0]' },
      message: expect.stringMatching(/^denies every account the second sign-in, to every app and to the account pages/),
    },
  ]);
  expect(await replay(denied(when), found[0]?.example)).toMatchObject({ ending: 'denied', rules: ['D', 'All'] });
});

async function replay(files: Readonly<Record<string, string>>, example: readonly string[] = []) {
  const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
  const loaded = await load({ 'stepgate.yaml': settings, ...files }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  return replayed(example, { documents: loaded.documents, authenticators, now: 1_800_000_000 });
}

test('users of very many kinds whom no rule ever lets in are no reason to give up', async () => {
  const guests = 'groups: { none: [a, b, c, d, e, f] }';
  const policy = {
    'policies/sign-on/notes.yaml': `name: notes\n${rules(
      '{ name: New, when: { device: { known: false } }, then: deny }',
      `{ name: Guests, when: { ${guests}, userType: { any: [guest] } }, then: { allow: { factors: 1 } } }`,
      '{ name: Rest, then: deny }',
    )}`,
  };
  const codes = (await findings(policy)).map(({ code, message }) => `${code} ${message}`);
  expect(codes.filter((code) => /undecided|come back|second sign-in/.test(code))).toEqual([]);
});

test('two rules that together deny every network are one finding', async () => {
  const both = session(
    '{ name: A, when: { device: { known: true }, network: { any: [office] } }, then: deny }',
    '{ name: B, when: { device: { known: true }, network: { none: [office] } }, then: deny }',
    rest,
  );
  const found = await findings(both);
  expect(found.map(({ code, line, rules: others }) => [code, line, others.map(({ name }) => name)])).toEqual([
    ['returning-lock-out', 2, ['B']],
  ]);
});

test.each([
  [
    'users of a group',
    denied('groups: { any: [guests] }, device: { known: true }'),
    'warning returning-lock-out policies/session.yaml:2:5',
  ],
  [
    'one app',
    signOn('{ name: D, when: { device: { known: true } }, then: deny }'),
    'warning returning-lock-out policies/sign-on/notes.yaml:3:5',
  ],
])('%s: a warning', async (_, files, place) => {
  expect(await places(files)).toEqual([place]);
});

test.each([
  [
    'new browsers prove more',
    signOn(
      '{ name: New, when: { device: { known: false } }, then: { allow: { possession: { authenticators: [webauthn] } } } }',
    ),
  ],
  ['a pause of an hour between two sign-ins', denied('lastSignIn: { within: PT1H }')],
  ['known browsers are let in from the office', denied('device: { known: true }, network: { none: [office] }')],
  [
    'one app denies users who come back from a place that is not usual',
    signOn('{ name: D, when: { risk: { any: [newNetwork] } }, then: deny }'),
  ],
  [
    'the app denies a group always',
    signOn(
      '{ name: D, when: { groups: { any: [guests] } }, then: deny }',
      '{ name: New, when: { device: { known: false } }, then: { allow: { possession: { authenticators: [webauthn] } } } }',
    ),
  ],
])('quiet: %s', async (_, files) => {
  expect(await places(files)).toEqual([]);
});

/** An app under the policy of the app `notes`. */
const app = (clientId: string, more = '') => ({
  [`apps/${clientId}.yaml`]: `clientId: ${clientId}
name: ${clientId.toUpperCase()}
signOnPolicy: notes
client: { redirect_uris: [https://${clientId}.test/cb]${more} }
`,
});
const three = { ...app('one'), ...app('two') };
const scoped = { 'stepgate.yaml': `${settings}scopes: { pay: { claims: [] } }\n` };
const denying = (when: string) => signOn(`{ name: D, when: { ${when} }, then: deny }`);

test.each([
  ['a session policy that names one', denied('device: { known: true }, apps: { any: [notes] }'), 'the app Notes'],
  ['one app', { ...three, ...denying('device: { known: true }, apps: { any: [one] }') }, 'the app ONE'],
  ['all but one', { ...three, ...denying('device: { known: true }, apps: { none: [one] }') }, '2 apps (Notes, TWO)'],
  [
    'one app, by an expression',
    { ...three, ...denying('expression: "device.known && request.clientId == \'two\'"') },
    'the app TWO',
  ],
  [
    'some, by what an expression makes of the client id',
    { ...three, ...denying('device: { known: true }, expression: "request.clientId.size() == 3"') },
    '2 apps (ONE, TWO)',
  ],
  [
    'the app that the session policy lets in only at first',
    {
      ...three,
      ...session('{ name: S, when: { apps: { any: [two] }, network: { none: [office] } }, then: deny }', rest),
      ...denying('device: { known: true }, network: { any: [office] }'),
    },
    'the app TWO',
  ],
  [
    'the app that cannot ask for a scope',
    {
      ...scoped,
      ...app('one', ', scope: openid'),
      ...denying('device: { known: true }, scopes: { none: [pay] }'),
    },
    'the app ONE',
  ],
])('where only some apps are closed, a warning names them: %s', async (_, files, where) => {
  const found = noteFound(await findings(files)).filter(({ code }) => code === 'returning-lock-out');
  expect(found).toMatchObject([
    {
      severity: 'warning',
      message: expect.stringContaining(` the second sign-in, to ${where}, with the same browser`),
    },
  ]);
  expect(await replay(files, found[0]?.example)).toMatchObject({ ending: 'denied' });
});

test('an app that is named with all others gets no finding of its own', async () => {
  const files = {
    ...three,
    ...denying('any: [{ device: { known: true } }, { device: { known: true }, apps: { any: [one] } }]'),
  };
  const found = await findings(files);
  expect(found.filter(({ code }) => code === 'returning-lock-out').map(({ message }) => message)).toEqual([
    expect.stringContaining('to each app of this policy'),
  ]);
});

test('quiet: an app that may ask for the scope', async () => {
  const files = {
    ...scoped,
    ...app('one', ', scope: openid pay'),
    ...denying('device: { known: true }, scopes: { none: [pay] }'),
  };
  expect(await places(files)).toEqual([]);
});
