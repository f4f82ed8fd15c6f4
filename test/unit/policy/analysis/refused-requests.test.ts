/** Requests that an app cannot make, by its `client.scope`: they are no examples, and no way in. */
import { describe, expect, test } from '@jest/globals';
import { analyse } from '../../../../src/policy/analysis/findings/analyse.ts';
import { kindsOf, load } from '../support/configuration-dir.ts';
import { byPasskey, rest, rules, settings } from '../support/lock-out-files.ts';

const authenticators = kindsOf('password', 'totp', 'webauthn', 'email', 'phone');
const now = 1_800_000_000;

type Files = Readonly<Record<string, string | undefined>>;

const app = (name: string, scope: string | undefined, policy = name, more = '') => ({
  [`apps/${name}.yaml`]: `clientId: ${name}\nname: ${name}\nsignOnPolicy: ${policy}\nclient: { redirect_uris: [https://${name}.test/cb]${scope ? `, scope: ${scope}` : ''}${more} }\n`,
});
const signOn = (...all: readonly string[]) => ({ 'policies/sign-on/notes.yaml': `name: notes\n${rules(...all)}` });
const one = '{ allow: { factors: 1 } }';
const two = '{ allow: { factors: 2 } }';
const rule = (name: string, when: string, then: string) => `{ name: ${name}, when: { ${when} }, then: ${then} }`;
const email = (then = one) => rule('Email', 'scopes: { any: [email] }', then);
const session = (...all: readonly string[]) => ({
  'policies/session.yaml': rules(
    ...all,
    '{ name: Rest, then: { allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } } }',
  ),
});

/** The findings, notes and the one that says that a rule asks for such a scope left out. */
async function findings(files: Files): Promise<readonly string[]> {
  const stepgate = `${settings}attributes: { flag: { type: boolean } }\n`;
  const loaded = await load({ 'stepgate.yaml': stepgate, ...files }, {}, authenticators);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = await analyse(loaded, { authenticators, now });
  return found
    .filter(({ severity, code }) => severity !== 'note' && code !== 'unaskable-scope')
    .map(({ severity, code, file, line }) => `${severity} ${code} ${file}:${line}`);
}

const flagged = (value: boolean) => `attributes: { flag: { equals: ${value} } }`;
const noKeys = '{ name: No keys, change: { add: [webauthn] }, then: deny }';

describe('are no example', () => {
  test.each([
    [
      'of a denial that misses users',
      signOn(rule('A', flagged(true), 'deny'), email(), rule('B', flagged(false), one), '{ name: Rest, then: deny }'),
      'warning fail-open policies/sign-on/notes.yaml:3',
    ],
    [
      'of a rule below that asks for less',
      signOn(
        rule('A', 'groups: { any: [staff] }, network: { any: [office] }', two),
        email(),
        `{ name: Rest, then: ${two} }`,
      ),
      'warning weaker-below policies/sign-on/notes.yaml:3',
    ],
    [
      'of a rule that a browser chooses',
      signOn(rule('A', 'device: { platform: [mobile] }', two), email(), `{ name: Rest, then: ${two} }`),
      'warning spoofable policies/sign-on/notes.yaml:3',
    ],
    [
      'of a rule about it in an expression',
      signOn(
        rule('A', 'device: { platform: [mobile] }', two),
        rule('E', `expression: '"email" in request.scopes'`, one),
        `{ name: Rest, then: ${two} }`,
      ),
      'warning spoofable policies/sign-on/notes.yaml:3',
    ],
    [
      'of a rule about a claim that only it releases',
      signOn(
        rule('A', 'device: { platform: [mobile] }', two),
        rule('C', 'claims: { any: [email] }', one),
        `{ name: Rest, then: ${two} }`,
      ),
      'warning spoofable policies/sign-on/notes.yaml:3',
    ],
    [
      'of users who are locked out',
      { ...signOn(email(byPasskey.slice('then: '.length)), rest), 'policies/account.yaml': rules(noKeys, rest) },
      'error lock-out policies/account.yaml:2',
    ],
  ])('%s', async (_, files, expected) => {
    const found = async (scope?: string) =>
      (await findings({ ...files, ...app('notes', scope) })).filter((line) => !line.includes('unused'));
    expect(await found('openid')).toEqual([]);
    expect(await found('openid email')).toEqual([expected]);
    expect(await found()).toEqual([expected]);
  });

  test('where another app may make them', async () => {
    const files = signOn(rule('A', 'device: { platform: [mobile] }', two), email(), `{ name: Rest, then: ${two} }`);
    const loaded = await load({ ...files, ...app('notes', 'openid'), ...app('other', undefined, 'notes') });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
    const found = (await analyse(loaded, { authenticators: kindsOf('password', 'totp', 'webauthn'), now })).filter(
      ({ code }) => code === 'spoofable',
    );
    expect(found.map(({ example = [] }) => example.slice(0, 2))).toEqual([['--app', 'other']]);
  });
});

