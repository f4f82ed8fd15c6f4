/** Whether a refresh token may still be used. */

import { expect, test } from '@jest/globals';
import { evaluateRefresh } from '../../src/core/decision/refresh.ts';
import type { Subject } from '../../src/core/model/facts.ts';
import type { Policy } from '../../src/core/model/policy.ts';
import {
  allow,
  always,
  enrolled,
  factors,
  type PolicyParts,
  policiesOf,
  silentFacts,
  userWith,
} from './support/fixtures.ts';

const contractorsDenied: Policy = {
  name: 'tested',
  rules: [
    { name: 'contractors', when: { groups: { any: ['contractors'] } }, then: { kind: 'deny' } },
    { name: 'staff', when: { groups: { any: ['staff'] } }, then: allow(factors(3, { maxAge: 0 })) },
  ],
};

test.each<[string, PolicyParts, Partial<Subject> | undefined, object]>([
  ['nothing denies, and no evidence is required', { app: contractorsDenied }, { groups: ['staff'] }, { allow: true }],
  [
    'a rule of the app denies',
    { app: contractorsDenied },
    { groups: ['contractors'] },
    { allow: false, reason: 'rule' },
  ],
  [
    'a rule of the session policy denies',
    { session: contractorsDenied },
    { groups: ['contractors'] },
    { allow: false, reason: 'rule' },
  ],
  ['no rule holds any more', { app: contractorsDenied }, {}, { allow: false, reason: 'no_rule' }],
  ['suspended', {}, { status: 'suspended' }, { allow: false, reason: 'account_inactive' }],
  [
    'deactivated',
    { app: always({ kind: 'deny' }) },
    { status: 'deactivated' },
    { allow: false, reason: 'account_inactive' },
  ],
  ['the account is gone', {}, undefined, { allow: false, reason: 'account_inactive' }],
])('%s', (_, policies, more, expected) => {
  const facts = silentFacts(more ? { subject: userWith(['password'], more) } : {});
  const decision = evaluateRefresh(policiesOf(policies), facts, []);
  expect(decision).toMatchObject(expected);
  expect(decision.trace.layers.map(({ layer }) => layer)).toEqual(['session', 'app']);
});

test('the app has no policy any more', () => {
  const { app: _, ...policies } = policiesOf();
  expect(evaluateRefresh(policies, silentFacts({ subject: userWith(['password']) }), [])).toMatchObject({
    allow: false,
    reason: 'no_policy',
  });
});

test('the enrollments that the tokens rest on must still exist, consumed or not', () => {
  const evaluate = (subject: Subject, basisEnrollments: readonly string[]) =>
    evaluateRefresh(policiesOf(), silentFacts({ subject }), basisEnrollments);
  const gone = { allow: false, reason: 'enrollment_gone' };
  expect(evaluate(userWith(['password', 'totp']), ['password', 'totp'])).toMatchObject({ allow: true });
  expect(evaluate(userWith(['password']), ['password', 'totp'])).toMatchObject(gone);
  expect(evaluate(userWith(['password']), ['password'])).toMatchObject({ allow: true });
  const enrollments = enrolled('password').map((one) => ({ ...one, consumed: true as const }));
  expect(evaluate(userWith([], { enrollments }), ['password'])).toMatchObject({ allow: true });
});
