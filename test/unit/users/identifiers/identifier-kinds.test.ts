/** What kind an identifier is, and what could be one of the kinds that an app takes. */
import { describe, expect, test } from '@jest/globals';
import { attributeSchemaOf } from '../../../../src/policy/schema/fields/attributes.ts';
import {
  canBeOfKinds,
  identifyingValues,
  internationalNumber,
  kindsOfIdentifier,
} from '../../../../src/users/identifiers/identifier-kinds.ts';

const schema = attributeSchemaOf(
  { badge: { unique: true, identifies: true }, upn: { unique: true, identifies: true }, level: {} },
  ['phone', 'badge', 'upn'],
);

describe('the kinds of an identifier', () => {
  const profile = { badge: 'B-1', upn: 'Ann@Corp.Test', email: 'ann@mail.test', phone: '+4930123456', level: 'b-2' };
  const identifiers = [
    'ann',
    'b-1',
    'b-2',
    'ann@corp.test',
    'ann@mail.test',
    'old@mail.test',
    '+4930123456',
    '+43111111',
  ];
  test.each([
    ['ann', ['username']],
    ['b-1', ['badge']],
    ['b-2', ['username']],
    ['ann@corp.test', ['upn']],
    ['ann@mail.test', ['email']],
    ['old@mail.test', ['email']],
    ['+4930123456', ['phone']],
    ['+43111111', ['phone']],
    ['nobody', []],
  ])('of %s', (identifier, kinds) => {
    expect(kindsOfIdentifier({ identifiers, profile }, identifier, schema)).toEqual(kinds);
  });

  test('an address that is both the attribute and the address of the profile has both', () => {
    const both = { identifiers: ['a@b.test'], profile: { upn: 'A@b.test', email: 'a@b.test' } };
    expect(kindsOfIdentifier(both, 'a@b.test', schema)).toEqual(['upn', 'email']);
  });

  test('a number is no identifier of its own where numbers do not identify', () => {
    const others = attributeSchemaOf({ badge: { unique: true, identifies: true } }, ['email']);
    expect(identifyingValues(others, profile)).toEqual(['b-1']);
    expect(identifyingValues(schema, profile)).toEqual(['+4930123456', 'b-1', 'ann@corp.test']);
  });
});

test.each([
  ['+49 (30) 123-456', '+4930123456'],
  [' +49/30.123456 ', '+4930123456'],
  [' +49-(0)30/123456', '+4930123456'],
  ['+４９（０）３０１２３４５６', '+4930123456'],
  ['+4930(0)123456', '+49300123456'],
  ['+４９３０１２３４５６', '+4930123456'],
  ['030123456', undefined],
  ['+0301234567', undefined],
  ['+1234567890123456', undefined],
  ['+49 30 12a456', undefined],
])('%j as a number with country code', (text, number) => {
  expect(internationalNumber(text)).toBe(number);
});

describe('what can be of the kinds that count', () => {
  const [name, mail, number] = [
    { value: 'ann', isNumber: false },
    { value: 'a@b.test', isNumber: false },
    { value: '+4930123456', isNumber: true },
  ];
  test.each([
    [undefined, true, true, true],
    [['email'], false, true, false],
    [['username'], true, false, true],
    [['phone'], false, false, true],
    [['email', 'phone'], false, true, true],
    [['badge'], true, true, true],
  ])('%j', (by, ...expected) => {
    expect([name, mail, number].map((identifier) => canBeOfKinds(identifier, by))).toEqual(expected);
  });
});
