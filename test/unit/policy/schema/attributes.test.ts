/** The attribute schema in `stepgate.yaml`: what comes out of it, and its findings. */
import { expect, test } from '@jest/globals';
import { standardAttributes } from '../../../../src/policy/model/standard-attributes.ts';
import { readSettings } from '../../../../src/policy/revision/read-document.ts';
import { authenticators, findingLines, load } from '../support/configuration-dir.ts';

const brand = 'brand: { name: A }\n';
const settings = 'stepgate.yaml';

async function settingsOf(text: string) {
  const loaded = await load({
    [settings]: `${brand}${text}`,
    'policies/session.yaml':
      'rules:\n  - name: All\n    then:\n      allow: { primary: any, secondFactor: never, idle: PT2H, absolute: P1D }\n',
  });
  const document = loaded.ok ? loaded.documents.get('settings') : undefined;
  if (document === undefined) throw new Error(JSON.stringify(loaded));
  return readSettings(document, authenticators);
}

test('without the key a profile has the attributes of OpenID Connect, and may contain others', async () => {
  const { attributes, scopes } = await settingsOf('');
  expect(attributes).toEqual({ attributes: standardAttributes, closed: false });
  expect(scopes.address).toEqual(['address']);
  expect(scopes.phone).toEqual(['phone_number', 'phone_number_verified']);
});

test('own attributes, and more about the standard ones', async () => {
  const { attributes, scopes } = await settingsOf(`attributes:
  shirt: { label: { en: Shirt, de: Hemd }, options: [{ value: S }, { value: M, label: Medium }], write: user, claim: shirt }
  badge: { unique: true, identifies: true, claim: badge, scope: staff }
  level: { type: number, min: 1, max: 9, read: admin }
  postalCode: { maxLength: 5, help: Five digits }
`);
  expect(attributes.closed).toBe(true);
  expect(attributes.attributes).toEqual({
    ...standardAttributes,
    shirt: {
      type: 'text',
      label: { en: 'Shirt', de: 'Hemd' },
      options: [{ value: 'S' }, { value: 'M', label: { en: 'Medium' } }],
      read: 'user',
      write: 'user',
      claim: 'shirt',
      scope: 'profile',
    },
    badge: {
      type: 'text',
      read: 'user',
      write: 'admin',
      claim: 'badge',
      scope: 'staff',
      unique: true,
      identifies: true,
    },
    level: { type: 'number', min: 1, max: 9, read: 'admin', write: 'admin' },
    postalCode: { ...standardAttributes.postalCode, maxLength: 5, help: { en: 'Five digits' } },
  });
  expect(scopes.staff).toEqual(['badge']);
  expect(scopes.profile).toContain('shirt');
});

