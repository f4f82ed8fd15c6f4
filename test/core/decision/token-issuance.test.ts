/** Whether a code, a device code or a refresh token may still be exchanged (Law 5). */

import { expect, test } from '@jest/globals';
import { evaluateIssuance } from '../../../src/core/decision/token-issuance.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../src/core/model/enrollment-policy.ts';
import type { Facts, Subject } from '../../../src/core/model/facts.ts';
import type { Policy } from '../../../src/core/model/policy.ts';
import type { ProfileRule } from '../../../src/core/model/profile-policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import {
  allow,
  always,
  enrolled,
  enrollmentTerms,
  factors,
  fixedNow,
  type PolicyParts,
  policiesOf,
  proof,
  silentFacts,
  thisTransaction,
  userWith,
} from '../support/fixtures.ts';

const contractorsDenied: Policy = {
  name: 'tested',
  rules: [
    { name: 'contractors', when: { groups: { any: ['contractors'] } }, then: { kind: 'deny' } },
    { name: 'staff', when: { groups: { any: ['staff'] } }, then: allow(factors(1)) },
  ],
};

const decide = (policies: PolicyParts, subject: Subject | undefined, facts: Partial<Facts> = {}) =>
  evaluateIssuance(policiesOf(policies), {
    ...silentFacts({ ...(subject ? { subject } : {}), evidence: [proof('password', 60)] }),
    ...facts,
  });

const allowed = { allow: true };
const denied = (reason: string) => ({ allow: false, reason });

test.each<[string, PolicyParts, Partial<Subject> | undefined, object]>([
  ['nothing denies', { app: contractorsDenied }, { groups: ['staff'] }, allowed],
  ['a rule of the app denies', { app: contractorsDenied }, { groups: ['contractors'] }, denied('rule')],
  ['a rule of the session policy denies', { session: contractorsDenied }, { groups: ['contractors'] }, denied('rule')],
  ['no rule holds any more', { app: contractorsDenied }, {}, denied('no_rule')],
  ['suspended', {}, { status: 'suspended' }, denied('account_inactive')],
  ['deactivated', { app: always({ kind: 'deny' }) }, { status: 'deactivated' }, denied('account_inactive')],
  ['the account is gone', {}, undefined, denied('account_inactive')],
])('%s', (_, policies, more, expected) => {
  const decision = decide(policies, more && userWith(['password'], more));
  expect(decision).toMatchObject(expected);
  expect(decision.trace.layers.map(({ layer }) => layer)).toEqual(['session', 'app']);
});

test('the app has no policy any more', () => {
  const { app: _, ...policies } = policiesOf();
  const facts = silentFacts({ subject: userWith(['password']), evidence: [proof('password', 60)] });
  expect(evaluateIssuance(policies, facts)).toMatchObject(denied('no_policy'));
});

test('the enrollments that the tokens rest on must still exist, consumed or not', () => {
  const both = { evidence: [proof('password', 60), proof('totp', 60)] };
  expect(decide({}, userWith(['password', 'totp']), both)).toMatchObject(allowed);
  expect(decide({}, userWith(['password']), both)).toMatchObject(denied('enrollment_gone'));
  expect(decide({}, userWith(['password']))).toMatchObject(allowed);
  const enrollments = enrolled('password').map((enrollment) => ({ ...enrollment, consumed: true as const }));
  expect(decide({}, userWith([], { enrollments }))).toMatchObject(allowed);
});

test('a requirement that the evidence does not meet denies, in each layer', () => {
  const user = userWith(['password', 'totp']);
  const two = always(allow(factors(2)));
  const unmet = denied('requirement_unmet');
  expect(decide({ app: two }, user)).toMatchObject(unmet);
  expect(decide({ session: two }, user)).toMatchObject(unmet);
  expect(decide({ app: two }, user, { evidence: [proof('password', 60), proof('totp', 60)] })).toMatchObject(allowed);
  expect(decide({ app: always(allow(factors(1, { maxAge: 30 }))) }, user)).toMatchObject(unmet);
});

test('what was proved for these very tokens is as new as it was then', () => {
  const fresh = always(allow(factors(1, { maxAge: 0 })));
  const user = userWith(['password']);
  expect(decide({ app: fresh }, user)).toMatchObject(denied('requirement_unmet'));
  const transaction = { id: thisTransaction, startedAt: fixedNow - 60 };
  expect(decide({ app: fresh }, user, { transaction, evidence: [proof('password', 'now')] })).toMatchObject(allowed);
});

test('an authenticator that the enrollment policy disables meets nothing, and one that it requires is missing', () => {
  const decideWith = (terms: Partial<EnrollmentTerms>, subject = userWith(['password'])) => {
    const then = enrollmentTerms(terms);
    const enrollment = compilePolicy<EnrollmentRule>({ name: 'enrollment', rules: [{ name: 'all', when: {}, then }] });
    const facts = silentFacts({ subject, evidence: [proof('password', 60)] });
    return evaluateIssuance({ ...policiesOf(), enrollment }, facts);
  };
  expect(decideWith({})).toMatchObject(allowed);
  const layersOf = (status: Subject['status']) =>
    decideWith({}, userWith(['password'], { status })).trace.layers.map(({ layer }) => layer);
  for (const status of ['active', 'suspended'] as const)
    expect(layersOf(status)).toEqual(['session', 'app', 'enrollment']);
  expect(decideWith({ disabled: ['password'] })).toMatchObject(denied('requirement_unmet'));
  expect(decideWith({ optional: ['totp'] })).toMatchObject(allowed);
  expect(decideWith({ required: [{ anyOf: ['totp'] }] })).toMatchObject(denied('enrollment_required'));
  expect(decideWith({ required: [{ anyOf: ['totp'] }] }, userWith(['password', 'totp']))).toMatchObject(allowed);
  expect(decideWith({ required: [{ anyOf: ['totp'], grace: { until: fixedNow + 60 } }] })).toMatchObject(allowed);
});

test('an enrollment policy without a rule that holds denies (Law 4)', () => {
  const enrollment = compilePolicy<EnrollmentRule>({ name: 'enrollment', rules: [] });
  const facts = silentFacts({ subject: userWith(['password']), evidence: [proof('password', 60)] });
  expect(evaluateIssuance({ ...policiesOf(), enrollment }, facts)).toMatchObject(denied('no_rule'));
});

test('so does a profile policy, which is in the trace', () => {
  const profile = compilePolicy<ProfileRule>({ name: 'profile', rules: [] });
  const facts = silentFacts({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
  const decision = evaluateIssuance({ ...policiesOf(), profile }, facts);
  expect(decision).toMatchObject(denied('no_rule'));
  expect(decision.trace.layers.at(-1)).toMatchObject({ layer: 'profile', outcome: 'deny' });
});

test('a session that is shorter than the sign-in took is over for refreshes, not for the first exchange', () => {
  const short = { kind: 'allow', requirement: factors(1), appSession: { absolute: 5 } } as const;
  const policies = policiesOf({ app: always(short) });
  const transaction = { id: thisTransaction, startedAt: fixedNow - 60 };
  const facts = silentFacts({ subject: userWith(['password']), evidence: [proof('password', 'now')] });
  const at = (time: number) => evaluateIssuance(policies, { ...facts, transaction }, time);
  expect(at(fixedNow)).toMatchObject(allowed);
  expect(at(fixedNow + 1)).toMatchObject(denied('session_over'));
});
