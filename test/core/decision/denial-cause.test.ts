/** Which cause a denial names, where several things stand in the way. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { changeScope, enrollScope } from '../../../src/core/enrollment/account-request.ts';
import { maxEnrollmentsPerAuthenticator } from '../../../src/core/enrollment/enrollment-limit.ts';
import type { Enrollment, Facts, Subject } from '../../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

function disabling(policies: PolicySet, ...disabled: readonly Key[]): PolicySet {
  const then = enrollmentTerms({ disabled });
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] }) };
}

function fullOf(key: Key): Subject {
  const [one] = enrolled(key) as [Enrollment];
  const many = Array.from({ length: maxEnrollmentsPerAuthenticator }, (_, index) => ({ ...one, id: `${key}${index}` }));
  return userWith([], { enrollments: [...enrolled('password'), ...many] });
}

/** No user can enroll `email`, so who has none never meets this. */
const mailOnly = factors(1, { demands: [{ authenticators: ['email'] }] });
const evidence = [proof('password', 'now')];
const knownUser = factsOf({ subject: userWith(['password', 'totp']), evidence });

test.each<[string, PolicySet, Facts]>([
  [
    'a full authenticator would not help',
    policiesOf({ app: mailOnly }),
    factsOf({ subject: fullOf('totp'), evidence }),
  ],
  ['a disabled authenticator would not help', disabling(policiesOf({ app: mailOnly }), 'totp'), knownUser],
  ['the minimum acr would not help', policiesOf({ app: mailOnly, minimumAcr: '1fa' }), knownUser],
])('no cause but the policy itself is to blame where %s', (_, policies, facts) => {
  expect(evaluate(policies, facts)).toEqual({ kind: 'deny', reason: 'unsatisfiable', trace: expect.anything() });
});

test.each(['suspended', 'deactivated'] as const)('an account that is %s denies whatever was proved', (status) => {
  const facts = factsOf({ subject: userWith(['password'], { status }), evidence });
  expect(evaluate(policiesOf(), facts)).toMatchObject({ kind: 'deny', reason: 'account_inactive' });
});

test('no policy is to blame for an account-management requirement that the user cannot meet', () => {
  // The passkey is assumed to prove presence only, while the account can reach two factor types with it.
  const policies: PolicySet = { ...policiesOf(), isAccountApp: true, presenceOnly: 'webauthn' };
  const facts = factsOf({ subject: userWith(['webauthn']), request: { scopes: ['openid', changeScope] } });
  expect(evaluate(policies, facts)).toMatchObject({ kind: 'challenge', withheld: { reason: 'unsatisfiable' } });
  expect(evaluate({ ...policies, minimumAcr: '1fa' }, facts)).toMatchObject({ withheld: { reason: 'unsatisfiable' } });
});

describe('an authenticator that the user asks to enroll in the account app', () => {
  const account: PolicySet = { ...policiesOf(), isAccountApp: true };
  const wanting = (key: string, subject: Subject, more: Partial<Facts> = {}) =>
    evaluate(account, factsOf({ subject, evidence, ...more, request: { scopes: ['openid', enrollScope(key)] } }));

  test('denies where no user can enroll it', () => {
    const denial = { kind: 'deny', reason: 'unsatisfiable', layer: 'app' };
    expect(wanting('password', userWith(['password']))).toMatchObject(denial);
    expect(wanting('unknown', userWith(['password']))).toMatchObject(denial);
  });
});

describe('a user who has only disabled authenticators', () => {
  const policies = disabling(policiesOf({ app: factors(1, { demands: [{ authenticators: ['totp'] }] }) }), 'totp');
  const has = ['totp'] as const;

  test('is asked for one of them before the denial shows', () => {
    expect(evaluate(policies, factsOf({ subject: userWith(has) }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp', enrollments: ['totp'] }],
      withheld: { reason: 'enrollment_forbids' },
    });
  });

  test('learns the reason after that', () => {
    const facts = factsOf({ subject: userWith(has), evidence: [proof('totp', 'now')] });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', reason: 'enrollment_forbids' });
  });
});
