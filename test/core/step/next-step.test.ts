/** From a decision to the step that the user sees. */

import { describe, expect, test } from '@jest/globals';
import type { Decision, DecisionOutcome } from '../../../src/core/model/decision.ts';
import { nextStep, type Plan } from '../../../src/core/step/next-step.ts';
import { type Choice, newTransaction, type Pending, type Transaction } from '../../../src/core/step/transaction.ts';
import { fixedNow, plainRequest } from '../support/fixtures.ts';

const transaction = newTransaction({ id: 'tx', request: plainRequest, now: fixedNow, lifetime: 900 });
const labels = (id: string) => (id === 'k1' ? 'Blue key' : undefined);
const next = (outcome: DecisionOutcome, more: Partial<Transaction> = {}, identifyWith?: string): Plan =>
  nextStep({ ...outcome, trace: { layers: [] } } as Decision, {
    transaction: { ...transaction, ...more },
    view: { ...(identifyWith !== undefined && { identifyWith }), labels, canKeep: false },
    now: fixedNow,
  });

const one: DecisionOutcome = { kind: 'challenge', options: [{ authenticator: 'password', enrollments: ['p'] }] };
const several: DecisionOutcome = {
  kind: 'challenge',
  options: [
    { authenticator: 'webauthn', enrollments: ['k1', 'k2'] },
    { authenticator: 'totp', enrollments: ['t'] },
  ],
};
test('a challenge that the user left is taken up again, unless it has expired', () => {
  const left = {
    ...challenge('totp', 't'),
    purpose: 'challenge',
    public: {},
    private: {},
    expires: fixedNow + 60,
  } as Pending;
  const back = { choice: challenge('totp'), parked: [left] };
  expect(next(several, back)).toMatchObject({ kind: 'start', authenticator: 'totp', left });
  expect(next(several, { ...back, choice: challenge('nothing like it') })).not.toHaveProperty('left');
  expect(next(several, { ...back, parked: [{ ...left, expires: fixedNow }] })).not.toHaveProperty('left');
});

const enroll: DecisionOutcome = { kind: 'enroll', choices: ['totp', 'webauthn'] };
const challenge = (authenticator: string, enrollment?: string): Choice => ({
  purpose: 'challenge',
  authenticator,
  ...(enrollment && { enrollment }),
});
const inputs = ['one_time_code'] as const;
const pending = (choice: Choice, expires = fixedNow + 60): Pending => ({
  ...choice,
  inputs,
  public: { hint: 'h' },
  private: { secret: 's' },
  expires,
});

describe('steps that need nothing started', () => {
  test.each<[string, DecisionOutcome, Partial<Transaction>, string | undefined, object]>([
    ['identify', { kind: 'identify' }, {}, undefined, { kind: 'identify' }],
    ['identify with password', { kind: 'identify' }, {}, 'password', { kind: 'identify', identifyWith: 'password' }],
    [
      'identify with a hint',
      { kind: 'identify' },
      { prefilledIdentifier: 'ann' },
      undefined,
      { kind: 'identify', identifier: 'ann' },
    ],
    [
      'identify with the typed identifier',
      { kind: 'identify' },
      { prefilledIdentifier: 'ann', subject: { id: 'x', identifier: 'bob', decoy: true } },
      undefined,
      { kind: 'identify', identifier: 'bob' },
    ],
    ['denied', { kind: 'deny', reason: 'no_rule', layer: 'app' }, {}, undefined, { kind: 'denied', reason: 'no_rule' }],
    [
      'complete',
      { kind: 'allow', rule: 'r', assurance: { amr: [], authTime: fixedNow, supportingEvidence: [] } },
      {},
      undefined,
      { kind: 'complete' },
    ],
    [
      'select on demand',
      several,
      { selecting: true },
      undefined,
      {
        kind: 'select',
        purpose: 'challenge',
        options: [
          { authenticator: 'webauthn', enrollment: 'k1', label: 'Blue key' },
          { authenticator: 'webauthn', enrollment: 'k2' },
          { authenticator: 'totp' },
        ],
      },
    ],
    [
      'select what to enroll',
      enroll,
      {},
      undefined,
      { kind: 'select', purpose: 'enroll', options: [{ authenticator: 'totp' }, { authenticator: 'webauthn' }] },
    ],
    [
      'select on demand despite a pending challenge',
      several,
      { selecting: true, pending: pending(challenge('totp', 't')) },
      undefined,
      { kind: 'select' },
    ],
    [
      'a profile of which the attributes are not known',
      { kind: 'profile', required: ['email'], optional: [], terms: [] },
      {},
      undefined,
      { kind: 'profile', fields: [], terms: [] },
    ],
    ['no option', { kind: 'challenge', options: [] }, {}, undefined, { kind: 'denied', reason: 'unsatisfiable' }],
  ])('%s', (_, outcome, more, identifyWith, step) => {
    expect(next(outcome, more, identifyWith)).toMatchObject({ kind: 'step', step: { ...step, notices: [] } });
  });
});

