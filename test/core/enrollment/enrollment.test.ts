/** When an enrollment is offered to complete a sign-in, and the order of options. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Enrollment, Evidence } from '../../../src/core/model/facts.ts';
import type { Requirement } from '../../../src/core/model/policy.ts';
import { enrolled, factors, factsOf, type Key, policiesOf, proof, userWith } from '../support/fixtures.ts';

type Keys = readonly (Key | 'key')[];
const resistant = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });

function decide(app: Requirement, has: Keys, evidence: readonly Evidence[], enabled?: readonly Key[]) {
  return evaluate(policiesOf({ app, ...(enabled && { enabled }) }), factsOf({ subject: userWith(has), evidence }));
}

describe('an enrollment', () => {
  test('is not offered to a user who has only identified', () => {
    expect(decide(factors(2), ['password'], [])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
    });
  });

  test('comes after the password when the user has only that', () => {
    expect(decide(factors(2), ['password'], [proof('password', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['phone', 'totp', 'webauthn'],
    });
  });

  test('is not offered while existing enrollments can complete', () => {
    expect(decide(factors(2), ['password', 'totp'], [proof('password', 'now')]).kind).toBe('challenge');
  });

  test.each<[string, Keys, readonly Evidence[], object]>([
    [
      'one factor of two',
      ['password', 'totp'],
      [proof('password', 'now')],
      { kind: 'challenge', options: [{ authenticator: 'totp' }] },
    ],
    [
      'two of one type are one',
      ['password', 'totp', 'email'],
      [proof('totp', 'now'), proof('email', 'now')],
      { kind: 'challenge', options: [{ authenticator: 'password' }] },
    ],
    [
      'both factors',
      ['password', 'totp'],
      [proof('password', 'now'), proof('totp', 'now')],
      { kind: 'enroll', choices: ['webauthn'] },
    ],
    ['five minutes old', ['password', 'totp'], [proof('password', 300), proof('totp', 300)], { kind: 'enroll' }],
    [
      'older than five minutes',
      ['password', 'totp'],
      [proof('password', 301), proof('totp', 300)],
      { kind: 'challenge', options: [{ authenticator: 'password' }] },
    ],
    [
      'an enrollment in this transaction counts',
      ['password', 'totp'],
      [proof('password', 'now'), proof('totp', 'now', { origin: 'enrollment' })],
      { kind: 'enroll' },
    ],
    [
      'a recovery does not count',
      ['password', 'totp'],
      [proof('password', 'now'), proof('totp', 'now', { origin: 'recovery' })],
      { kind: 'challenge' },
    ],
  ])('takes the strongest level that the account can reach: %s', (_, has, evidence, expected) => {
    expect(decide(resistant, has, evidence)).toMatchObject(expected);
  });

  test('takes a phishing-resistant proof from users who have one', () => {
    const app = factors(2, { demands: [{ authenticators: ['totp'] }] });
    expect(decide(app, ['password', 'email', 'key'], [proof('password', 'now'), proof('email', 'now')])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'webauthn', enrollments: ['key'] }],
    });
    expect(decide(app, ['password', 'email', 'key'], [proof('password', 'now'), proof('key', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['totp'],
    });
  });

  test('takes proofs within the maximum age of the request, too', () => {
    const facts = factsOf({
      subject: userWith(['password']),
      evidence: [proof('password', 100)],
      request: { promptLogin: true },
    });
    expect(evaluate(policiesOf({ app: factors(2) }), facts)).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
    });
  });

  test('ignores enrollments of disabled authenticators', () => {
    const enabled = ['password', 'webauthn'] as const;
    expect(decide(resistant, ['password', 'totp'], [proof('password', 'now')], enabled)).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
  });

  test('offers only what makes progress', () => {
    expect(decide(resistant, ['password'], [proof('password', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
  });

  test('offers a better one of an authenticator that the user has', () => {
    const app = factors(1, { demands: [{ characteristics: ['userVerification'] }] });
    expect(decide(app, ['key'], [proof('key', 'now')])).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('offers one that shows more than the one that the user has', () => {
    const [full] = enrolled('webauthn');
    const synced = { ...full, characteristics: ['userPresence', 'userVerification'] } as Enrollment;
    const subject = userWith([], { enrollments: [synced] });
    const evidence = [proof('webauthn', 'now', { characteristics: synced.characteristics })];
    expect(evaluate(policiesOf({ app: resistant }), factsOf({ subject, evidence }))).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
  });

  test('offers no second one that is not better', () => {
    const app: Requirement = {
      anyOf: [{ factors: 1, demands: [{ authenticators: ['totp'] }, { characteristics: ['phishingResistant'] }] }],
    };
    const decision = decide(app, ['password', 'totp', 'email'], [proof('password', 'now'), proof('email', 'now')]);
    expect(decision).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'totp' }] });
  });

  test('waits for a proof without which some authenticator could not be chosen', () => {
    const app: Requirement = {
      anyOf: [
        { factors: 1, demands: [{ authenticators: ['phone'] }] },
        { factors: 1, demands: [{ authenticators: ['totp'] }, { authenticators: ['email'] }] },
      ],
    };
    expect(
      decide(app, ['password', 'email', 'recovery_code'], [proof('password', 'now'), proof('recovery_code', 'now')]),
    ).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'email' }] });
    expect(decide(app, ['password', 'email'], [proof('password', 'now'), proof('email', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['phone', 'totp'],
    });
  });

  test('comes after the password even where a chain has the new one first', () => {
    const app: Requirement = { chains: [[{ authenticators: ['webauthn'] }, { authenticators: ['password'] }]] };
    expect(decide(app, ['password'], [])).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
    });
    expect(decide(app, ['password'], [proof('password', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
  });

  test('follows another in the order of the chain', () => {
    const app: Requirement = { chains: [[{ authenticators: ['phone'] }, { authenticators: ['totp'] }]] };
    expect(decide(app, ['password'], [proof('password', 'now')])).toMatchObject({
      kind: 'enroll',
      choices: ['phone'],
    });
    expect(
      decide(app, ['password', 'phone'], [proof('password', 'now'), proof('phone', 'now', { origin: 'enrollment' })]),
    ).toMatchObject({ kind: 'enroll', choices: ['totp'] });
  });

  test('is not offered where it would not complete the sign-in', () => {
    const app = factors(3, { demands: [{ authenticators: ['email'] }] });
    expect(decide(app, ['password'], [proof('password', 'now')])).toMatchObject({
      kind: 'deny',
      reason: 'unsatisfiable',
    });
  });
});

describe('options', () => {
  test.each<[string, Requirement, Keys, Keys, readonly [string, readonly string[]][]]>([
    [
      'knowledge first',
      factors(2),
      ['totp', 'password'],
      [],
      [
        ['password', ['password']],
        ['totp', ['totp']],
      ],
    ],
    [
      'the smallest sufficient set first',
      factors(2),
      ['password', 'totp', 'webauthn'],
      [],
      [
        ['webauthn', ['webauthn']],
        ['password', ['password']],
        ['totp', ['totp']],
      ],
    ],
    [
      'then phishing-resistant authenticators',
      factors(2),
      ['password', 'totp', 'key'],
      ['password'],
      [
        ['webauthn', ['key']],
        ['totp', ['totp']],
      ],
    ],
    ['only what is missing', factors(2), ['password', 'security_question', 'totp'], ['password'], [['totp', ['totp']]]],
    [
      'no option that leads nowhere',
      factors(3),
      ['password', 'totp', 'webauthn'],
      ['password'],
      [['webauthn', ['webauthn']]],
    ],
  ])('%s', (_, app, has, proved, expected) => {
    const decision = decide(
      app,
      has,
      proved.map((key) => proof(key, 'now')),
    );
    expect(decision).toMatchObject({
      kind: 'challenge',
      options: expected.map(([authenticator, enrollments]) => ({ authenticator, enrollments })),
    });
  });

  test('knowledge first, whatever the order of the configuration', () => {
    const decision = decide(factors(2), ['totp', 'password'], [], ['totp', 'password']);
    expect(decision).toMatchObject({ options: [{ authenticator: 'password' }, { authenticator: 'totp' }] });
  });

  test('all enrollments that would do are offered, even equal ones', () => {
    const [totp] = enrolled('totp');
    const others = ['t1', 't2', 't3'].map((id) => ({ ...totp, id }) as Enrollment);
    const subject = userWith(['password'], { enrollments: [...enrolled('password'), ...others] });
    const decision = evaluate(
      policiesOf({ app: factors(2) }),
      factsOf({ subject, evidence: [proof('password', 'now')] }),
    );
    expect(decision).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp', enrollments: ['t1', 't2', 't3'] }],
    });
  });

  test('an enrollment that was proved already is not asked for again in a chain', () => {
    const [totp] = enrolled('totp');
    const subject = userWith([], { enrollments: ['totp', 't2', 't3'].map((id) => ({ ...totp, id }) as Enrollment) });
    const app: Requirement = { chains: [[{ authenticators: ['totp'] }, { authenticators: ['totp'] }]] };
    const decision = evaluate(policiesOf({ app }), factsOf({ subject, evidence: [proof('totp', 'now')] }));
    expect(decision).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp', enrollments: ['t2', 't3'] }],
    });
  });
});