describe('are no way in', () => {
  const onlyNew = 'device: { known: false }';
  const pages = (...more: readonly string[]) =>
    rule('Pages', ['apps: { none: [notes, other] }', ...more].join(', '), 'deny');
  const found = async (files: Files, ...apps: readonly Files[]) =>
    (await findings(Object.assign({}, files, ...apps))).filter((line) => line.includes('lock-out'));

  test.each([
    ['for new accounts', { ...session(pages(onlyNew)), ...signOn(email(), rule('New', onlyNew, 'deny'), rest) }],
    [
      'for new accounts in the session policy',
      session(
        pages(),
        email('{ allow: { primary: any, secondFactor: never, idle: PT2H, absolute: PT12H } }'),
        rule('New', onlyNew, 'deny'),
      ),
    ],
  ])('%s', async (_, files) => {
    const at = (scope?: string) => found(files, app('notes', 'openid'), app('other', scope, 'notes'));
    expect(await at('openid')).toEqual([expect.stringContaining('error lock-out policies/session.yaml')]);
    expect(await at('openid email')).toEqual([]);
    expect(await at()).toEqual([]);
  });

  test('where users add an authenticator', async () => {
    const files = {
      ...signOn(`{ name: Keys, ${byPasskey} }`),
      'policies/sign-on/open.yaml': `name: open\n${rules(email(), rule('Guests', 'groups: { any: [guests] }', one), '{ name: Rest, then: deny }')}`,
      'policies/account.yaml': rules(
        '{ name: No keys, change: { add: [webauthn] }, when: { apps: { none: [open, free] } }, then: deny }',
        rest,
      ),
    };
    const at = (scope?: string) => found(files, app('open', 'openid'), app('free', scope, 'open'));
    expect(await at('openid')).toEqual(['error lock-out policies/account.yaml:2']);
    expect(await at('openid email')).toEqual(['warning newcomer-lock-out policies/account.yaml:2']);
    expect(await at()).toEqual(['warning newcomer-lock-out policies/account.yaml:2']);
  });

  test('into an app that lets no user in otherwise', async () => {
    const files = signOn(email(), '{ name: Rest, then: deny }');
    expect(await findings({ ...files, ...app('notes', 'openid') })).toEqual(['error closed-app apps/notes.yaml:3']);
    expect(await findings({ ...files, ...app('notes', 'openid email') })).toEqual([]);
  });
});

describe('an app without the grant refresh_token cannot ask for offline_access', () => {
  const offline = rule('Offline', 'scopes: { any: [offline_access] }', one);
  const refreshing = ', grant_types: [authorization_code, refresh_token]';

  test.each([
    [
      'a rule of it is no example',
      signOn(rule('A', 'device: { platform: [mobile] }', two), offline, `{ name: Rest, then: ${two} }`),
      'warning spoofable policies/sign-on/notes.yaml:3',
    ],
    [
      'nor in an expression',
      signOn(
        rule('A', 'device: { platform: [mobile] }', two),
        rule('E', `expression: '"offline_access" in request.scopes'`, one),
        `{ name: Rest, then: ${two} }`,
      ),
      'warning spoofable policies/sign-on/notes.yaml:3',
    ],
  ])('%s', async (_, files, expected) => {
    expect(await findings({ ...files, ...app('notes', undefined) })).toEqual([]);
    expect(await findings({ ...files, ...app('notes', '"openid offline_access"') })).toEqual([]);
    expect(await findings({ ...files, ...app('notes', 'openid', 'notes', refreshing) })).toEqual([]);
    expect(await findings({ ...files, ...app('notes', undefined, 'notes', refreshing) })).toEqual([expected]);
  });

  test('and does not get in by a rule about it', async () => {
    const files = signOn(offline, '{ name: Rest, then: deny }');
    expect(await findings({ ...files, ...app('notes', undefined) })).toEqual(['error closed-app apps/notes.yaml:3']);
    expect(await findings({ ...files, ...app('notes', undefined, 'notes', refreshing) })).toEqual([]);
  });
});

test('a grant from before may still have such a scope, so that a rule about it may decide', async () => {
  const files = signOn(email(), rule('Guests', 'groups: { any: [staff] }', two), '{ name: Rest, then: deny }');
  expect(await findings({ ...files, ...app('notes', 'openid') })).toEqual([]);
});