test.each([
  [undefined, false],
  [false, false],
  [true, true],
])('"keep me signed in" comes back as the user left it: %s', (keepSignedIn, ticked) => {
  const identify = { kind: 'identify', trace: { layers: [] } } as const;
  const stepFor = (canKeep: boolean) =>
    nextStep(identify, { transaction: before, view: { labels, canKeep }, now: fixedNow });
  const before = { ...transaction, ...(keepSignedIn !== undefined && { keepSignedIn }) };
  expect(stepFor(true)).toMatchObject({ step: { keepSignedIn: ticked } });
  expect(stepFor(false)).not.toHaveProperty('step.keepSignedIn');
});

describe('what is started', () => {
  test.each<[string, DecisionOutcome, Partial<Transaction>, object]>([
    ['the only option', one, {}, { purpose: 'challenge', authenticator: 'password', enrollment: 'p' }],
    ['the only option, although the user asked for a list', one, { selecting: true }, { authenticator: 'password' }],
    ['the best of several', several, {}, { authenticator: 'webauthn', enrollment: 'k1' }],
    ['the choice', several, { choice: challenge('totp', 't') }, { authenticator: 'totp', enrollment: 't' }],
    [
      'the choice of one of two keys',
      several,
      { choice: challenge('webauthn', 'k2') },
      { authenticator: 'webauthn', enrollment: 'k2' },
    ],
    [
      'the choice that leaves the enrollment open',
      several,
      { choice: challenge('webauthn') },
      { authenticator: 'webauthn', enrollment: 'k1' },
    ],
    [
      'not a choice that is no option',
      several,
      { choice: challenge('password', 'p') },
      { authenticator: 'webauthn', enrollment: 'k1' },
    ],
    [
      'not a choice of an enrollment that is no option',
      several,
      { choice: challenge('totp', 't9') },
      { authenticator: 'webauthn' },
    ],
    [
      'not a choice for another purpose',
      several,
      { choice: { purpose: 'enroll', authenticator: 'totp' } },
      { authenticator: 'webauthn' },
    ],
    [
      'the only thing to enroll',
      { kind: 'enroll', choices: ['totp'] },
      {},
      { purpose: 'enroll', authenticator: 'totp' },
    ],
    [
      'the chosen thing to enroll',
      enroll,
      { choice: { purpose: 'enroll', authenticator: 'webauthn' } },
      { purpose: 'enroll', authenticator: 'webauthn' },
    ],
    [
      'what the user asked to enroll before',
      enroll,
      { requestedEnrollment: 'webauthn' },
      { purpose: 'enroll', authenticator: 'webauthn' },
    ],
    [
      'a new challenge after the pending one has expired',
      one,
      { pending: pending(challenge('password', 'p'), fixedNow) },
      { authenticator: 'password' },
    ],
    [
      'a new challenge after the pending one is no option any more',
      one,
      { pending: pending(challenge('totp', 't')) },
      { authenticator: 'password' },
    ],
    [
      'a new challenge after one for another enrollment of the same authenticator',
      { kind: 'challenge', options: [{ authenticator: 'phone', enrollments: ['mobile'] }] },
      { pending: pending(challenge('phone', 'landline')) },
      { authenticator: 'phone', enrollment: 'mobile' },
    ],
    [
      'a new challenge after one for another purpose',
      { kind: 'enroll', choices: ['totp'] },
      { pending: pending(challenge('totp', 't')) },
      { purpose: 'enroll', authenticator: 'totp' },
    ],
  ])('%s', (_, outcome, more, start) => {
    expect(next(outcome, more)).toMatchObject({ kind: 'start', ...start });
  });
});

