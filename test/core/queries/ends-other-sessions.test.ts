/** Whether a new enrollment ends the other sessions of the account. */

import { expect, test } from '@jest/globals';
import type { Enrollment } from '../../../src/core/model/facts.ts';
import { endsOtherSessions } from '../../../src/core/queries/ends-other-sessions.ts';
import { enrolled, type Key, policiesOf, userWith } from '../support/fixtures.ts';

function added(key: Key | 'key', replaces = false) {
  return { ...(enrolled(key)[0] as Enrollment), replaces };
}

test.each<[string, readonly (Key | 'key')[], Key | 'key', boolean]>([
  ['a second factor type', ['password'], 'totp', true],
  ['the first enrollment', [], 'totp', true],
  ['phishing resistance', ['password', 'totp'], 'key', true],
  ['a third factor type', ['password', 'key'], 'webauthn', true],
  ['a second enrollment of an authenticator', ['password', 'totp'], 'totp', false],
  ['another authenticator for possession', ['password', 'totp'], 'email', false],
  ['a second passkey', ['password', 'webauthn'], 'webauthn', false],
  ['less than the account has', ['password', 'webauthn'], 'totp', false],
  ['an auxiliary authenticator', ['totp'], 'security_question', false],
  ['knowledge, beside an auxiliary authenticator', ['totp', 'security_question'], 'password', true],
])('%s', (_what, keys, key, expected) => {
  expect(endsOtherSessions(policiesOf(), userWith(keys), added(key))).toBe(expected);
});

test('an enrollment that replaces another ends them, even an auxiliary one', () => {
  expect(endsOtherSessions(policiesOf(), userWith(['password', 'recovery_code']), added('recovery_code', true))).toBe(
    true,
  );
  const asked = userWith(['password', 'security_question']);
  expect(endsOtherSessions(policiesOf(), asked, added('security_question', true))).toBe(true);
  expect(endsOtherSessions(policiesOf(), userWith(['password', 'totp']), added('recovery_code', true))).toBe(false);
});

test.each<[string, Partial<Enrollment>]>([
  ['is consumed', { consumed: true }],
  ['is temporary', { temporary: true }],
])('an enrollment that %s was no second factor', (_what, more) => {
  const enrollments = [
    ...enrolled('password'),
    ...enrolled('recovery_code').map((enrollment) => ({ ...enrollment, ...more })),
  ];
  expect(endsOtherSessions(policiesOf(), userWith([], { enrollments }), added('totp'))).toBe(true);
});

test('a disabled authenticator counted for nothing', () => {
  const { authenticators, ...policies } = policiesOf();
  const enabled = authenticators.filter(({ key }) => key !== 'phone');
  expect(
    endsOtherSessions({ ...policies, authenticators: enabled }, userWith(['password', 'phone']), added('totp')),
  ).toBe(true);
});

test.each<[string, readonly Key[], Key, boolean]>([
  ['the first other factor', ['password', 'email'], 'totp', true],
  ['one more beside another factor', ['password', 'email', 'totp'], 'totp', false],
])('after a recovery by a mailbox, %s', (_what, keys, key, expected) => {
  const user = userWith(keys);
  const by = user.enrollments.flatMap(({ id, authenticator }) => (authenticator === 'email' ? [id] : []));
  expect(by).toHaveLength(1);
  expect(endsOtherSessions(policiesOf(), { ...user, recovery: { at: 1, by } }, added(key))).toBe(expected);
  expect(endsOtherSessions(policiesOf(), { ...user, recovery: { at: 1, by: [] } }, added(key))).toBe(false);
});
