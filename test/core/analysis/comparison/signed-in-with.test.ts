/** Ways to sign in that rules tell apart, and what is enough for a sign-in. */
import { describe, expect, test } from '@jest/globals';
import {
  isEnoughFor,
  namesAfterSignIn,
  possibleProofSets,
} from '../../../../src/core/analysis/comparison/signed-in-with.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { descriptor, enrollmentTerms, factors, policiesOf } from '../../support/fixtures.ts';

const { password, phone, email, totp, webauthn } = descriptor;
const by = (authenticator: AuthenticatorDescriptor, ...methods: readonly string[]) => ({ ...authenticator, methods });
const nameOf = ({ key, methods }: AuthenticatorDescriptor) => (methods ? `${key}(${methods.join(' ')})` : key);
const written = (all: readonly AuthenticatorDescriptor[]) => all.map(nameOf).join(' + ');

type Able = readonly AuthenticatorDescriptor[];

/** What is proved in each way. */
function ways(names: readonly string[], next: Able, before: Able = next) {
  return possibleProofSets(names, { next, before })?.map(({ proved }) => written(proved));
}

test.each<[string, readonly string[], Able, Able, readonly string[]]>([
  ['nothing that rules name', [], [password], [password], ['']],
  [
    'each set of what rules name, small ones first',
    ['password', 'totp', 'webauthn'],
    [password, totp, webauthn, phone],
    [password, totp, webauthn, phone],
    [
      '',
      'password',
      'totp',
      'webauthn',
      'password + totp',
      'password + webauthn',
      'totp + webauthn',
      'password + totp + webauthn',
    ],
  ],
  ['what rules name and no user can prove', ['totp'], [password], [password], ['']],
  ['an authenticator with all its methods', ['phone', 'email.code'], [phone], [phone], ['', 'phone(sms voice)']],
  [
    'each method, where a rule names one',
    ['phone.sms'],
    [phone],
    [phone],
    ['', 'phone(sms)', 'phone(voice)', 'phone(sms) + phone(voice)'],
  ],
  [
    'each method, where not all of them counted before',
    ['phone'],
    [phone],
    [password, by(phone, 'voice')],
    ['', 'phone(sms)', 'phone(voice)', 'phone(sms) + phone(voice)'],
  ],
  ['the whole, where none of it counted before', ['phone'], [phone], [password], ['', 'phone(sms voice)']],
  [
    'the whole, where it was not told how it was proved',
    ['phone'],
    [phone],
    [{ ...totp, key: 'phone' }],
    ['', 'phone(sms voice)'],
  ],
])('users prove %s', (_, names, next, before, expected) => {
  expect(ways(names, next, before)).toEqual(expected);
});

test('more than eight proofs are not looked at', () => {
  const all = Array.from({ length: 9 }, (_, at) => ({ ...totp, key: `code ${at}` }));
  const named = (count: number) =>
    ways(
      all.slice(0, count).map(({ key }) => key),
      all,
    );
  expect(named(8)).toHaveLength(256);
  expect(named(9)).toBeUndefined();
});

test('rules see what is proved, and before the change only what counted then', () => {
  const found = possibleProofSets(['phone.sms', 'password'], {
    next: [password, phone, email],
    before: [password, by(phone, 'voice'), email],
  });
  expect(found?.map(({ seen }) => [seen.before.join(), seen.now.join()])).toEqual([
    ['', ''],
    ['password', 'password'],
    ['', 'phone,phone.sms'],
    ['phone,phone.voice', 'phone,phone.voice'],
    ['password', 'password,phone,phone.sms'],
    ['password,phone,phone.voice', 'password,phone,phone.voice'],
    ['phone,phone.voice', 'phone,phone.sms,phone.voice'],
    ['password,phone,phone.voice', 'password,phone,phone.sms,phone.voice'],
  ]);
  expect(new Set(found?.map(({ others }) => written(others)))).toEqual(new Set(['email(code link)']));
});

describe('what users prove is enough', () => {
  const voice = factors(1, { demands: [{ authenticators: ['phone.voice'] }] });
  test.each<[string, Able, Able, Parameters<typeof isEnoughFor>[1], boolean]>([
    ['for one factor', [password], [], [factors(1)], true],
    ['not for two', [password], [], [factors(2)], false],
    ['for two with something else', [password], [totp], [factors(2)], true],
    ['for two together', [password, totp], [], [factors(1), factors(2)], true],
    ['not for one of several', [password], [], [factors(1), factors(2)], false],
    ['by a method', [by(phone, 'voice')], [], [voice], true],
    ['not by another method', [by(phone, 'sms')], [], [voice], false],
    ['by one of several methods', [by(phone, 'sms'), by(phone, 'voice')], [], [voice], true],
    ['by a method besides', [by(phone, 'sms')], [password, by(phone, 'voice')], [voice], true],
  ])('%s', (_, proved, others, asked, expected) => {
    expect(isEnoughFor({ proved, others, seen: { before: [], now: [] } }, asked)).toBe(expected);
  });
});

test('rules of the enrollment policies name what they ask about', () => {
  const then = enrollmentTerms();
  const enrollment = compilePolicy({
    name: 'enrollment',
    rules: [
      { name: 'one', when: { authenticated: { any: ['totp', 'password'] } }, then },
      { name: 'two', when: { any: [{ authenticated: { all: ['totp', 'phone.sms'] } }, {}] }, then },
    ],
  });
  expect(namesAfterSignIn([policiesOf(), { ...policiesOf(), enrollment }])).toEqual(['totp', 'password', 'phone.sms']);
});
