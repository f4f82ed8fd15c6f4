/** The transitions of a transaction. */

import { describe, expect, test } from '@jest/globals';
import { carriedOver } from '../../../src/core/step/carried-over-transaction.ts';
import { isExpired, newTransaction, type Pending, type Transaction } from '../../../src/core/step/transaction.ts';
import {
  forgetSubject,
  type Identified,
  identified,
  keptSignedIn,
  picked,
  proved,
  rememberingDevice,
  selecting,
  skipping,
  started,
} from '../../../src/core/step/transitions.ts';
import { fixedNow, plainRequest, proof } from '../support/fixtures.ts';

const fresh = newTransaction({ id: 'tx', request: plainRequest, now: fixedNow, lifetime: 900 });
const ann = { id: 'ann', identifier: 'ann@example.org', decoy: false };
const bob = { id: 'bob', identifier: 'bob@example.org', decoy: false };
const decoy = { id: 'decoy-7', identifier: 'nobody@example.org', decoy: true };
const password = proof('password', 'now', { transaction: 'tx' });
const pending: Pending = {
  purpose: 'challenge',
  authenticator: 'totp',
  enrollment: 't',
  inputs: ['one_time_code'],
  public: {},
  private: {},
  expires: fixedNow + 60,
};

function accepted(result: Identified): Transaction {
  if (!result.ok) throw new Error(result.reason);
  return result.transaction;
}
const withAnn = accepted(identified(fresh, ann));

test('a transaction starts empty, and expires', () => {
  expect(fresh).toEqual({
    id: 'tx',
    event: 'tx',
    request: plainRequest,
    startedAt: fixedNow,
    expiresAt: fixedNow + 900,
    evidence: [],
  });
  expect([fixedNow + 899, fixedNow + 900, Number.NaN].map((now) => isExpired(fresh, now))).toEqual([false, true, true]);
});

test('a later interaction of the same request continues its event', () => {
  const second = newTransaction({
    id: 'tx2',
    event: 'tx',
    request: plainRequest,
    now: fixedNow,
    lifetime: 900,
    session: 's',
    prefilledIdentifier: 'ann',
    expectedSubject: 'ann',
  });
  expect(second).toMatchObject({
    id: 'tx2',
    event: 'tx',
    session: 's',
    prefilledIdentifier: 'ann',
    expectedSubject: 'ann',
  });
  expect(proved(accepted(identified(second, ann)), password).evidence).toEqual([password]);
});

test('it keeps proofs and answers, but not the page of the user', () => {
  const kept = {
    startedAt: fixedNow,
    evidence: [password],
    skipped: ['totp'],
    keepSignedIn: false,
    rememberDevice: true,
    consented: true,
    accountSelected: true,
    deletionAcknowledged: true,
  } as const;
  const before: Transaction = {
    ...started(withAnn, pending),
    ...kept,
    id: 'tx1',
    expiresAt: fixedNow + 1,
    prefilledIdentifier: 'ann',
    uiLocales: 'de',
    session: 's',
    expectedSubject: 'ann',
    registration: {},
    choice: { purpose: 'challenge', authenticator: 'totp' },
    parked: [pending],
    selecting: true,
    requestedEnrollment: 'totp',
    challengeService: 'asked',
    recovering: true,
    recorded: 'x',
    proofSecretHash: 'y',
  };
  expect(carriedOver(before)).toEqual(kept);
});

describe('identified', () => {
  test('as long as nothing is proved, the user may correct the identifier', () => {
    const busy = started(picked(withAnn, { purpose: 'challenge', authenticator: 'totp' }), pending);
    expect(accepted(identified(busy, bob))).toEqual({ ...fresh, subject: bob });
  });
  test('the same user again keeps the position', () => {
    const busy = started(withAnn, pending);
    expect(accepted(identified(busy, { ...ann, identifier: 'ANN' }))).toEqual({
      ...busy,
      subject: { ...ann, identifier: 'ANN' },
    });
  });
  test('another subject after a proof is refused', () => {
    const after = proved(withAnn, password);
    expect(identified(after, bob)).toEqual({ ok: false, reason: 'other_subject' });
    expect(identified(after, decoy)).toEqual({ ok: false, reason: 'other_subject' });
    expect(identified(after, ann).ok).toBe(true);
  });
  test('where only one account may sign in, others are refused, existing or not', () => {
    const expecting: Transaction = { ...fresh, expectedSubject: 'ann' };
    expect([ann, bob, decoy].map((subject) => identified(expecting, subject).ok)).toEqual([true, false, false]);
  });
});

