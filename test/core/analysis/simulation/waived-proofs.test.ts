/** Which remembered proofs stand for the second factor. */
import { expect, test } from '@jest/globals';
import { waivedProofs, withEverything } from '../../../../src/core/analysis/simulation/waived-proofs.ts';
import type { AllowTerms, Demand } from '../../../../src/core/model/policy.ts';
import { always, factors, factsOf, policiesOf, userWith } from '../../support/fixtures.ts';

const enabled = ['password', 'email', 'phone', 'totp', 'recovery_code'] as const;

const policiesWith = (possession: Demand, more: Partial<AllowTerms> = { remember: 60 }) =>
  policiesOf({
    app: always({ kind: 'allow', requirement: factors(2, { demands: [possession] }), ...more }),
    enabled,
  });
const any: Demand = { factor: 'possession' };

const ofAnn = (...keys: Parameters<typeof userWith>[0]) => factsOf({ subject: userWith(keys) });

test('those of possessions, by each of their methods', () => {
  expect(waivedProofs(policiesWith(any), ofAnn('password', 'phone', 'totp', 'recovery_code'))).toEqual([
    'phone.sms',
    'phone.voice',
    'totp',
  ]);
});

test('by the methods that the user can be asked by', () => {
  const { enrollments, ...subject } = userWith(['password', 'phone']);
  const voiceOnly = enrollments.map((own) => (own.id === 'phone' ? { ...own, methods: ['voice'] } : own));
  expect(waivedProofs(policiesWith(any), factsOf({ subject: { ...subject, enrollments: voiceOnly } }))).toEqual([
    'phone.voice',
  ]);
});

test('those that the rule takes', () => {
  const policies = policiesWith({ factor: 'possession', exclude: ['phone.sms', 'totp'] });
  expect(waivedProofs(policies, ofAnn('password', 'phone', 'totp'))).toEqual(['phone.voice']);
});

test('none where the rule lets no browser remember them, and none of users who lack something else', () => {
  expect(waivedProofs(policiesWith(any, {}), ofAnn('password', 'totp'))).toEqual([]);
  expect(waivedProofs(policiesWith(any), ofAnn('totp'))).toEqual([]);
  expect(waivedProofs(policiesWith(any), factsOf({}))).toEqual([]);
});

test('with everything enrolled, of which users keep their own', () => {
  const { subject } = withEverything(policiesWith(any), ofAnn('totp'));
  expect(subject?.enrollments.map(({ id, authenticator }) => [id, authenticator])).toEqual([
    ['totp', 'totp'],
    ...['password', 'email', 'phone', 'recovery_code'].map((key) => [`${key} 0`, key]),
  ]);
  expect(withEverything(policiesWith(any), factsOf({})).subject).toBeUndefined();
});