test('an enrollment that takes a further proof is only listed, even a single one, and even if it was started before', () => {
  const skippable = { reason: 'promotion', authenticators: ['totp'] } as const;
  const proofFirst: DecisionOutcome = { kind: 'enroll', choices: ['totp'], skippable, proofFirst: true };
  for (const more of [{}, { pending: pending({ purpose: 'enroll', authenticator: 'totp' }) }])
    expect(next(proofFirst, more)).toMatchObject({
      kind: 'step',
      step: { kind: 'select', purpose: 'enroll', options: [{ authenticator: 'totp' }], skippable },
    });
});

describe('the step shows what is pending', () => {
  test('a challenge, with its label and its public data', () => {
    expect(next(several, { pending: pending(challenge('webauthn', 'k1')) })).toEqual({
      kind: 'step',
      step: {
        kind: 'challenge',
        authenticator: 'webauthn',
        enrollment: 'k1',
        label: 'Blue key',
        inputs,
        challenge: { hint: 'h' },
        alternatives: true,
        notices: [],
      },
    });
  });
  test('a challenge of the second of two enrollments', () => {
    expect(next(several, { pending: pending(challenge('webauthn', 'k2')) })).toMatchObject({
      kind: 'step',
      step: { kind: 'challenge', authenticator: 'webauthn', enrollment: 'k2' },
    });
  });
  test('a challenge of the only enrollment', () => {
    expect(next(one, { pending: pending(challenge('password', 'p')) })).toEqual({
      kind: 'step',
      step: {
        kind: 'challenge',
        authenticator: 'password',
        inputs,
        challenge: { hint: 'h' },
        alternatives: false,
        notices: [],
      },
    });
  });
  test('an offer', () => {
    expect(next(enroll, { pending: pending({ purpose: 'enroll', authenticator: 'totp' }) })).toEqual({
      kind: 'step',
      step: { kind: 'enroll', authenticator: 'totp', inputs, offer: { hint: 'h' }, alternatives: true, notices: [] },
    });
  });
});

describe('several enrollments that are one option', () => {
  const twins: DecisionOutcome = {
    kind: 'challenge',
    options: [
      { authenticator: 'password', enrollments: ['p'] },
      { authenticator: 'webauthn', enrollments: ['k1', 'k2', 'k3'] },
    ],
  };
  const merged = (more: Partial<Transaction>, view: object = {}): Plan =>
    nextStep({ ...twins, trace: { layers: [] } } as Decision, {
      transaction: { ...transaction, ...more },
      view: { labels: () => undefined, canKeep: false, isSingleOption: () => true, ...view },
      now: fixedNow,
    });

  test('are listed once, without an id', () => {
    expect(merged({ selecting: true })).toMatchObject({
      step: { options: [{ authenticator: 'password' }, { authenticator: 'webauthn' }] },
    });
    expect(JSON.stringify(merged({ selecting: true }))).not.toContain('enrollment');
  });

  test.each([
    ['the oldest', {}, 'k1'],
    ['the one that was used last', { lastUsed: ['k3'] }, 'k3'],
    ['the one that was typed, whatever was used last', { lastUsed: ['k3'], namedByIdentifier: ['k2'] }, 'k2'],
  ])('stand for %s', (_, view, enrollment) => {
    expect(merged({ choice: challenge('webauthn') }, view)).toMatchObject({ kind: 'start', enrollment });
  });

  test('come first when any of them was used last', () => {
    expect(merged({}, { lastUsed: ['k3'], namedByIdentifier: ['k2'] })).toMatchObject({
      kind: 'start',
      enrollment: 'k2',
    });
    expect(merged({})).toMatchObject({ kind: 'start', enrollment: 'p' });
  });

  test('have no id on the page of their challenge', () => {
    const step = merged({ pending: pending(challenge('webauthn', 'k1')) });
    expect(step).toMatchObject({ kind: 'step', step: { kind: 'challenge', authenticator: 'webauthn' } });
    expect(JSON.stringify(step)).not.toContain('k1');
  });
});
