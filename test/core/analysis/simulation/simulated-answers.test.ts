/** How the simulated user answers each step. */
import { describe, expect, test } from '@jest/globals';
import {
  answerProfile,
  goOnToDeletion,
  grantConsent,
  identifiedAs,
  labelIn,
  prove,
} from '../../../../src/core/analysis/simulation/simulated-answers.ts';
import type { Enrollment, Subject } from '../../../../src/core/model/facts.ts';
import { enrolled, factsOf, fixedNow, userWith } from '../../support/fixtures.ts';

const progressOf = (more: Partial<Subject> = {}) => identifiedAs(userWith(['phone'], more), factsOf());
const [phone] = enrolled('phone') as [Enrollment];

describe('a proof', () => {
  test('counts for the enrollment, by its method', () => {
    const { transaction } = prove(progressOf(), phone, { origin: 'sign_in', at: fixedNow, method: 'sms' });
    const { factors, characteristics } = phone;
    expect(transaction.evidence).toEqual([
      {
        ...{ authenticator: 'phone', enrollment: 'phone', factors, characteristics, amr: [] },
        ...{ method: 'sms', subject: 'ann', at: fixedNow, transaction: 'simulation', origin: 'sign_in' },
      },
    ]);
  });

  test('may be by no method that is distinguished', () => {
    const { transaction } = prove(progressOf(), phone, { origin: 'sign_in', at: fixedNow });
    expect(transaction.evidence[0]).not.toHaveProperty('method');
  });
});

test('a profile is completed, and terms are accepted', () => {
  const progress = progressOf({
    profile: { nick: 'Ann', name: '', unit: 'u1' },
    acceptedTerms: { old: '1', use: '1' },
  });
  const request = {
    required: ['nick', 'name'],
    optional: ['phone'],
    terms: [{ id: 'use', version: '2', url: '' } as never],
  };
  const { steps, next } = answerProfile(progress, request);
  expect(steps).toEqual([{ kind: 'profile', ...request }]);
  expect(next).toEqual({
    ...progress,
    subject: {
      ...progress.subject,
      profile: { nick: 'Ann', unit: 'u1', name: 'simulated', phone: 'simulated' },
      acceptedTerms: { old: '1', use: '2' },
    },
  });
});

test('consent is given to every scope that is asked for, and other apps keep theirs', () => {
  const other = { granted: ['openid'], rejected: [] };
  const progress = progressOf({ consents: { wiki: other as never } });
  const scopes = [
    { scope: 'openid', required: true, rejected: false },
    { scope: 'email', required: false, rejected: true },
  ];
  const { steps, next } = grantConsent(progress, scopes);
  expect(steps).toEqual([{ kind: 'consent', scopes }]);
  expect(next?.transaction).toEqual({ ...progress.transaction, consented: true });
  expect(next?.subject).toMatchObject({
    id: 'ann',
    consents: { wiki: other, notes: { granted: ['openid', 'email'], rejected: [] } },
  });
});

test('an account that waits for its deletion is left to it', () => {
  const progress = progressOf();
  const { steps, next } = goOnToDeletion(progress, fixedNow + 60);
  expect(steps).toEqual([{ kind: 'keep_account', dueAt: fixedNow + 60 }]);
  expect(next).toEqual({ ...progress, transaction: { ...progress.transaction, deletionAcknowledged: true } });
});

test('an enrollment has the name that the user gave it', () => {
  const named = { ...phone, id: 'named', label: 'Work' };
  const user = userWith([], { enrollments: [phone, named, { ...phone, id: 'other', label: 'Home' }] });
  expect(['named', 'phone', 'gone', undefined].map((id) => labelIn(user, id))).toEqual([
    'Work',
    undefined,
    undefined,
    undefined,
  ]);
});
