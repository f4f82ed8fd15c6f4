/** The limit of enrollments of one authenticator. */

import { describe, expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { enrollScope } from '../../../src/core/enrollment/account-request.ts';
import {
  isFull,
  maxEnrollmentsPerAuthenticator,
  withEnrollmentLimit,
} from '../../../src/core/enrollment/enrollment-limit.ts';
import type { Enrollment, Evidence, Subject } from '../../../src/core/model/facts.ts';
import { compilePolicy, type PolicySet } from '../../../src/core/policy/rules/compile.ts';
import {
  allow,
  always,
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

/** A password, and this many enrollments of one authenticator; `key`: security keys without user verification. */
function holding(kind: Key | 'key', count: number, more: Partial<Enrollment> = {}): Subject {
  const [one] = enrolled(kind) as [Enrollment];
  const many = Array.from({ length: count }, (_, index) => ({ ...one, ...more, id: `${kind}${index}` }));
  return userWith(['password'], { enrollments: [...enrolled('password'), ...many] });
}

/** Proofs of the password and of the first of these, in this transaction. */
const allProved = (kind: Key | 'key'): readonly Evidence[] => [
  proof('password', 'now'),
  proof(kind, 'now', { enrollment: `${kind}0` }),
];

function wants(key: Key, subject: Subject, evidence: readonly Evidence[] = allProved(key)) {
  const account: PolicySet = { ...policiesOf({ app: always(allow(factors(1))) }), isAccountApp: true };
  return evaluate(account, factsOf({ subject, evidence, request: { scopes: ['openid', enrollScope(key)] } }));
}

function withEnrollment(policies: PolicySet, required: readonly string[]): PolicySet {
  const then = enrollmentTerms({ required: [{ anyOf: required }] });
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] }) };
}

