/** Enrollments that the user may skip: in grace, optional and promoted ones. */

import { expect, test } from '@jest/globals';
import { evaluate } from '../../../src/core/decision/evaluate.ts';
import { oneDay } from '../../../src/core/model/durations.ts';
import type { EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { Subject } from '../../../src/core/model/facts.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import {
  enrolled,
  enrollmentTerms,
  factsOf,
  fixedNow,
  policiesOf,
  proof,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';

interface Setup {
  readonly subject?: Subject;
  readonly skippedHere?: readonly string[];
  readonly proved?: 'password' | 'recovery_code';
}

function decide(terms: Partial<EnrollmentTerms>, setup: Setup = {}) {
  const { subject = userWith(['password']), skippedHere = [], proved = 'password' } = setup;
  const rules = [{ name: 'all', when: {}, then: enrollmentTerms(terms) }];
  const policies = { ...policiesOf(), enrollment: compilePolicy({ name: 'enrollment', rules }) };
  const transaction = { id: thisTransaction, startedAt: fixedNow - 60, skipped: skippedHere };
  const age = proved === 'password' ? 'now' : 1000;
  return evaluate(policies, factsOf({ subject, transaction, evidence: [proof(proved, age)] }));
}

const either = ['totp', 'webauthn'] as const;
const skips = { required: [{ anyOf: either, grace: { skips: 3 } }] };
const until = { required: [{ anyOf: either, grace: { until: fixedNow + 1 } }] };
const skipped = (counts: Readonly<Record<string, number>>, reason: 'grace' | 'optional' | 'promotion' = 'grace') =>
  userWith(['password'], {
    skipped: Object.fromEntries(
      Object.entries(counts).map(([key, count]) => [key, { [reason]: { count, at: fixedNow - 40 * oneDay } }]),
    ),
  });
const lost = userWith([], {
  enrollments: enrolled('recovery_code').map((enrollment) => ({ ...enrollment, consumed: true })),
});

test.each<[string, Partial<EnrollmentTerms>, Setup, object]>([
  [
    'until a moment, any of several may be skipped',
    until,
    {},
    { kind: 'enroll', choices: either, skippable: { reason: 'grace', authenticators: either, until: fixedNow + 1 } },
  ],
  ['until a moment, all were skipped', until, { skippedHere: either }, { kind: 'allow' }],
  ['only one of several was skipped', until, { skippedHere: ['totp'] }, { kind: 'enroll', choices: either }],
  [
    'the one that was skipped least often counts',
    skips,
    { subject: skipped({ totp: 2, webauthn: 1 }) },
    { kind: 'enroll', skippable: { skipsLeft: 2 } },
  ],
  [
    'one that was never offered before counts as such',
    skips,
    { subject: skipped({ totp: 3 }) },
    { kind: 'enroll', skippable: { skipsLeft: 3 } },
  ],
  ['one of several exists', skips, { subject: userWith(['password', 'totp']) }, { kind: 'allow' }],
  ['nothing of it can be enrolled', { required: [{ anyOf: ['email'], grace: { skips: 3 } }] }, {}, { kind: 'allow' }],
  [
    'the first of it cannot be enrolled, the second can',
    { required: [{ anyOf: ['email'], grace: { skips: 3 } }, ...skips.required] },
    {},
    { kind: 'enroll', choices: either },
  ],
])('in grace: %s', (_, terms, setup, expected) => {
  expect(decide(terms, setup)).toMatchObject(expected);
});

const promoted = (limit?: number) => ({
  promoted: [{ authenticator: 'webauthn', cooldown: 30 * oneDay, ...(limit !== undefined && { skips: limit }) }],
});
const promotion = { reason: 'promotion', authenticators: ['webauthn'] };

test.each<[string, Partial<EnrollmentTerms>, Setup, object]>([
  [
    'what is promoted is not offered as optional',
    { ...promoted(), optional: ['webauthn'] },
    {},
    { kind: 'enroll', choices: ['webauthn'], skippable: promotion },
  ],
  [
    'what is only optional is offered before it',
    { ...promoted(), optional: ['totp', 'webauthn'] },
    {},
    { kind: 'enroll', choices: ['totp'], skippable: { reason: 'optional', authenticators: ['totp'] } },
  ],
  [
    'without a limit it is offered however often it was skipped',
    promoted(),
    { subject: skipped({ webauthn: 99 }, 'promotion') },
    { kind: 'enroll', choices: ['webauthn'], skippable: promotion },
  ],
  [
    'with a limit it is offered until so many skips',
    promoted(2),
    { subject: skipped({ webauthn: 1 }, 'promotion') },
    { kind: 'enroll' },
  ],
  [
    'at the limit it is offered no more',
    promoted(2),
    { subject: skipped({ webauthn: 2 }, 'promotion') },
    { kind: 'allow' },
  ],
])('a promotion: %s', (_, terms, setup, expected) => {
  expect(decide(terms, setup)).toMatchObject(expected);
});

test('an enrollment that may be skipped keeps no user out, even where nothing is left to prove before it', () => {
  const setup = { subject: lost, proved: 'recovery_code' } as const;
  for (const terms of [{ optional: ['totp'] }, promoted(), skips])
    expect(decide(terms, setup)).toMatchObject({ kind: 'allow' });
  expect(decide({ required: [{ anyOf: ['totp'] }] }, setup)).toMatchObject({
    kind: 'deny',
    reason: 'authenticator_not_enrollable',
  });
});
