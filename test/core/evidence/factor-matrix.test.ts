/** Which evidence covers which factor types, and which demands it meets. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { factors, factsOf, type Key, policiesOf, proof, userWith } from '../support/fixtures.ts';

type Proved = readonly (Key | 'key')[];

/** Proofs, the distinct factor types that they cover, and their `amr`. */
const matrix: readonly [Proved, 1 | 2 | 3, readonly string[]][] = [
  [['password'], 1, ['pwd']],
  [['password', 'security_question'], 1, ['kba', 'pwd']],
  [['totp', 'phone'], 1, ['otp', 'sms']],
  [['email', 'phone'], 1, ['email', 'sms']],
  [['recovery_code', 'totp'], 1, ['otp', 'recovery']],
  [['email', 'phone', 'totp', 'recovery_code', 'key'], 1, ['email', 'otp', 'pop', 'recovery', 'sms', 'user']],
  [['key', 'totp'], 1, ['otp', 'pop', 'user']],
  [['key'], 1, ['pop', 'user']],
  [['password', 'totp'], 2, ['mfa', 'otp', 'pwd']],
  [['password', 'email'], 2, ['email', 'mfa', 'pwd']],
  [['password', 'phone'], 2, ['mfa', 'pwd', 'sms']],
  [['password', 'recovery_code'], 2, ['mfa', 'pwd', 'recovery']],
  [['password', 'key'], 2, ['mfa', 'pop', 'pwd', 'user']],
  [['security_question', 'totp'], 1, ['kba', 'otp']],
  [['security_question', 'password', 'totp'], 2, ['kba', 'mfa', 'otp', 'pwd']],
  [['webauthn'], 2, ['mfa', 'pop', 'user']],
  [['webauthn', 'totp'], 2, ['mfa', 'otp', 'pop', 'user']],
  [['password', 'webauthn'], 3, ['mfa', 'pop', 'pwd', 'user']],
];

describe.each(matrix)('%j covers %i', (proved, covered, amr) => {
  const facts = factsOf({
    subject: userWith(['password', 'security_question', 'email', 'phone', 'totp', 'recovery_code', 'webauthn', 'key']),
    evidence: proved.map((key) => proof(key, 'now')),
  });

  test.each([1, 2, 3] as const)('of %i factors', (required) => {
    const decision = evaluate(policiesOf({ app: factors(required) }), facts);
    expect(decision.kind).toBe(covered >= required ? 'allow' : 'challenge');
  });

  test('with a true amr', () => {
    expect(evaluate(policiesOf(), facts)).toMatchObject({ kind: 'allow', assurance: { amr } });
  });
});

describe('demands', () => {
  const has = userWith(['password', 'security_question', 'email', 'totp', 'webauthn', 'key']);
  const decide = (app: ReturnType<typeof factors>, proved: Proved) =>
    evaluate(policiesOf({ app }), factsOf({ subject: has, evidence: proved.map((key) => proof(key, 'now')) })).kind;

  test.each<[string, ReturnType<typeof factors>, Proved, string]>([
    [
      'one verification may meet two demands',
      factors(2, {
        demands: [{ factor: 'possession', characteristics: ['userVerification'] }, { factor: 'inherence' }],
      }),
      ['webauthn'],
      'allow',
    ],
    [
      'a verification without user verification meets neither',
      factors(2, {
        demands: [{ factor: 'possession', characteristics: ['userVerification'] }, { factor: 'inherence' }],
      }),
      ['key'],
      'challenge',
    ],
    [
      'all fields hold for one and the same evidence',
      factors(1, { demands: [{ factor: 'possession', authenticators: ['password', 'totp'] }] }),
      ['password', 'email'],
      'challenge',
    ],
    [
      'an excluded authenticator',
      factors(2, { demands: [{ factor: 'possession', exclude: ['email', 'phone'] }] }),
      ['password', 'email'],
      'challenge',
    ],
    [
      'an authenticator that is not excluded',
      factors(2, { demands: [{ factor: 'possession', exclude: ['email', 'phone'] }] }),
      ['password', 'totp'],
      'allow',
    ],
    [
      'a security question is knowledge where the policy names it',
      factors(2, { demands: [{ factor: 'knowledge', authenticators: ['password', 'security_question'] }] }),
      ['security_question', 'totp'],
      'allow',
    ],
    [
      'a security question is no knowledge elsewhere',
      factors(1, { demands: [{ factor: 'knowledge' }] }),
      ['security_question', 'totp'],
      'challenge',
    ],
    [
      'a security question alone counts for nothing, even where it is named',
      factors(1, { demands: [{ authenticators: ['security_question'] }] }),
      ['security_question'],
      'challenge',
    ],
    [
      'a security question counts where it is named, beside another authenticator',
      factors(1, { demands: [{ authenticators: ['security_question'] }] }),
      ['security_question', 'email'],
      'allow',
    ],
    [
      'a security question beside a password is no second factor type, even where it is named',
      factors(2, { demands: [{ authenticators: ['security_question'] }, { authenticators: ['password'] }] }),
      ['security_question', 'password'],
      'challenge',
    ],
    [
      'a security question is no password',
      factors(2, { demands: [{ factor: 'knowledge', authenticators: ['password'] }] }),
      ['security_question', 'totp'],
      'challenge',
    ],
    [
      'every characteristic',
      factors(1, { demands: [{ characteristics: ['phishingResistant', 'deviceBound'] }] }),
      ['key', 'totp'],
      'challenge',
    ],
    [
      'one alternative of two',
      {
        anyOf: [
          { factors: 3, demands: [] },
          { factors: 1, demands: [{ authenticators: ['email'] }] },
        ],
      },
      ['email'],
      'allow',
    ],
    [
      'demands are met, and factors are missing',
      factors(3, { demands: [{ authenticators: ['password'] }] }),
      ['password', 'totp'],
      'challenge',
    ],
  ])('%s', (_, app, proved, expected) => {
    expect(decide(app, proved)).toBe(expected);
  });
});
