/** The fields of a profile form: which ones it has, and what the user typed. */

import { describe, expect, test } from '@jest/globals';
import type { Attribute, AttributeType } from '../../../../../src/core/model/attribute.ts';
import { profileFields, readTyped, withSummary } from '../../../../../src/flow/actions/profile/profile-fields.ts';

const own = { read: 'user', write: 'user' } as const;
const attribute = (type: AttributeType, more: Partial<Attribute> = {}): Attribute => ({ type, ...own, ...more });

describe('which fields a form has', () => {
  const attributes = {
    nickname: attribute('text'),
    age: attribute('number'),
    news: attribute('boolean'),
    roles: attribute('list'),
    email: attribute('email', { verifiedBy: 'emailVerified' }),
    constructor: attribute('text', { verifiedBy: 'proved' }),
    level: attribute('text', { write: 'admin' }),
  };
  const fieldsOf = (profile: object, required: readonly string[], optional: readonly string[] = []) =>
    profileFields({ attributes, closed: true }, { ...profile }, { required, optional });
  const [nickname, age, news] = [attributes.nickname, attributes.age, attributes.news];

  test.each<[string, object, readonly string[], readonly string[], readonly object[]]>([
    [
      'the required ones, then the optional ones',
      {},
      ['age'],
      ['nickname'],
      [
        { name: 'age', attribute: age, required: true },
        { name: 'nickname', attribute: nickname, required: false },
      ],
    ],
    [
      'present values are filled in',
      { nickname: '', age: 0, news: false, roles: ['a'] },
      ['nickname', 'age', 'news', 'roles'],
      [],
      [
        { name: 'nickname', attribute: nickname, required: true, value: '' },
        { name: 'age', attribute: age, required: true, value: 0 },
        { name: 'news', attribute: news, required: true, value: false },
        { name: 'roles', attribute: attributes.roles, required: true },
      ],
    ],
    ['what only administrators write is left out', {}, ['level'], [], []],
    ['so is what the schema does not have', {}, ['toString'], ['other'], []],
    ['and a known value that takes a proof to change', { email: 'ann@example.org' }, ['email'], [], []],
    [
      'an unknown one is asked for',
      {},
      ['email', 'constructor'],
      [],
      [
        { name: 'email', attribute: attributes.email, required: true },
        { name: 'constructor', attribute: attributes.constructor, required: true },
      ],
    ],
  ])('%s', (_what, profile, required, optional, expected) => {
    expect(fieldsOf(profile, required, optional)).toEqual(expected);
  });
});