test.each<[string, string, readonly string[]]>([
  [
    'a reserved name',
    'attributes: { groups: {} }',
    ['2:15 attributes.groups key `groups` is a name that the record of a user has for itself [invalid_value]'],
  ],
  [
    'a reserved claim',
    'attributes: { a: { claim: acr } }',
    ['2:27 attributes.a.claim is a claim that the provider sets [invalid_value]'],
  ],
  [
    'a verified claim',
    'attributes: { a: { claim: email_verified } }',
    ['2:27 attributes.a.claim is a claim that the provider sets [invalid_value]'],
  ],
  [
    'a fixed claim',
    'attributes: { phone: { claim: tel } }',
    ['2:31 attributes.phone.claim is fixed for an attribute of OpenID Connect [invalid_value]'],
  ],
  [
    'who reads',
    'attributes: { a: { read: admin, write: user } }',
    ['2:40 attributes.a.write cannot be `user`: users write what they read [invalid_value]'],
  ],
  [
    'what it shows',
    'attributes: { a: { read: admin, claim: a } }',
    ['2:40 attributes.a.claim would show it: only administrators read it [invalid_value]'],
  ],
  [
    'a list',
    'attributes: { a: { type: list, write: user } }',
    ['2:39 attributes.a.write cannot be `user`: no form asks for a list [invalid_value]'],
  ],
  [
    'an identifier that users write',
    'attributes: { a: { identifies: true, write: user } }',
    ['2:32 attributes.a.identifies needs `write: admin` [invalid_value]'],
  ],
  [
    'limits',
    'attributes: { a: { minLength: 9, maxLength: 3 } }',
    ['2:31 attributes.a.minLength is above `maxLength` [invalid_value]'],
  ],
  [
    'a limit above the usual one',
    'attributes: { a: { minLength: 300 } }',
    ['2:31 attributes.a.minLength is above 200, the `maxLength` where none is written [invalid_value]'],
  ],
  [
    'options that are not as values are kept',
    'attributes: { a: { options: [{ value: "Orle\u0301ans" }, { value: "Lyon " }, { value: "Orl\u00e9ans" }] } }',
    [
      '2:39 attributes.a.options[0].value can never be chosen: values are kept without spaces around them, and composed (Unicode NFC) [invalid_value]',
      '2:62 attributes.a.options[1].value can never be chosen: values are kept without spaces around them, and composed (Unicode NFC) [invalid_value]',
    ],
  ],
  [
    'an option that is too long',
    'attributes: { a: { maxLength: 3, options: [{ value: abcdef }, { value: abc }] } }',
    ['2:53 attributes.a.options[0].value can never be chosen: it is longer than 3 characters [invalid_value]'],
  ],
  [
    'an option that is too short',
    'attributes: { nickname: { minLength: 9, options: [{ value: abcdef }] } }',
    ['2:60 attributes.nickname.options[0].value can never be chosen: it is shorter than 9 characters [invalid_value]'],
  ],
  [
    'an option that does not match',
    'attributes: { a: { matches: "x*", options: [{ value: abc }, { value: xyz }] } }',
    ['2:54 attributes.a.options[0].value can never be chosen: it does not match `x*` [invalid_value]'],
  ],
  [
    'an option with an invisible character',
    'attributes: { a: { options: [{ value: "a\u200bb" }] } }',
    [
      '2:39 attributes.a.options[0].value can never be chosen: it has characters that no value may have [invalid_value]',
    ],
  ],
  [
    'a pattern that begins with a space',
    'attributes: { a: { matches: " a*" } }',
    [
      '2:29 attributes.a.matches can never match: values are kept without spaces around them, and composed (Unicode NFC) [invalid_value]',
    ],
  ],
  [
    'a pattern with letters in parts',
    'attributes: { a: { matches: "Cafe\u0301" } }',
    [
      '2:29 attributes.a.matches can never match: values are kept without spaces around them, and composed (Unicode NFC) [invalid_value]',
    ],
  ],
  [
    'a pattern that is too long',
    'attributes: { a: { matches: "abc*def", maxLength: 5 } }',
    ['2:29 attributes.a.matches can never match: it is longer than 5 characters [invalid_value]'],
  ],
  [
    'limits of a number',
    'attributes: { a: { type: number, min: 9, max: 3 } }',
    ['2:39 attributes.a.min is above `max` [invalid_value]'],
  ],
  [
    'a language',
    'attributes: { a: { label: { "e n": x } } }',
    expect.arrayContaining([expect.stringContaining('attributes.a.label')]) as never,
  ],
])('%s is a finding', async (_, text, expected) => {
  const lines = await findingLines({ [settings]: `${brand}${text}\n` });
  expect(lines.filter((line) => line.includes('attributes'))).toEqual(
    Array.isArray(expected) ? expected.map((line) => `${settings}:${line}`) : expected,
  );
});

const profilePolicy = 'policies/profile/default.yaml';
const asking = (then: string) => `name: default\nrules:\n  - name: A\n    then: ${then}\n`;

