/** What policies call authenticators and their methods. */
import { expect, test } from '@jest/globals';
import {
  authenticatorIn,
  enrollmentName,
  methodIn,
  namesOf,
  takesAuthenticator,
} from '../../../src/core/model/authenticator-name.ts';

test('an authenticator has a name, and one for each method', () => {
  expect(namesOf({ key: 'phone', methods: ['sms', 'voice'] })).toEqual(['phone', 'phone.sms', 'phone.voice']);
  expect(namesOf({ key: 'totp' })).toEqual(['totp']);
});

test.each<[string, readonly string[] | undefined]>([
  ['phone', undefined],
  ['phone', []],
  ['phone.voice', ['voice']],
  ['phone', ['sms', 'voice']],
])('an enrollment is called %s where it has the methods %j', (expected, methods) => {
  expect(enrollmentName({ authenticator: 'phone', ...(methods && { methods }) })).toBe(expected);
});

test('a name is taken apart', () => {
  expect(['phone', 'phone.voice'].map(authenticatorIn)).toEqual(['phone', 'phone']);
  expect(['phone', 'phone.voice'].map(methodIn)).toEqual([undefined, 'voice']);
});

test('a step takes an authenticator that it names, or a method of it', () => {
  const takes = (...authenticators: readonly string[]) => takesAuthenticator({ authenticators }, 'phone');
  expect([takes('phone'), takes('totp', 'phone.voice'), takes('totp'), takes()]).toEqual([true, true, false, false]);
});