describe('what the user typed', () => {
  const field = (type: AttributeType, more: Partial<Attribute> = {}, required = true) => ({
    name: 'it',
    attribute: attribute(type, more),
    required,
  });
  const read = (asked: ReturnType<typeof field>, text: string | undefined, country?: string) =>
    readTyped(text === undefined ? {} : { 'userProfile.it': text }, { fields: [asked], terms: [], country });

  test.each<[AttributeType, string | undefined, unknown, string?]>([
    ['text', ' Ann ', 'Ann'],
    ['text', '030 123456', '030 123456', 'DE'],
    ['number', '42', 42],
    ['boolean', 'yes', true],
    ['boolean', undefined, false],
    ['date', '2000-02-29', '2000-02-29'],
    ['url', 'https://a.test', 'https://a.test'],
    ['email', 'ann@example.org', 'ann@example.org'],
    ['phone', '+49 30 123456', '+4930123456'],
    ['phone', '030 123456', '+4930123456', 'DE'],
    ['phone', '+1 212 555 0123', '+12125550123', 'DE'],
    ['locale', 'de-de', 'de-DE'],
    ['time_zone', 'Europe/Berlin', 'Europe/Berlin'],
  ])('%s %j is the value %j', (type, text, value, ...[country]) => {
    expect(read(field(type), text, country)).toEqual({ values: { it: value }, emptied: [], notices: [] });
  });

  /** The notice is next to the field, below a sentence about the whole form. */
  test.each<[AttributeType, Partial<Attribute>, string | undefined, string, object?]>([
    ['text', {}, undefined, 'profile.required'],
    ['text', {}, '  ', 'profile.required'],
    ['text', { minLength: 3 }, 'ab', 'profile.too_short', { limit: 3 }],
    ['text', { maxLength: 3 }, 'abcd', 'profile.too_long', { limit: 3 }],
    ['text', {}, 'a\u200bb', 'profile.forbidden_character'],
    ['text', {}, '<b>', 'profile.markup'],
    ['text', { options: [{ value: 'a' }] }, 'b', 'profile.not_offered'],
    ['text', { matches: 'a*' }, 'b', 'profile.not_matching'],
    ['number', { min: 0 }, '-1', 'profile.too_small', { limit: 0 }],
    ['number', { max: 10 }, '11', 'profile.too_large', { limit: 10 }],
    ['number', {}, 'many', 'profile.invalid.number'],
    ['boolean', {}, 'maybe', 'profile.unknown'],
    ['date', {}, '2001-02-29', 'profile.invalid.date'],
    ['url', {}, 'ftp://a.test', 'profile.invalid.url'],
    ['email', {}, 'ann', 'profile.invalid.email'],
    ['phone', {}, '030 123456', 'profile.invalid.phone'],
    ['locale', {}, '-', 'profile.invalid.locale'],
    ['time_zone', {}, 'Nowhere', 'profile.invalid.time_zone'],
  ])('%s %j: %j is refused (%s)', (type, more, text, code, ...[params]) => {
    const notice = { code, level: 'error', field: 'userProfile.it', ...(params && { params }) };
    expect(read(field(type, more), text)).toEqual({
      values: {},
      emptied: [],
      notices: [{ code: 'profile.check', level: 'error' }, notice],
    });
  });

  test('what is no number of the country is refused as it was typed', () => {
    expect(read(field('phone'), 'none', 'DE').notices).toMatchObject([{}, { code: 'profile.invalid.phone' }]);
  });

  test('what is optional may be left empty', () => {
    expect(read(field('text', {}, false), '')).toEqual({ values: {}, emptied: ['it'], notices: [] });
  });

  test('but not be wrong', () => {
    expect(read(field('number', {}, false), 'many').notices).toHaveLength(2);
  });

  test.each([
    ['yes', []],
    [
      'no',
      [
        { code: 'profile.check', level: 'error' },
        { code: 'terms.required', level: 'error', field: 'terms.use' },
      ],
    ],
    [undefined, [{}, { code: 'terms.required' }]],
  ])('terms accepted with %s', (ticked, notices) => {
    const fields = ticked === undefined ? {} : { 'terms.use': ticked };
    const asked = { fields: [], terms: [{ id: 'use', version: '1' }], country: undefined };
    expect(readTyped(fields, asked).notices).toMatchObject(notices);
  });

  test('an input that the form does not have is refused first of all', () => {
    const asked = { fields: [field('text')], terms: [], country: undefined };
    const typed = readTyped({ 'userProfile.level': 'chief', 'userProfile.it': '' }, asked);
    expect(typed.notices.map(({ code }) => code)).toEqual(['profile.unknown', 'profile.check', 'profile.required']);
    expect(typed.notices[0]).toEqual({ code: 'profile.unknown', level: 'error' });
  });

  test('inputs of other parts of the form are none of its business', () => {
    const asked = { fields: [field('text')], terms: [], country: undefined };
    expect(readTyped({ 'credentials.passcode': 'x', 'userProfile.it': 'a' }, asked)).toEqual({
      values: { it: 'a' },
      emptied: [],
      notices: [],
    });
  });

  test('without an error there is no sentence about errors', () => {
    expect(withSummary([])).toEqual([]);
  });
});