test.each<[string, string, readonly string[]]>([
  ['what everybody may know', '{ required: [locality, shirt], optional: [phone] }', []],
  [
    'an unknown attribute',
    '{ required: [localty] }',
    ['4:24 rules[0].then.required[0] unknown attribute `localty`; did you mean `locality`? [unknown_reference]'],
  ],
  [
    'an unknown one to register with',
    '{ register: { optional: [nick] } }',
    ['4:36 rules[0].then.register.optional[0] unknown attribute `nick` [unknown_reference]'],
  ],
  [
    'what no user writes',
    '{ required: [badge] }',
    [
      '4:24 rules[0].then.required[0] no user can fill in `badge`: its `write` is `admin`; say `write: user`, or do not ask for it [profile_unmeetable]',
    ],
  ],
  [
    'a verified flag',
    '{ register: { required: [emailVerified] } }',
    [
      '4:36 rules[0].then.register.required[0] no user can fill in `emailVerified`: its `write` is `admin`; say `write: user`, or do not ask for it [profile_unmeetable]',
    ],
  ],
  [
    'twice',
    '{ required: [locality], optional: [locality] }',
    ['4:45 rules[0].then.optional `locality` is required already [invalid_value]'],
  ],
  [
    'the same terms twice',
    '{ terms: [{ id: a, version: "1" }, { id: a, version: "2" }] }',
    ['4:20 rules[0].then.terms names the same terms twice [invalid_value]'],
  ],
  [
    'another word',
    '{ register: yes }',
    [
      '4:23 rules[0].then.register must be `allow`, `deny`, or a mapping with what a new user is asked for [invalid_value]',
    ],
  ],
])('a profile policy that asks for %s', async (_, then, expected) => {
  const files = {
    [settings]: `${brand}attributes: { shirt: { write: user }, badge: {} }\nzones: { office: { cidrs: [192.0.2.0/24] } }\n`,
    [profilePolicy]: asking(then),
  };
  const lines = (await findingLines(files)).map((line) => line.replace(/known: .*/, 'known: '));
  expect(lines).toEqual(expected.map((line) => `${profilePolicy}:${line}`));
});

test('an app names a profile policy that there is, and the policy ends in a catch-all rule', async () => {
  const app =
    'clientId: notes\nname: N\nsignOnPolicy: notes\nprofilePolicy: buyng\nclient: { redirect_uris: [https://n.test/cb] }\n';
  const buying = 'name: buying\nrules:\n  - name: A\n    when: { scopes: { any: [address] } }\n    then: {}\n';
  expect(await findingLines({ 'apps/notes.yaml': app, 'policies/profile/buying.yaml': buying })).toEqual([
    'apps/notes.yaml:4:16 profilePolicy unknown profile policy `buyng`; did you mean `buying`? [unknown_reference]',
    'policies/profile/buying.yaml:3:5 rules[0] the policy must end in a catch-all rule: one without `when` [catch_all_missing]',
  ]);
});

test('a profile policy works with an enrollment policy that disables something', async () => {
  const enrollment = 'rules:\n  - name: A\n    then: { disabled: [totp] }\n';
  const profile =
    'name: default\nrules:\n  - name: A\n    when: { apps: { any: [notes] } }\n    then: {}\n  - name: B\n    then: {}\n';
  expect(await findingLines({ 'policies/enrollment.yaml': enrollment, [profilePolicy]: profile })).toEqual([]);
});

const policy = (name: string) =>
  `name: notes\nrules:\n  - name: A\n    when: { attributes: { ${name}: { equals: x } } }\n    then: deny\n  - name: B\n    then: { allow: { factors: 1 } }\n`;

test('a condition asks only about attributes of the schema, where there is one', async () => {
  const file = 'policies/sign-on/notes.yaml';
  const zones = 'zones: { office: { cidrs: [192.0.2.0/24] } }\n';
  const named = { [settings]: `${brand}${zones}attributes: { department: {} }\n` };
  expect(await findingLines({ ...named, [file]: policy('departmnt') })).toEqual([
    `${file}:4:27 rules[0].when.attributes.departmnt unknown attribute \`departmnt\`; did you mean \`department\`? [unknown_reference]`,
  ]);
  for (const name of ['department', 'locality'])
    expect(await findingLines({ ...named, [file]: policy(name) })).toEqual([]);
  expect(await findingLines({ [file]: policy('anything') })).toEqual([]);
});

test.each([
  'a: { matches: "E-*", minLength: 9, options: [{ value: "E-1234567" }] }',
  'a: { matches: "* *" }',
  'a: { matches: "*é*", maxLength: 3 }',
  'a: { type: email, matches: "*@example.org" }',
  'nickname: { options: [{ value: "😀" }] }',
])('attributes that have values are no finding: %s', async (text) => {
  expect(await findingLines({ [settings]: `${brand}attributes: { ${text} }\n` })).toEqual([]);
});
