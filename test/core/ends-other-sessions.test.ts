/** What a new enrollment ends. */

import { expect, test } from '@jest/globals';
import type { Enrollment } from '../../src/core/model/facts.ts';
import { endsOtherSessions } from '../../src/core/queries/ends-other-sessions.ts';
import { enrolled, type Key, person, policiesOf } from './support/world.ts';

function added(key: Key | 'key', replaces = false) {
  return { ...(enrolled(key)[0] as Enrollment), replaces };
}

test.each<[string, readonly (Key | 'key')[], Key | 'key', boolean]>([
  ['a second factor type', ['password'], 'totp', true],
  ['the first of all', [], 'totp', true],
  ['phishing resistance', ['password', 'totp'], 'key', true],
  ['a third factor type', ['password', 'key'], 'webauthn', true],
  ['another one of the kind', ['password', 'totp'], 'totp', false],
  ['another way to show possession', ['password', 'totp'], 'email', false],
  ['a second passkey', ['password', 'webauthn'], 'webauthn', false],
  ['less than what is there', ['password', 'webauthn'], 'totp', false],
  ['what is too weak to stand for a factor type', ['totp'], 'security_question', false],
  ['knowledge, where only a question was known', ['totp', 'security_question'], 'password', true],
])('%s', (_what, keys, key, expected) => {
  expect(endsOtherSessions(policiesOf(), person(keys), added(key))).toBe(expected);
});

test('what takes the place of another ends them, also if it is too weak for a factor type', () => {
  expect(endsOtherSessions(policiesOf(), person(['password', 'recovery_code']), added('recovery_code', true))).toBe(
    true,
  );
  const asked = person(['password', 'security_question']);
  expect(endsOtherSessions(policiesOf(), asked, added('security_question', true))).toBe(true);
  expect(endsOtherSessions(policiesOf(), person(['password', 'totp']), added('recovery_code', true))).toBe(false);
});

test.each<[string, Partial<Enrollment>]>([
  ['is used up', { consumed: true }],
  ['is over some day', { temporary: true }],
])('what %s was no second factor', (_what, more) => {
  const enrollments = [...enrolled('password'), ...enrolled('recovery_code').map((one) => ({ ...one, ...more }))];
  expect(endsOtherSessions(policiesOf(), person([], { enrollments }), added('totp'))).toBe(true);
});

test('what is not enabled showed nothing', () => {
  const { authenticators, ...policies } = policiesOf();
  const enabled = authenticators.filter(({ key }) => key !== 'phone');
  expect(
    endsOtherSessions({ ...policies, authenticators: enabled }, person(['password', 'phone']), added('totp')),
  ).toBe(true);
});
