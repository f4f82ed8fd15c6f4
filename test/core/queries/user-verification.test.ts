/** Whether an authenticator must verify its user, and whether the identifier page offers a passkey. */

import { describe, expect, test } from '@jest/globals';
import type { DecisionOutcome } from '../../../src/core/model/decision.ts';
import type { EnrollmentRule } from '../../../src/core/model/enrollment-policy.ts';
import type { Policy, Requirement } from '../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { discoverable } from '../../../src/core/queries/offered-on-identify-page.ts';
import {
  asActive,
  isAskedFor,
  needsUserVerification,
  withoutVerification,
} from '../../../src/core/queries/user-verification.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  type PolicyParts,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const key = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
const verified = factors(1, { demands: [{ characteristics: ['userVerification'] }] });
const passwordAndKey = factors(2, {
  demands: [{ factor: 'knowledge' }, { characteristics: ['phishingResistant'] }],
});
const inherence = factors(2, { demands: [{ factor: 'inherence' }] });

describe('a challenge must verify its user', () => {
  test.each<[string, readonly (Key | 'key')[], Requirement, boolean]>([
    ['one factor', ['webauthn'], factors(1), false],
    ['phishing-resistant', ['webauthn'], key, false],
    ['user verification, by the policy', ['webauthn'], verified, true],
    ['two factors, and there is nothing else', ['webauthn'], factors(2), true],
    ['two factors, and there is a password', ['password', 'webauthn'], factors(2), false],
    ['two factors, and there is only one more of the same type', ['totp', 'webauthn'], factors(2), true],
    ['a password and a key', ['password', 'webauthn'], passwordAndKey, false],
    ['inherence', ['password', 'webauthn'], inherence, true],
    ['three factors', ['password', 'webauthn'], factors(3), true],
    ['keys that can verify, beside one that cannot', ['key', 'webauthn'], verified, true],
    [
      'another authenticator',
      ['password', 'webauthn'],
      factors(1, { demands: [{ authenticators: ['password'] }] }),
      false,
    ],
  ])('%s: %s', (_, has, app, expected) => {
    const policies = policiesOf({ app });
    const facts = factsOf({ subject: userWith(has) });
    expect(needsUserVerification(policies, facts, { purpose: 'challenge', authenticator: 'webauthn' })).toBe(expected);
  });

  test('if the key was proved without it, and nothing else is left to prove', () => {
    const policies = policiesOf({ app: factors(2) });
    const subject = userWith(['password', 'webauthn']);
    const { characteristics } = proof('key', 0);
    const present = (when: number | 'now') => proof('webauthn', when, { factors: ['possession'], characteristics });
    const asked = { purpose: 'challenge', authenticator: 'webauthn' } as const;
    const factsAfter = (when: number | 'now') => factsOf({ subject, evidence: [present(when)] });
    expect(needsUserVerification(policies, factsAfter('now'), asked)).toBe(true);
    const fresh = policiesOf({ app: factors(1, { maxAge: 60 }) });
    expect(needsUserVerification(fresh, factsAfter(9999), asked)).toBe(false);
  });

  test('before a required enrollment, if that takes it', () => {
    const required = {
      name: 'r',
      when: {},
      then: enrollmentTerms({ required: [{ anyOf: ['totp'] }] }),
    };
    const enrollment = compilePolicy<EnrollmentRule>({ name: 'enrollment', rules: [required] });
    const policies = { ...policiesOf(), enrollment };
    const needed = (has: readonly (Key | 'key')[]) =>
      needsUserVerification(policies, factsOf({ subject: userWith(has), evidence: [proof('password', 'now')] }), {
        purpose: 'challenge',
        authenticator: 'webauthn',
      });
    expect([needed(['password', 'webauthn']), needed(['password', 'key'])]).toEqual([true, false]);
  });

  test.each([verified, factors(1)])('whether or not the account is active', (app) => {
    const asked = { purpose: 'challenge', authenticator: 'webauthn' } as const;
    const of = (status: 'active' | 'suspended') =>
      needsUserVerification(policiesOf({ app }), factsOf({ subject: userWith(['webauthn'], { status }) }), asked);
    expect(of('suspended')).toBe(of('active'));
  });

  test('never for an authenticator that cannot', () => {
    const policies = policiesOf({ app: verified });
    const facts = factsOf({ subject: userWith(['totp']) });
    for (const authenticator of ['totp', 'password', 'nothing'])
      expect(needsUserVerification(policies, facts, { purpose: 'challenge', authenticator })).toBe(false);
  });
});

