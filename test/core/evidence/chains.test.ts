/** Requirements that are ordered chains. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import type { Enrollment } from '../../../src/core/model/facts.ts';
import type { ChainStep, Requirement } from '../../../src/core/model/policy.ts';
import {
  allow,
  always,
  descriptor,
  enrolled,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const step = (...authenticators: readonly Key[]): ChainStep => ({ authenticators });
const chains = (...list: readonly (readonly ChainStep[])[]): Requirement => ({ chains: list });
type Proved = readonly (Key | 'key')[];

function decide(app: Requirement, has: Proved, proved: Proved) {
  const decision = evaluate(
    policiesOf({ app }),
    factsOf({ subject: userWith(has), evidence: proved.map((key) => proof(key, 'now')) }),
  );
  return decision.kind === 'challenge' ? decision.options.map(({ authenticator }) => authenticator) : decision.kind;
}

describe('a chain', () => {
  test.each<[string, Requirement, Proved, Proved, string | readonly string[]]>([
    ['begins with its first step', chains([step('email'), step('password')]), ['password', 'email'], [], ['email']],
    [
      'continues with its second step',
      chains([step('email'), step('password')]),
      ['password', 'email'],
      ['email'],
      ['password'],
    ],
    ['is complete', chains([step('email'), step('password')]), ['password', 'email'], ['email', 'password'], 'allow'],
    [
      'may use two authenticators of one factor type',
      chains([step('email'), step('phone')]),
      ['email', 'phone'],
      ['email', 'phone'],
      'allow',
    ],
    [
      'skips a step that was proved before',
      chains([step('email'), step('password')]),
      ['password', 'email'],
      ['password'],
      ['email'],
    ],
    [
      'offers every authenticator of a step',
      chains([step('email', 'phone'), step('password')]),
      ['password', 'email', 'phone'],
      [],
      ['email', 'phone'],
    ],
    [
      'offers the first steps of all chains',
      chains([step('email'), step('password')], [step('totp'), step('phone')]),
      ['password', 'email', 'totp', 'phone'],
      [],
      ['email', 'totp'],
    ],
    [
      'is not offered where the user cannot complete it',
      chains([step('email'), step('security_question')], [step('totp')]),
      ['email', 'totp'],
      [],
      ['totp'],
    ],
    [
      'takes one enrollment for one step only',
      chains([step('totp', 'email'), step('totp', 'phone')]),
      ['totp', 'email'],
      ['totp'],
      ['email'],
    ],
    [
      'finds an assignment of evidence that fits',
      chains([step('totp', 'email'), step('totp')]),
      ['totp', 'email'],
      ['totp', 'email'],
      'allow',
    ],
    [
      'asks for the third of three steps',
      chains([step('email'), step('totp'), step('password')]),
      ['password', 'email', 'totp'],
      ['email'],
      ['totp'],
    ],
    [
      'without steps is never met, and changes no order',
      chains([], [step('email'), step('password')]),
      ['password', 'email'],
      [],
      ['email'],
    ],
    [
      'asks for characteristics',
      chains([{ authenticators: ['webauthn'], characteristics: ['userVerification'] }]),
      ['webauthn', 'key'],
      ['key'],
      ['webauthn'],
    ],
  ])('%s', (_, app, has, proved, expected) => {
    expect(decide(app, has, proved)).toEqual(expected);
  });

  test('a chain asks again only for the step whose maximum age is over', () => {
    const app = chains([
      { authenticators: ['password'], maxAge: 3600 },
      { authenticators: ['totp'], maxAge: 43_200 },
    ]);
    const facts = (age: number) =>
      factsOf({ subject: userWith(['password', 'totp']), evidence: [proof('password', age), proof('totp', 3500)] });
    expect(evaluate(policiesOf({ app }), facts(3600)).kind).toBe('allow');
    expect(evaluate(policiesOf({ app }), facts(3601))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }],
    });
  });

  test('two steps of one authenticator take two enrollments of it', () => {
    const app = chains([step('webauthn'), step('webauthn')]);
    expect(decide(app, ['webauthn', 'key'], [])).toEqual(['webauthn']);
    expect(decide(app, ['webauthn', 'key'], ['webauthn'])).toEqual(['webauthn']);
    expect(decide(app, ['webauthn', 'key'], ['webauthn', 'key'])).toBe('allow');
    expect(decide(app, ['webauthn'], ['webauthn'])).toBe('enroll');
  });

  test('a chain in one layer decides the order for the other layers, too', () => {
    const session = always(allow(factors(1, { demands: [{ authenticators: ['password'] }] })));
    const policies = policiesOf({ session, app: chains([step('totp'), step('password')]) });
    const facts = factsOf({ subject: userWith(['password', 'totp']) });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'challenge', options: [{ authenticator: 'totp' }] });
  });

  test('opposite orders in two layers do not lock the user out', () => {
    const session = always(allow(chains([step('password'), step('totp')])));
    const policies = policiesOf({ session, app: chains([step('totp'), step('password')]) });
    const facts = factsOf({ subject: userWith(['password', 'totp']) });
    expect(evaluate(policies, facts)).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'password' }, { authenticator: 'totp' }],
    });
  });

  test('opposite orders of enrollments do not lock the user out', () => {
    const session = always(allow(chains([step('phone'), step('totp')])));
    const policies = policiesOf({ session, app: chains([step('totp'), step('phone')]) });
    const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'enroll', choices: ['phone', 'totp'] });
  });

  test('a chain of two equal steps takes two enrollments of the authenticator', () => {
    const [totp] = enrolled('totp');
    const subject = userWith([], { enrollments: ['t1', 't2', 't3'].map((id) => ({ ...totp, id }) as Enrollment) });
    const decision = evaluate(policiesOf({ app: chains([step('totp'), step('totp')]) }), factsOf({ subject }));
    expect(decision).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'totp', enrollments: ['t1', 't2', 't3'] }],
    });
    expect(decision).not.toHaveProperty('withheld');
  });

  test('a chain of two new enrollments of one kind takes one after the other', () => {
    const app = chains([step('password'), step('phone'), step('phone')]);
    expect(decide(app, ['password'], ['password'])).toBe('enroll');
    expect(decide(app, ['password', 'phone'], ['password', 'phone'])).toBe('enroll');
    expect(decide(app, ['password'], [])).toEqual(['password']);
  });

  test('a chain of two new enrollments of a kind that exists once at most cannot be met', () => {
    const only = { ...descriptor.totp, maxEnrollments: 1 } as const;
    const twice = policiesOf({ app: chains([step('password'), step('totp'), step('totp')]) });
    const policies = { ...twice, authenticators: [descriptor.password, only] };
    const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
  });

  test('a chain does not offer again an authenticator that was proved a moment ago', () => {
    const [phone] = enrolled('phone') as [Enrollment];
    const subject = userWith([], { enrollments: ['old', 'new'].map((id) => ({ ...phone, id })) });
    const fresh: ChainStep = { authenticators: ['phone'], maxAge: 300 };
    const evidence = [proof('phone', 3600, { enrollment: 'old' }), proof('phone', 'now', { enrollment: 'new' })];
    expect(evaluate(policiesOf({ app: chains([fresh, fresh]) }), factsOf({ subject, evidence }))).toMatchObject({
      kind: 'challenge',
      options: [{ authenticator: 'phone', enrollments: ['old'] }],
    });
  });

  test('a chain of two authenticators of one factor type is no mfa', () => {
    const facts = factsOf({
      subject: userWith(['email', 'phone']),
      evidence: [proof('email', 'now'), proof('phone', 'now')],
    });
    expect(evaluate(policiesOf({ app: chains([step('email'), step('phone')]) }), facts)).toMatchObject({
      kind: 'allow',
      assurance: { amr: ['email', 'sms'], acr: '1fa' },
    });
  });
});

test('a user who can have one enrollment only is not asked to replace it for a second step', () => {
  const single = { ...descriptor.password, enrollable: true, maxEnrollments: 1 as const };
  const policies = {
    ...policiesOf({ app: chains([step('password'), step('password')]) }),
    authenticators: [single, descriptor.totp],
  };
  const facts = factsOf({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
  expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', reason: 'unsatisfiable' });
});
