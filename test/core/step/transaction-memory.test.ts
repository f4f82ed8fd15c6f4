/** What a transaction keeps of what the user did before: challenges that were left, skips, and what was ticked. */

import { describe, expect, test } from '@jest/globals';
import { newTransaction, type Pending } from '../../../src/core/step/transaction.ts';
import { picked, rememberingDevice, skipping, started } from '../../../src/core/step/transitions.ts';
import { fixedNow, plainRequest } from '../support/fixtures.ts';

const fresh = newTransaction({ id: 'tx', request: plainRequest, now: fixedNow, lifetime: 900 });
const kept = { inputs: ['one_time_code'], public: {}, private: {}, expires: fixedNow + 60 } as const;
const challenge = (authenticator: string, enrollment?: string): Pending => ({
  purpose: 'challenge',
  authenticator,
  ...(enrollment !== undefined && { enrollment }),
  ...kept,
});
const [mobile, landline, totp] = [challenge('phone', 'mobile'), challenge('phone', 'landline'), challenge('totp', 't')];
const choice = { purpose: 'challenge', authenticator: 'password' } as const;

describe('challenges that the user left', () => {
  test('are all kept, the last one first', () => {
    const afterOne = started(picked(started(fresh, totp), choice), mobile);
    expect(picked(afterOne, choice)).toEqual({ ...fresh, choice, parked: [mobile, totp] });
  });

  test('are none where nothing was begun', () => {
    expect(picked(fresh, choice)).toStrictEqual({ ...fresh, choice });
    const offer: Pending = { purpose: 'enroll', authenticator: 'totp', ...kept };
    expect(picked(started(fresh, offer), choice)).toStrictEqual({ ...fresh, choice });
  });

  test.each<[string, Pending, Pending]>([
    ['enrollment of the same authenticator', mobile, landline],
    ['authenticator', challenge('email', 'x'), challenge('phone', 'x')],
    ['purpose', challenge('totp'), { ...challenge('totp'), purpose: 'enroll' }],
  ])('are kept while something of another %s is begun', (_, left, other) => {
    expect(started({ ...fresh, parked: [left] }, other)).toEqual({ ...fresh, parked: [left], pending: other });
    expect(started({ ...fresh, parked: [left] }, left)).toStrictEqual({ ...fresh, pending: left });
  });
});

test('every authenticator that the user skips is kept, once', () => {
  const first = skipping(fresh, ['totp', 'webauthn']);
  expect(first).toEqual({ ...fresh, skipped: ['totp', 'webauthn'] });
  expect(skipping(first, ['webauthn', 'phone'])).toEqual({ ...fresh, skipped: ['totp', 'webauthn', 'phone'] });
});

test('the wish that this browser remembers the proof is kept', () => {
  expect(rememberingDevice(fresh)).toEqual({ ...fresh, rememberDevice: true });
});
