/** What a request to the account app is for, and when its purpose is fulfilled. */

import { describe, expect, test } from '@jest/globals';
import {
  type AccountPurpose,
  accountPurpose,
  enrollScope,
  isEnrolledHere,
  requestedAtAccount,
} from '../../../src/core/enrollment/account-request.ts';
import type { Evidence } from '../../../src/core/model/facts.ts';
import type { PolicySet } from '../../../src/core/policy/rules/compile.ts';
import { factsOf, plainRequest, policiesOf, proof, userWith } from '../support/fixtures.ts';

test.each<[readonly string[], AccountPurpose]>([
  [['openid'], { kind: 'view' }],
  [['openid', 'account:change'], { kind: 'change' }],
  [['openid', 'account:enroll:totp'], { kind: 'enroll', authenticator: 'totp' }],
  [['account:change', enrollScope('webauthn')], { kind: 'enroll', authenticator: 'webauthn' }],
])('the scopes %j ask for the purpose that asks for most', (scopes, purpose) => {
  expect(accountPurpose({ ...plainRequest, scopes })).toEqual(purpose);
});

describe('a request to enroll', () => {
  const enrolled = proof('totp', 'now', { origin: 'enrollment' });
  const request = { scopes: ['openid', enrollScope('totp')] };
  const account: PolicySet = { ...policiesOf(), isAccountApp: true };

  test.each<[string, readonly Evidence[], boolean]>([
    ['is fulfilled once it is enrolled', [enrolled], true],
    ['is fulfilled whatever else was proved', [proof('password', 'now'), enrolled], true],
    ['is not fulfilled by nothing', [], false],
    ['is not fulfilled by a proof of one that exists', [{ ...enrolled, origin: 'sign_in' }], false],
    ['is not fulfilled by an enrollment of another authenticator', [{ ...enrolled, authenticator: 'email' }], false],
    ['is not fulfilled by an enrollment of another user', [{ ...enrolled, subject: 'bob' }], false],
    ['is not fulfilled by an enrollment of another sign-in', [{ ...enrolled, transaction: 'tx-before' }], false],
  ])('%s', (_, evidence, expected) => {
    const facts = factsOf({ subject: userWith(['password', 'totp']), evidence, request });
    expect(isEnrolledHere('totp', facts)).toBe(expected);
    expect(requestedAtAccount(account, facts)).toBe(expected ? undefined : 'totp');
  });

  test('is none at other apps, and none without its scope', () => {
    const subject = userWith(['password']);
    expect(requestedAtAccount(policiesOf(), factsOf({ subject, request }))).toBeUndefined();
    const change = factsOf({ subject, request: { scopes: ['openid', 'account:change'] } });
    expect(requestedAtAccount(account, change)).toBeUndefined();
  });
});
