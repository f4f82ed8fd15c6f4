/** Rules about scopes that their apps may not ask for. */
import { expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { noteFound } from '../../../../support/values/found-codes.ts';
import { authenticators, load } from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const app = (name: string, scope?: string, more = '') =>
  `clientId: ${name}\nname: ${name}\nsignOnPolicy: notes\nclient: { redirect_uris: [https://${name}.test/cb]${scope ? `, scope: ${scope}` : ''}${more} }\n`;
const signOn = 'policies/sign-on/notes.yaml';

/** The apps may ask for these scopes; without any, for all. */
async function findings(when: string, ...scopes: readonly (string | undefined)[]): Promise<readonly string[]> {
  return findingsAt(when, {
    'apps/notes.yaml': app('notes', scopes[0]),
    ...(scopes.length > 1 && { 'apps/other.yaml': app('other', scopes[1]) }),
  });
}

async function findingsAt(when: string, apps: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const loaded = await load({
    'stepgate.yaml': 'brand: { name: A }\nscopes: { payments: { label: Pay } }\n',
    ...apps,
    [signOn]: `name: notes\nrules:\n  - { name: A, when: { ${when} }, then: { allow: { factors: 2 } } }\n  - { name: B, then: { allow: { factors: 1 } } }\n`,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const found = noteFound(await analyse(loaded, { authenticators, now }));
  return found.map(({ severity, code, path, message }) => `${severity} ${code} ${path} ${message}`);
}

const findingText = (path: string) =>
  `warning unaskable-scope rules[0].when.${path} no app that has this policy may ask for the scope \`payments\`: its \`client.scope\` lacks it`;
const plain = '"openid profile"';
const all = '"openid profile payments"';

test.each([
  ['one of them', 'scopes: { any: [profile, payments] }', 'scopes.any[1]'],
  ['all of them', 'scopes: { all: [payments] }', 'scopes.all[0]'],
  ['an alternative', 'any: [{ groups: { any: [a] } }, { scopes: { any: [payments] } }]', 'any[1].scopes.any[0]'],
])('a rule asks for a scope in %s that the app leaves out', async (_, when, path) => {
  expect(await findings(when, plain)).toEqual([findingText(path)]);
  expect(await findings(when, all)).toEqual([]);
  expect(await findings(when)).toEqual([]);
});

test('one app that may ask for it is enough', async () => {
  const when = 'scopes: { any: [payments] }';
  expect(await findings(when, plain, plain)).toEqual([findingText('scopes.any[0]')]);
  expect(await findings(when, plain, all)).toEqual([]);
  expect(await findings(when, plain, undefined)).toEqual([]);
});

test('`none` may name it', async () => {
  expect(await findings('scopes: { none: [payments] }, groups: { any: [a] }', plain)).toEqual([]);
});

test('no app has the grant for lasting refresh tokens, or each that has it lacks the scope', async () => {
  const when = 'scopes: { any: [offline_access] }';
  const refreshing = ', grant_types: [authorization_code, refresh_token]';
  const of = (...apps: readonly string[]) =>
    findingsAt(
      when,
      Object.fromEntries(apps.map((content, at) => [`apps/${at === 0 ? 'notes' : 'other'}.yaml`, content])),
    );
  const text =
    'warning unaskable-scope rules[0].when.scopes.any[0] no app that has this policy may ask for the scope `offline_access`: it takes the grant `refresh_token`, and the scope in `client.scope` if that is there';
  expect(await of(app('notes'))).toEqual([text]);
  expect(await of(app('notes', '"openid offline_access"'))).toEqual([text]);
  expect(await of(app('notes'), app('other', 'openid', refreshing))).toEqual([text]);
  expect(await of(app('notes'), app('other', undefined, refreshing))).toEqual([]);
  expect(await of(app('notes', '"openid offline_access"', refreshing))).toEqual([]);
});
