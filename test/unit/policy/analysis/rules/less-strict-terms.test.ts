/** Rules of the enrollment and the password policy that users leave by what they write themselves, for a milder one. */
import { describe, expect, test } from '@jest/globals';
import { analyse } from '../../../../../src/policy/analysis/findings/analyse.ts';
import { authenticators, load, validFiles } from '../../support/configuration-dir.ts';

const now = Date.parse('2026-11-26T12:00:00Z') / 1000;
const settings = `brand: { name: Test }
authenticators: { totp: { enabled: true }, webauthn: { enabled: true } }
attributes:
  nick: { write: user, options: [{ value: a }, { value: b }, { value: c }] }
  title: { write: user }
  unit: {}
`;
const files = { enrollment: 'policies/enrollment.yaml', password: 'policies/password.yaml' } as const;

async function findings(kind: keyof typeof files, ...rules: readonly string[]) {
  const text = `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
  const loaded = await load({ ...validFiles, 'stepgate.yaml': settings, [files[kind]]: text });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  const all = await analyse(loaded, { authenticators, now });
  return all.filter(({ code }) => code === 'user-written' || code === 'undecided');
}

const lines = async (...given: Parameters<typeof findings>) =>
  (await findings(...given)).map(({ severity, code, path, message }) => `${severity} ${code} ${path} ${message}`);

const named = (name: string, when: string, then: string) => `{ name: ${name}, when: ${when}, then: ${then} }`;
const has = (attribute: string, value = 'a') => `{ attributes: { ${attribute}: { equals: ${value} } } }`;
const rest = (then = '{}') => `{ name: Rest, then: ${then} }`;
const key = '{ required: [webauthn] }';
const totp = '{ required: [totp] }';

const escaped = (place: string, instead = 'Rest') =>
  `warning user-written ${place}, which they write themselves, for the rule "${instead}", which is less strict`;

test('a rule that asks some users for more is escaped by those who write another value', async () => {
  const rules = [named('A', has('nick'), key), rest()];
  const place = 'rules[0].when.attributes.nick users escape it by `nick`';
  expect(await lines('enrollment', ...rules)).toEqual([escaped(place)]);
  expect(await lines('enrollment', named('A', has('unit'), key), rest())).toEqual([]);
  expect(await findings('enrollment', ...rules)).toMatchObject([
    {
      rules: [{ name: 'Rest', file: files.enrollment }],
      advice: 'say `write: admin` for the attribute, or tell these users apart by something else',
    },
  ]);
  expect(await lines('password', named('A', has('nick'), '{ minLength: 20 }'), rest())).toEqual([escaped(place)]);
});

test('a rule that asks some users for less is chosen by those who write its value', async () => {
  const chosen = [
    'warning user-written rules[0].when.attributes.nick users choose it by `nick`, which they write themselves: it is less strict than the rule "Rest"',
  ];
  expect(await lines('enrollment', named('A', has('nick'), '{}'), rest(key))).toEqual(chosen);
  expect(await lines('password', named('A', has('nick'), '{}'), rest('{ minLength: 20 }'))).toEqual(chosen);
  expect(await lines('enrollment', named('A', has('unit'), '{}'), rest(key))).toEqual([]);
});

test('between rules about the same attribute', async () => {
  const rules = [named('A', has('nick'), key), named('B', has('nick', 'b'), '{}'), rest(totp)];
  expect(await lines('enrollment', ...rules)).toEqual([
    escaped('rules[0].when.attributes.nick users escape it by `nick`', 'B'),
    'warning user-written rules[1].when.attributes.nick users choose it by `nick`, which they write themselves: it is less strict than the rule "Rest"',
  ]);
});

test('in an expression, and beside an alternative', async () => {
  const expression = `{ expression: 'has(user.profile.title) && user.profile.title == "a"' }`;
  expect(await lines('enrollment', named('A', expression, key), rest())).toEqual([
    escaped('rules[0].when.expression users escape it by `title`'),
  ]);
  const alternative = `{ any: [${has('unit')}, ${has('nick')}] }`;
  expect(await lines('enrollment', named('A', alternative, key), rest())).toEqual([
    escaped('rules[0].when.any[1].attributes.nick users escape it by `nick`'),
  ]);
});

test('where nothing is known of a part of an expression, it is found by examples, or a note says so', async () => {
  const reading = (part: string) => `{ expression: 'has(user.profile.title) && ${part}' }`;
  const of = (part: string) => lines('enrollment', named('A', reading(part), key), rest());
  expect(await of('size(user.profile.title) < 3')).toEqual([
    escaped('rules[0].when.expression users escape it by `title`'),
  ]);
  const alternative = `{ any: [{ groups: { any: [staff] } }, ${reading('size(user.profile.title) * 7 == 1400')}] }`;
  expect(await lines('enrollment', named('A', alternative, key), rest())).toEqual([
    'note undecided rules[0] whether users choose a less strict rule by an attribute that they write themselves could not be decided: nothing is known of a part of its expression',
  ]);
});

describe('of the enrollment policy', () => {
  test.each([
    ['an enrollment', key, '{}'],
    ['one more', '{ required: [webauthn, totp] }', totp],
    ['fewer to choose from', key, '{ required: [{ anyOf: [webauthn, totp] }] }'],
    [
      'two of a kind',
      '{ required: [{ anyOf: [webauthn, totp], count: 2 }] }',
      '{ required: [{ anyOf: [webauthn, totp] }] }',
    ],
    ['an enrollment at once', key, '{ required: [{ anyOf: [webauthn], grace: { skips: 3 } }] }'],
    ['an authenticator that is disabled', '{ disabled: [totp] }', '{}'],
    ['one that may not be set up', '{ useOnly: [totp] }', '{}'],
  ])('users escape %s', async (_, strict, mild) => {
    expect(await lines('enrollment', named('A', has('nick'), strict), rest(mild))).toHaveLength(1);
    expect(await lines('enrollment', named('A', has('nick'), mild), rest(strict))).toHaveLength(1);
  });

  test.each([
    ['another enrollment', key, totp],
    ['the same, written otherwise', '{ required: [{ anyOf: [totp] }, webauthn] }', '{ required: [webauthn, totp] }'],
    ['an offer', '{ optional: [webauthn] }', '{}'],
    ['an enrollment for another one that is disabled', `{ required: [webauthn] }`, '{ disabled: [totp] }'],
    ['one that is disabled instead of use only', '{ disabled: [totp] }', '{ useOnly: [webauthn] }'],
  ])('nothing is found of %s', async (_, one, other) => {
    expect(await lines('enrollment', named('A', has('nick'), one), rest(other))).toEqual([]);
    expect(await lines('enrollment', named('A', has('nick'), other), rest(one))).toEqual([]);
  });

  test('nothing is found where the user comes under a rule that asks for as much', async () => {
    const staff = '{ groups: { any: [staff] } }';
    const both = '{ groups: { any: [staff] }, attributes: { nick: { equals: a } } }';
    expect(await lines('enrollment', named('A', both, key), named('Staff', staff, key), rest())).toEqual([]);
    expect(await lines('enrollment', named('Staff', staff, key), named('A', both, key), rest())).not.toContainEqual(
      expect.stringContaining('user-written'),
    );
  });

  test('nothing is found of a rule that is off or only reports, nor by another attribute', async () => {
    const off = `{ name: A, enabled: false, when: ${has('nick')}, then: ${key} }`;
    const reporting = `{ name: A, reportOnly: true, when: ${has('nick')}, then: ${key} }`;
    expect(await lines('enrollment', off, rest())).toEqual([]);
    expect(await lines('enrollment', reporting, rest())).toEqual([]);
    const both = '{ attributes: { nick: { equals: a }, unit: { equals: a } } }';
    expect(await lines('enrollment', named('A', both, key), named('Unit', has('unit'), key), rest())).toEqual([]);
  });
});

describe('of the password policy', () => {
  test.each([
    ['a length', '{ minLength: 20 }', '{ minLength: 16 }'],
    ['a length beside a second factor', '{ minLengthBesideSecondFactor: 10 }', '{}'],
    ['a list', '{}', '{ blocklists: [common, context, list] }'],
    ['former passwords', '{ history: 4 }', '{ history: 3 }'],
    ['an age', '{ maxAge: P90D }', '{}'],
    ['an age', '{ maxAge: P90D }', '{ maxAge: P91D }'],
    ['attempts', '{ lockout: { attempts: 5 } }', '{}'],
    ['a wait', '{ lockout: { wait: PT1H } }', '{ lockout: { wait: PT30M } }'],
    ['failures in a row', '{ lockout: { consecutive: 20 } }', '{ lockout: { consecutive: 50 } }'],
  ])('users escape %s', async (_, strict, mild) => {
    expect(await lines('password', named('A', has('nick'), strict), rest(mild))).toHaveLength(1);
    expect(await lines('password', named('A', has('nick'), mild), rest(strict))).toHaveLength(1);
  });

  test.each([
    ['the same', '{ minLength: 15 }', '{}'],
    ['a length for a list', '{ minLength: 20, blocklists: [common] }', '{ minLength: 15 }'],
    ['a length for an age', '{ minLength: 20 }', '{ maxAge: P90D }'],
    ['a wait for the rest of the window', '{ lockout: { wait: PT1H } }', '{}'],
  ])('nothing is found of %s', async (_, one, other) => {
    expect(await lines('password', named('A', has('nick'), one), rest(other))).toEqual([]);
    expect(await lines('password', named('A', has('nick'), other), rest(one))).toEqual([]);
  });
});
