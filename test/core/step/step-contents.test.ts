/** What a step tells the page beyond what it asks for, and which stored position it goes back to. */

import { describe, expect, test } from '@jest/globals';
import type { Decision, DecisionOutcome } from '../../../src/core/model/decision.ts';
import { nextStep, type StepContext } from '../../../src/core/step/next-step.ts';
import { optionsToSelect } from '../../../src/core/step/options.ts';
import { newTransaction, type Pending, type Transaction } from '../../../src/core/step/transaction.ts';
import { fixedNow, plainRequest } from '../support/fixtures.ts';

const transaction = newTransaction({ id: 'tx', request: plainRequest, now: fixedNow, lifetime: 900 });
const everyLabel = (id: string) => `label of ${id}`;
const decided = (outcome: DecisionOutcome): Decision => ({ ...outcome, trace: { layers: [] } });

function planFor(outcome: DecisionOutcome, more: Partial<Transaction> = {}, view: Partial<StepContext> = {}) {
  return nextStep(decided(outcome), {
    transaction: { ...transaction, ...more },
    view: { labels: () => undefined, canKeep: false, ...view },
    now: fixedNow,
  });
}

const kept = { inputs: ['one_time_code'], public: { hint: 'h' }, private: {}, expires: fixedNow + 60 } as const;
const totp: Pending = { purpose: 'challenge', authenticator: 'totp', enrollment: 't', ...kept };
const totpOffer: Pending = { purpose: 'enroll', authenticator: 'totp', ...kept };
const challenge = {
  kind: 'challenge',
  options: [
    { authenticator: 'webauthn', enrollments: ['k'] },
    { authenticator: 'totp', enrollments: ['t'] },
  ],
} as const;
const enroll = { kind: 'enroll', choices: ['totp', 'webauthn'] } as const;
const skippable = { reason: 'grace', authenticators: ['webauthn'], skipsLeft: 2 } as const;

describe('a challenge says', () => {
  const plain = {
    kind: 'challenge',
    authenticator: 'totp',
    inputs: ['one_time_code'],
    challenge: { hint: 'h' },
    alternatives: true,
    notices: [],
  };

  test.each<[string, object, object]>([
    ['nothing more, where there is nothing to say', {}, {}],
    ['which enrollment it comes before', { toEnroll: ['webauthn'] }, { toEnroll: ['webauthn'] }],
    ['that the enrollment after it may be skipped', { skippable }, { skippable }],
    [
      'for how long the browser can remember it, if it is one of the proofs to remember',
      { rememberable: { seconds: 3600, enrollments: ['k', 't'] } },
      { remember: 3600 },
    ],
    ['nothing about a proof that is not to be remembered', { rememberable: { seconds: 3600, enrollments: ['k'] } }, {}],
  ])('%s', (_, why, said) => {
    const outcome: DecisionOutcome = { ...challenge, ...why };
    expect(planFor(outcome, { pending: totp })).toStrictEqual({ kind: 'step', step: { ...plain, ...said } });
  });
});

describe('an offer says', () => {
  const plain = {
    kind: 'enroll',
    authenticator: 'totp',
    inputs: ['one_time_code'],
    offer: { hint: 'h' },
    alternatives: true,
    notices: [],
  };
  const onlyKeys = { endsOtherSessions: (authenticator: string) => authenticator === 'webauthn' };
  const onlyCodes = { endsOtherSessions: (authenticator: string) => authenticator === 'totp' };

  test.each<[string, object, Partial<StepContext>, object]>([
    ['nothing more, where there is nothing to say', {}, {}, {}],
    ['that it may be skipped', { skippable }, {}, { skippable }],
    ['that it ends other sessions', {}, onlyCodes, { endsOtherSessions: true }],
    ['nothing about sessions where another enrollment would end them', {}, onlyKeys, {}],
  ])('%s', (_, why, view, said) => {
    const outcome: DecisionOutcome = { ...enroll, ...why };
    expect(planFor(outcome, { pending: totpOffer }, view)).toStrictEqual({ kind: 'step', step: { ...plain, ...said } });
  });
});

describe('a list of what to enroll says', () => {
  const options = [{ authenticator: 'totp' }, { authenticator: 'webauthn' }];
  const plain = { kind: 'select', purpose: 'enroll', options, notices: [] };

  test.each<[string, object, object]>([
    ['what there is, without labels: nothing of it has a name yet', {}, {}],
    ['that all of it may be skipped', { skippable }, { skippable }],
    ['the same where a proof comes first', { skippable, proofFirst: true }, { skippable }],
  ])('%s', (_, why, said) => {
    const outcome: DecisionOutcome = { ...enroll, ...why };
    const plan = planFor(outcome, {}, { labels: everyLabel });
    expect(plan).toStrictEqual({ kind: 'step', step: { ...plain, ...said } });
  });
});

test.each<[string, DecisionOutcome, Pending]>([
  ['an offer of another authenticator', { ...enroll, choices: ['totp'] }, { ...totpOffer, authenticator: 'webauthn' }],
  [
    'a challenge of what is to be enrolled now',
    { ...enroll, choices: ['totp'] },
    { ...totpOffer, purpose: 'challenge' },
  ],
  [
    'an offer of what is to be proved now',
    { ...challenge, options: [{ authenticator: 'totp', enrollments: ['t'] }] },
    { ...totp, purpose: 'enroll' },
  ],
])('%s is not gone back to', (_, outcome, pending) => {
  expect(planFor(outcome, { pending })).toMatchObject({ kind: 'start', purpose: outcome.kind, authenticator: 'totp' });
});

test('the wish to enroll an authenticator does not decide what must be proved before', () => {
  const wish = { requestedEnrollment: 'totp' };
  expect(planFor(challenge, wish)).toMatchObject({ kind: 'start', authenticator: 'webauthn' });
  expect(planFor(enroll, wish)).toMatchObject({ kind: 'start', authenticator: 'totp' });
});

describe('a recovery authenticator keeps its place', () => {
  const recovery = { authenticator: 'recovery_code', enrollments: ['r'], recovery: true } as const;
  const code = { authenticator: 'totp', enrollments: ['t'] } as const;

  test.each<[string, readonly (typeof recovery | typeof code)[], Partial<StepContext>, string]>([
    ['before others, in a browser that has proved nothing', [recovery, code], {}, 'recovery_code'],
    ['after others, although the browser proved it last', [code, recovery], { lastUsed: ['r'] }, 'totp'],
  ])('%s', (_, options, view, first) => {
    expect(planFor({ kind: 'challenge', options }, {}, view)).toMatchObject({ kind: 'start', authenticator: first });
  });
});

describe('the options that a user may choose from', () => {
  const view = { labels: everyLabel };

  test.each<[string, DecisionOutcome, readonly object[]]>([
    [
      'of a challenge are its authenticators, with the names of what is enrolled',
      challenge,
      [
        { authenticator: 'webauthn', label: 'label of k' },
        { authenticator: 'totp', label: 'label of t' },
      ],
    ],
    ['of an enrollment are its choices', enroll, [{ authenticator: 'totp' }, { authenticator: 'webauthn' }]],
    ['of a denial are none', { kind: 'deny', reason: 'rule' }, []],
    ['of the identifier page are none', { kind: 'identify' }, []],
  ])('%s', (_, outcome, expected) => {
    expect(optionsToSelect(decided(outcome), view)).toStrictEqual(expected);
  });
});