describe('an enrollment must verify its user', () => {
  test.each<[string, Requirement, boolean]>([
    ['a password and a key', passwordAndKey, false],
    ['two factors', factors(2), false],
    ['inherence', inherence, true],
    ['a key that verifies', verified, true],
    ['three factors', factors(3), true],
  ])('%s: %s', (_, app, expected) => {
    const policies = policiesOf({ app });
    const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
    expect(needsUserVerification(policies, facts, { purpose: 'enroll', authenticator: 'webauthn' })).toBe(expected);
  });
});

describe('the identifier page offers a passkey', () => {
  const group = (one: Requirement, others: Requirement): Policy => ({
    name: 'tested',
    rules: [
      { name: 'group', when: { groups: { any: ['g'] } }, then: allow(one) },
      { name: 'others', when: {}, then: allow(others) },
    ],
  });
  const password = factors(1, { demands: [{ authenticators: ['password'] }] });
  const yes = { offered: true, userVerification: false };

  test.each<[string, PolicyParts, unknown]>([
    ['any factor', {}, yes],
    ['two factors', { app: factors(2) }, yes],
    ['a password', { app: password }, { offered: false }],
    ['a password for most users, a key for some', { app: group(key, password) }, yes],
    ['not enabled', { enabled: ['password', 'totp'] }, { offered: false }],
    ['user verification', { app: verified }, { offered: true, userVerification: true }],
    ['user verification for most users', { app: group(password, verified) }, { offered: true, userVerification: true }],
    ['user verification for some users', { app: group(key, verified) }, yes],
    ['every user is denied', { app: always({ kind: 'deny' }) }, { offered: false }],
  ])('%s', (_, policies, expected) => {
    expect(discoverable(policiesOf(policies), factsOf(), 'webauthn')).toEqual(expected);
  });
});

test('the order of enrollments does not matter', () => {
  const policies = policiesOf({ app: verified });
  const subject = userWith([], { enrollments: enrolled('webauthn', 'key') });
  const asked = { purpose: 'challenge', authenticator: 'webauthn' } as const;
  expect(needsUserVerification(policies, factsOf({ subject }), asked)).toBe(true);
});

test('an authenticator is thought of without verification, and the others stay as they are', () => {
  const policies = policiesOf();
  const both = { ...policies, authenticators: [descriptor.webauthn, { ...descriptor.webauthn, key: 'platform' }] };
  const weaker = {
    ...descriptor.webauthn,
    factors: ['possession'],
    characteristics: ['userPresence', 'deviceBound', 'phishingResistant'],
  };
  expect(withoutVerification(both, 'webauthn')).toEqual({ ...both, authenticators: [weaker, both.authenticators[1]] });
});

test('an account is thought of as active, and no account stays none', () => {
  const subject = userWith(['password'], { status: 'suspended' });
  expect(asActive(factsOf({ subject }))).toEqual(factsOf({ subject: { ...subject, status: 'active' } }));
  expect(asActive(factsOf())).toEqual(factsOf());
});

describe('a decision asks for an authenticator', () => {
  const totp = { authenticator: 'totp', enrollments: ['t'] };
  test.each<[string, DecisionOutcome, boolean]>([
    ['to prove', { kind: 'challenge', options: [{ authenticator: 'password', enrollments: ['p'] }, totp] }, true],
    ['to enroll', { kind: 'enroll', choices: ['phone', 'totp'] }, true],
    ['not if it asks to prove another', { kind: 'challenge', options: [{ ...totp, authenticator: 'phone' }] }, false],
    ['not if it asks to enroll another', { kind: 'enroll', choices: ['phone'] }, false],
    [
      'not if it only keeps a denial back',
      { kind: 'challenge', options: [totp], withheld: { reason: 'unsatisfiable' } },
      false,
    ],
    ['not if it denies', { kind: 'deny', reason: 'rule' }, false],
  ])('%s', (_, outcome, expected) => {
    expect(isAskedFor({ ...outcome, trace: { layers: [] } }, 'totp')).toBe(expected);
  });
});