describe('in the account app', () => {
  test('below the limit an enrollment is offered', () => {
    expect(wants('totp', holding('totp', maxEnrollmentsPerAuthenticator - 1))).toMatchObject({
      kind: 'enroll',
      choices: ['totp'],
    });
  });

  test('at the limit it is denied with that reason, before anything is offered', () => {
    const full = holding('totp', maxEnrollmentsPerAuthenticator);
    expect(wants('totp', full)).toMatchObject({ kind: 'deny', reason: 'enrollments_full', layer: 'app' });
    expect(wants('totp', holding('totp', maxEnrollmentsPerAuthenticator + 5))).toMatchObject({
      reason: 'enrollments_full',
    });
    expect(wants('webauthn', full, allProved('totp'))).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('the reason is withheld from a user who has proved nothing yet', () => {
    const asked = wants('totp', holding('totp', maxEnrollmentsPerAuthenticator), []);
    expect(asked).toMatchObject({ kind: 'challenge', withheld: { reason: 'enrollments_full' } });
  });

  test('consumed enrollments do not count', () => {
    const used = holding('totp', maxEnrollmentsPerAuthenticator, { consumed: true });
    expect(isFull('totp', used)).toBe(false);
    expect(wants('totp', used, [proof('password', 'now')])).toMatchObject({ kind: 'enroll', choices: ['totp'] });
  });
});

describe('at an app', () => {
  const one = policiesOf({ app: always(allow(factors(1))) });

  test('an enrollment policy that requires the authenticator is met, and one that requires another asks for that one', () => {
    const facts = factsOf({ subject: holding('totp', maxEnrollmentsPerAuthenticator), evidence: allProved('totp') });
    expect(evaluate(withEnrollment(one, ['totp']), facts).kind).toBe('allow');
    expect(evaluate(withEnrollment(one, ['totp', 'webauthn']), facts).kind).toBe('allow');
    expect(evaluate(withEnrollment(one, ['webauthn']), facts)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('a requirement that only one more enrollment could meet denies with that reason; where another authenticator would do, it is offered', () => {
    const verified = allow(factors(2, { demands: [{ characteristics: ['userVerification'] }] }));
    const subject = holding('key', maxEnrollmentsPerAuthenticator);
    const facts = factsOf({ subject, evidence: allProved('key') });
    expect(evaluate(policiesOf({ app: always(verified) }), facts)).toMatchObject({
      kind: 'deny',
      reason: 'enrollments_full',
    });
    const less = factsOf({ subject: holding('key', maxEnrollmentsPerAuthenticator - 1), evidence: allProved('key') });
    expect(evaluate(policiesOf({ app: always(verified) }), less)).toMatchObject({
      kind: 'enroll',
      choices: ['webauthn'],
    });
    const either = allow({
      anyOf: [
        { factors: 2, demands: [{ characteristics: ['userVerification'] }] },
        { factors: 2, demands: [{ authenticators: ['phone'] }] },
      ],
    });
    expect(evaluate(policiesOf({ app: always(either) }), facts)).toMatchObject({ kind: 'enroll', choices: ['phone'] });
  });

  test('an acr that only one more enrollment could reach cannot be reached', () => {
    const request = { acrValues: ['verified'], acrEssential: true } as const;
    const policies: PolicySet = {
      ...one,
      acrLevels: [
        { value: 'verified', requirement: factors(1, { demands: [{ characteristics: ['userVerification'] }] }) },
      ],
    };
    const facts = factsOf({
      subject: holding('key', maxEnrollmentsPerAuthenticator),
      evidence: allProved('key'),
      request,
    });
    expect(evaluate(policies, facts)).toMatchObject({ kind: 'deny', reason: 'acr_unattainable' });
  });
});

describe('a chain that takes two new enrollments', () => {
  const app = {
    chains: [
      [
        { authenticators: ['password'] },
        ...Array(2).fill({ authenticators: ['webauthn'], characteristics: ['userVerification'] }),
      ],
    ],
  };
  const decide = (count: number) =>
    evaluate(policiesOf({ app }), factsOf({ subject: holding('key', count), evidence: allProved('key') }));

  test('is offered while there is room for both', () => {
    expect(decide(maxEnrollmentsPerAuthenticator - 2)).toMatchObject({ kind: 'enroll', choices: ['webauthn'] });
  });

  test('is denied where there is room for one only', () => {
    expect(decide(maxEnrollmentsPerAuthenticator - 1)).toMatchObject({ kind: 'deny', reason: 'enrollments_full' });
  });
});

describe('the limit', () => {
  const policies = policiesOf();

  test('is ten of each authenticator', () => {
    const alone = (count: number): Subject => ({
      ...userWith([]),
      enrollments: holding('totp', count).enrollments.slice(1),
    });
    expect([9, 10, 11].map((count) => isFull('totp', alone(count)))).toEqual([false, true, true]);
    expect(isFull('phone', alone(10))).toBe(false);
  });

  test('takes only what is full from what can be enrolled', () => {
    const limited = withEnrollmentLimit(policies, holding('totp', 10));
    const authenticators = policies.authenticators.map((authenticator) =>
      authenticator.key === 'totp' ? { ...authenticator, enrollable: false, enrollmentsLeft: 0 } : authenticator,
    );
    expect(limited).toEqual({ ...policies, authenticators });
  });

  test('says how many more there may be where a chain could ask for more', () => {
    const limited = withEnrollmentLimit(policies, holding('totp', 8));
    const authenticators = policies.authenticators.map((authenticator) =>
      authenticator.key === 'totp' ? { ...authenticator, enrollmentsLeft: 2 } : authenticator,
    );
    expect(limited).toEqual({ ...policies, authenticators });
  });

  test('leaves the policies as they are where a chain can take what it asks for', () => {
    expect(withEnrollmentLimit(policies, holding('totp', 7))).toBe(policies);
    expect(withEnrollmentLimit(policies, holding('email', 10))).toBe(policies);
  });
});
