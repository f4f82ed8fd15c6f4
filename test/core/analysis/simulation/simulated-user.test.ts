/** How the simulated user answers, and what the predicted steps say. */

import { describe, expect, test } from '@jest/globals';
import { simulate } from '../../../../src/core/analysis/simulation/simulate.ts';
import type { EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor, Enrollment } from '../../../../src/core/model/facts.ts';
import type { AcrLevel } from '../../../../src/core/model/policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import {
  enrolled,
  enrollmentTerms,
  factors,
  factsOf,
  type PolicyParts,
  policiesOf,
  proof,
  userWith,
} from '../../support/fixtures.ts';

function withTerms(policies: PolicySet, terms: Partial<EnrollmentTerms>): PolicySet {
  const then = enrollmentTerms(terms);
  return { ...policies, enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] }) };
}

test('a session of another user is no session of this one, and none of an unknown one', () => {
  const evidence = [proof('password', 100, { subject: 'bob' })];
  const identify = { kind: 'identify', identifyWith: 'password' };
  expect(simulate(policiesOf(), factsOf({ evidence }))).toStrictEqual([identify]);
  const subject = userWith(['password']);
  expect(simulate(policiesOf(), factsOf({ subject, evidence }))).toStrictEqual([
    identify,
    { kind: 'complete', acr: 'pwd' },
  ]);
});

describe('of several keys', () => {
  const [strong, weak] = enrolled('webauthn', 'key') as [Enrollment, Enrollment];
  const subject = userWith([], { enrollments: [strong, { ...weak, label: 'Blue key' }] });
  const verified: AcrLevel = {
    value: 'verified',
    requirement: factors(1, { demands: [{ characteristics: ['userVerification'] }] }),
  };
  const policies = policiesOf({ enabled: ['webauthn'], acrLevels: [verified] });
  const stepsAfter = (...lastUsed: readonly string[]) =>
    simulate(policies, factsOf({ subject, device: { known: true, platform: 'desktop', os: 'linux', lastUsed } }));

  test('the one that was used last is proved, for what it is', () => {
    expect(stepsAfter('key')).toStrictEqual([
      { kind: 'identify' },
      {
        kind: 'challenge',
        authenticator: 'webauthn',
        enrollment: 'key',
        label: 'Blue key',
        alternatives: [{ authenticator: 'webauthn', enrollment: 'webauthn' }],
      },
      { kind: 'complete' },
    ]);
  });

  test('the other one is an alternative, with its name', () => {
    const label = 'Blue key';
    expect(stepsAfter('webauthn')).toStrictEqual([
      { kind: 'identify' },
      {
        kind: 'challenge',
        authenticator: 'webauthn',
        enrollment: 'webauthn',
        alternatives: [{ authenticator: 'webauthn', enrollment: 'key', label }],
      },
      { kind: 'complete', acr: 'verified' },
    ]);
  });
});

describe('a step says', () => {
  const subject = userWith(['password', 'totp']);
  const identify = { kind: 'identify', identifyWith: 'password' };
  const choices = ['phone', 'webauthn'];
  const select = { kind: 'select', purpose: 'enroll', options: choices };
  const challenge = { kind: 'challenge', authenticator: 'totp', alternatives: [] };
  const enroll = { kind: 'enroll', authenticator: 'phone', alternatives: [{ authenticator: 'webauthn' }] };
  const grace = { skips: 3 };
  const skippable = { reason: 'grace', authenticators: choices, skipsLeft: 3 };
  const allEnabled: PolicyParts = { enabled: ['password', 'totp', 'phone', 'webauthn'] };

  test.each<[string, Partial<EnrollmentTerms>, readonly object[]]>([
    [
      'which enrollment it comes before',
      { required: [{ anyOf: choices }] },
      [identify, { ...challenge, toEnroll: choices }, select, enroll, { kind: 'complete', acr: '2fa' }],
    ],
    [
      'that the user may skip the enrollment',
      { required: [{ anyOf: choices, grace }] },
      [
        identify,
        { ...select, skippable },
        { ...challenge, skippable, toEnroll: ['phone'] },
        { ...enroll, alternatives: [{ authenticator: 'webauthn' }], skippable },
        { kind: 'complete', acr: '2fa' },
      ],
    ],
  ])('%s', (_, terms, expected) => {
    expect(simulate(withTerms(policiesOf(allEnabled), terms), factsOf({ subject }))).toStrictEqual(expected);
  });

  test('which layer and which rule deny', () => {
    const app = { name: 'closed', rules: [{ name: 'No', when: {}, then: { kind: 'deny' } }] } as const;
    expect(simulate(policiesOf({ app }), factsOf({ subject }))).toStrictEqual([
      { kind: 'denied', reason: 'rule', layer: 'app', rule: 'No' },
    ]);
  });
});

test('the prediction ends after 32 answers, however much is required', () => {
  const keys = Array.from({ length: 40 }, (_, index) => `extra-${index}`);
  const more: readonly AuthenticatorDescriptor[] = keys.map((key) => ({
    key,
    factors: ['knowledge'],
    characteristics: [],
    enrollable: true,
  }));
  const policies = policiesOf({ enabled: ['password'] });
  const many = withTerms(
    { ...policies, authenticators: [...policies.authenticators, ...more] },
    { required: keys.map((key) => ({ anyOf: [key] })) },
  );
  const [identify, ...answers] = simulate(many, factsOf({ subject: userWith(['password']) }));
  expect(identify).toMatchObject({ kind: 'identify' });
  expect(answers.map((step) => 'authenticator' in step && step.authenticator)).toEqual(keys.slice(0, 32));
});