describe('proved', () => {
  test('appends the evidence and clears the position', () => {
    const asked = selecting(started(picked(withAnn, { purpose: 'challenge', authenticator: 'totp' }), pending));
    const totp = proof('totp', 'now', { transaction: 'tx' });
    expect(proved(proved(asked, password), totp)).toEqual({ ...withAnn, evidence: [password, totp] });
  });
  test.each<[string, Transaction, ReturnType<typeof proof>]>([
    ['before the user has identified', fresh, password],
    ['by a decoy', accepted(identified(fresh, decoy)), { ...password, subject: decoy.id }],
    ['of another subject', withAnn, { ...password, subject: 'bob' }],
    ['of another event', withAnn, { ...password, transaction: 'tx-before' }],
  ])('throws for evidence %s', (_, transaction, evidence) => {
    expect(() => proved(transaction, evidence)).toThrow(/^evidence (needs|of)/);
  });
});

describe('a requested enrollment', () => {
  const wish = picked(withAnn, { purpose: 'enroll', authenticator: 'webauthn' });
  test('outlives the proofs that it takes, and the choice among them', () => {
    expect(proved(selecting(wish), password).requestedEnrollment).toBe('webauthn');
    expect(picked(wish, { purpose: 'challenge', authenticator: 'totp' }).requestedEnrollment).toBe('webauthn');
  });
  test('ends once something is enrolled or skipped, and for another user', () => {
    const enrolled = proof('webauthn', 'now', { transaction: 'tx', origin: 'enrollment' });
    const others = [proved(wish, enrolled), skipping(wish, ['webauthn']), accepted(identified(wish, bob))];
    expect([...others, forgetSubject(wish)].map(({ requestedEnrollment }) => requestedEnrollment)).toEqual(
      Array(4).fill(undefined),
    );
  });
});

test('what one user ticked is not ticked for the next', () => {
  const ticked = rememberingDevice(keptSignedIn(withAnn, true));
  expect(forgetSubject(ticked)).toEqual(fresh);
});

describe('the position', () => {
  test('a choice parks the pending challenge and ends the selection', () => {
    const choice = { purpose: 'challenge', authenticator: 'email' } as const;
    expect(picked(selecting(started(withAnn, pending)), choice)).toEqual({ ...withAnn, choice, parked: [pending] });
  });
  test('a parked challenge is taken up again as it was, or replaced, and ends with the next proof', () => {
    const [email, totp] = [{ ...pending, authenticator: 'email' }, pending];
    const elsewhere = started(picked(started(withAnn, totp), { purpose: 'challenge', authenticator: 'email' }), email);
    expect(elsewhere).toMatchObject({ pending: email, parked: [totp] });
    const back = started(picked(elsewhere, { purpose: 'challenge', authenticator: 'totp' }), totp);
    expect(back).toMatchObject({ pending: totp, parked: [email] });
    const again = { ...email, expires: email.expires + 60 };
    expect(started(back, again)).not.toHaveProperty('parked');
    expect(proved(back, password)).not.toHaveProperty('parked');
    expect(accepted(identified(elsewhere, bob))).not.toHaveProperty('parked');
  });
  test('an offer is parked while a further proof is needed for it, and nothing else brings it back', () => {
    const offer: Pending = {
      purpose: 'enroll',
      authenticator: 'webauthn',
      inputs: [],
      public: {},
      private: {},
      expires: fixedNow + 60,
    };
    const asked = started(started(withAnn, offer), pending);
    expect(asked).toMatchObject({ pending, parked: [offer] });
    expect(proved(asked, password)).toMatchObject({ parked: [offer] });
    expect(started(proved(asked, password), offer)).not.toHaveProperty('parked');
    const enrolled = proof('webauthn', 'now', { transaction: 'tx', origin: 'enrollment' });
    expect(proved(asked, enrolled)).not.toHaveProperty('parked');
    expect(skipping(asked, ['webauthn'])).not.toHaveProperty('parked');
    expect(accepted(identified(asked, bob))).not.toHaveProperty('parked');
    expect(started(started(withAnn, offer), { ...offer, authenticator: 'totp' })).not.toHaveProperty('parked');
  });
  test('a selection forgets the choice and keeps pending challenges', () => {
    const chosen = started(picked(withAnn, { purpose: 'challenge', authenticator: 'totp' }), pending);
    expect(selecting(chosen)).toEqual({ ...withAnn, pending, selecting: true });
  });
  test('only the newest challenge is pending', () => {
    const newer = { ...pending, authenticator: 'email' };
    expect(started(started(withAnn, pending), newer).pending).toEqual(newer);
  });
  test('the subject can be forgotten as long as nothing is proved', () => {
    expect(forgetSubject(selecting(started(withAnn, pending)))).toEqual(fresh);
    expect(() => forgetSubject(proved(withAnn, password))).toThrow();
  });
});
