/** Which identifiers count: what `config check` refuses, and what it warns of. */
import { describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { loadConfiguration } from '../../../../src/policy/load.ts';
import { findingSummary } from '../../../../src/policy/model/analysis-finding.ts';
import { findingLine } from '../../../../src/policy/model/finding.ts';
import { validFiles, withConfiguration } from '../support/configuration-dir.ts';

/** `settings` and `app`: lines of their files. */
async function check(settings: string, app = '', more: Readonly<Record<string, string>> = {}) {
  const files = {
    ...validFiles,
    'stepgate.yaml': `brand: { name: Test }\n${settings}\n`,
    'apps/notes.yaml': `clientId: notes\nname: Notes\nsignOnPolicy: notes\n${app}\nclient: { redirect_uris: [https://notes.test/cb] }\n`,
    ...more,
  };
  return withConfiguration(files, async (dir) => {
    const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {}, inbox: true });
    return loaded.ok ? loaded.warnings.map(findingSummary) : loaded.findings.map(findingLine);
  });
}

const badge = 'attributes: { badge: { identifies: true, unique: true, label: Badge } }';

describe('is accepted', () => {
  test.each([
    ['nothing', ''],
    ['addresses alone', 'identify: { by: [email] }'],
    ['an attribute alone, which has a label', `${badge}\nidentify: { by: [badge] }`],
    ['numbers with a country', 'identify: { by: [email, phone], defaultCountry: DE }'],
    ['several with words', `${badge}\nidentify: { by: [email, badge], label: Mail or badge }`],
    ['passkeys by autofill', 'identify: { passkey: autofill }'],
  ])('%s', async (_, settings) => {
    expect(await check(settings)).toEqual([]);
  });

  test('fewer at an app, or others', async () => {
    expect(await check('identify: { by: [email, phone], defaultCountry: DE }', 'identify: { by: [phone] }')).toEqual(
      [],
    );
    expect(await check(`${badge}\nidentify: { by: [email] }`, 'identify: { by: [badge] }')).toEqual([]);
  });
});

describe('is refused', () => {
  test.each([
    [
      'an attribute that identifies and is not unique',
      'attributes: { badge: { identifies: true } }',
      '',
      'stepgate.yaml:2:36 attributes.badge.identifies needs `unique: true`: it must lead to one user [setting_missing]',
    ],
    [
      'no identifier at all',
      'identify: { by: [] }',
      '',
      'stepgate.yaml:2:17 identify.by must not be empty [invalid_value]',
    ],
    [
      'no identifier at an app',
      '',
      'identify: { by: [] }',
      'apps/notes.yaml:4:17 identify.by must not be empty [invalid_value]',
    ],
    [
      'one that nobody knows',
      '',
      'identify: { by: [mail] }',
      'apps/notes.yaml:4:18 identify.by[0] unknown identifier `mail`; did you mean `email`? [unknown_reference]',
    ],
    [
      'numbers at an app where they identify no user',
      '',
      'identify: { by: [phone] }',
      'apps/notes.yaml:4:18 identify.by[0] `phone` identifies no user: name it in `identify.by` of stepgate.yaml, or set `attributes.phone.identifies: true` there [setting_missing]',
    ],
    [
      'an attribute that does not identify',
      'attributes: { badge: { unique: true } }\nidentify: { by: [badge] }',
      '',
      'stepgate.yaml:3:18 identify.by[0] `badge` identifies no user: set `attributes.badge.identifies: true` there [setting_missing]',
    ],
    [
      'several with an attribute, without words',
      `${badge}\nidentify: { by: [email, badge] }`,
      '',
      'stepgate.yaml:3:17 identify.by needs `identify.label`: the page has no words for `badge` [setting_missing]',
    ],
    [
      'an attribute that users write',
      'attributes: { badge: { identifies: true, unique: true, write: user } }',
      '',
      'stepgate.yaml:2:36 attributes.badge.identifies needs `write: admin` [invalid_value]',
    ],
    [
      'a country that is none',
      'identify: { defaultCountry: XX }',
      '',
      'stepgate.yaml:2:29 identify.defaultCountry must be the code of a country in two capital letters, such as DE (ISO 3166-1) [invalid_value]',
    ],
  ])('%s', async (_, settings, app, finding) => {
    expect(await check(settings, app)).toEqual([finding]);
  });
});

describe('is warned of', () => {
  test('numbers without a country', async () => {
    const message = 'takes phone numbers with their country code only [country-code]';
    expect(await check('identify: { by: [email, phone] }')).toEqual([
      `stepgate.yaml:2:17: warning: identify.by ${message}`,
    ]);
    expect(await check('attributes: { phone: { identifies: true } }')).toEqual([
      `stepgate.yaml:2:36: warning: attributes.phone.identifies ${message}`,
    ]);
  });

  test('new users who could not sign in where they registered', async () => {
    const policy = 'name: default\nrules: [{ name: All, then: { register: allow } }]\n';
    const settings = 'authenticators: { email: { enabled: true } }';
    const open = { 'policies/profile/default.yaml': policy };
    expect(await check(settings, 'identify: { by: [email, username] }', open)).toEqual([]);
    expect(await check(settings, 'identify: { by: [username] }', open)).toEqual([
      'apps/notes.yaml:4:17: warning: identify.by takes no email address, and new users can register here: they have an address and no other identifier [newcomer-identifier]',
    ]);
    expect(await check(`${settings}\nidentify: { by: [username] }`, '', open)).toEqual([
      'apps/notes.yaml:1:11: warning: clientId takes no email address, and new users can register here: they have an address and no other identifier [newcomer-identifier]',
    ]);
  });
});

describe('users and their consent', () => {
  const users = (value: string) => ({
    'policies/sign-on/notes.yaml': `name: notes
rules:
  - name: One
    when: { users: { any: [${value}] } }
    then: { allow: { factors: 1 } }
  - name: All
    then: { allow: { factors: 1 } }
`,
  });
  const movable =
    /^policies\/sign-on\/notes\.yaml:4:\d+: warning: rules\[0\]\.when\.users\.any\[0\] `(\S+)` is (an address|a user name), which users change themselves/;

  test('a rule that follows what users change themselves is warned of', async () => {
    expect(await check('', '', users('ann@demo.test'))).toEqual([expect.stringMatching(movable)]);
    expect(await check('attributes: { email: { write: admin } }', '', users('ann@demo.test'))).toEqual([]);
    expect(await check('', '', users('ann'))).toEqual([]);
    expect(await check('account: { username: user }', '', users('ann'))).toEqual([expect.stringMatching(movable)]);
    expect(await check('account: { username: user }', '', users('0123456789abcdefghij_-'))).toEqual([]);
  });

  test('an app of others that asks for a scope without words is warned of', async () => {
    const bare = 'scopes: { orders: [orders] }';
    expect(await check(bare, 'firstParty: false')).toEqual([
      'apps/notes.yaml:4:13: warning: firstParty asks users for `orders`, and no `label` says in words what that is [scope-without-label]',
    ]);
    expect(await check(bare)).toEqual([]);
    expect(await check('scopes: { orders: { claims: [orders], label: Your orders } }', 'firstParty: false')).toEqual(
      [],
    );
    expect(await check('', 'firstParty: false')).toEqual([]);
  });
});
