/** Which proofs of a sign-in still count, after changes of the account. */

import { describe, expect, test } from '@jest/globals';
import type { Evidence } from '../../../../src/core/model/facts.ts';
import { withPresentProofs } from '../../../../src/flow/transaction/present-proofs.ts';
import { ssoSessionKey } from '../../../../src/stores/keys.ts';
import type { User } from '../../../../src/users/record/user.ts';
import { createWorld, credential, opened, start } from '../sign-in-fixture.ts';

const proof = (changes: Partial<Evidence>): Evidence => ({
  authenticator: 'totp',
  enrollment: 'totp',
  factors: ['possession'],
  characteristics: [],
  amr: ['otp'],
  subject: 'user-ann',
  at: start,
  transaction: 'tx',
  origin: 'sign_in',
  ...changes,
});

interface Case {
  readonly evidence: readonly Partial<Evidence>[];
  readonly user?: Partial<User>;
  readonly movedAt?: number;
  readonly subject?: 'none' | 'decoy' | 'gone';
  /** The session in which the sign-in began: since when it is kept, and under which `validAfter`. */
  readonly session?: { readonly accountId?: string; readonly validAfter?: number; readonly validSince?: number };
}

/** The enrollments whose proofs are left, or `same` if the transaction is the same object. */
async function present({ evidence, user, movedAt, subject, session }: Case): Promise<readonly string[] | 'same'> {
  const world = createWorld();
  await world.addUser('ann', [credential('totp', '1', movedAt === undefined ? {} : { movedAt })], {
    validAfter: 100,
    ...user,
  });
  await world.beginSignIn();
  if (session) await world.addSession('s1', { accountId: 'user-ann', ...session });
  return opened(world, async ({ request, transaction }) => {
    await request.unit.load([ssoSessionKey('s1')]);
    const id = subject === 'gone' ? 'user-gone' : 'user-ann';
    const whole = {
      ...transaction,
      ...(subject !== 'none' && { subject: { id, identifier: 'ann', decoy: subject === 'decoy' } }),
      ...(session && { session: 's1' }),
      evidence: evidence.map(proof),
    };
    const result = await withPresentProofs(request.unit, whole);
    if (result === whole) return 'same';
    expect(result).toEqual({ ...whole, evidence: result.evidence });
    return result.evidence.map(({ enrollment }) => enrollment);
  });
}

describe('proofs of a sign-in', () => {
  test.each<[string, Case, readonly string[] | 'same']>([
    ['count under the present `validAfter`', { evidence: [{ validAfter: 100 }] }, 'same'],
    ['end with a new one', { evidence: [{ validAfter: 99 }] }, []],
    ['end each by itself', { evidence: [{ validAfter: 99 }, { validAfter: 100, enrollment: 'other' }] }, ['other']],
    ['count without a record of it', { evidence: [{}] }, 'same'],
    [
      'stay with a user who may not sign in at all',
      { evidence: [{ validAfter: 99 }], user: { status: 'suspended' } },
      'same',
    ],
    ['are none at first', { evidence: [] }, 'same'],
    ['are of no user', { evidence: [{ validAfter: 99 }], subject: 'none' }, 'same'],
    ['are of a decoy', { evidence: [{ validAfter: 99 }], subject: 'decoy' }, 'same'],
    ['are of an account that is gone', { evidence: [{ validAfter: 99 }], subject: 'gone' }, 'same'],
  ])('%s', async (_, given, expected) => {
    expect(await present(given)).toEqual(expected);
  });

  test.each<[string, Case['session'], readonly string[] | 'same']>([
    ['kept since before the proof', { validAfter: 100, validSince: 99 }, 'same'],
    ['kept since after the proof', { validAfter: 100, validSince: 99.5 }, []],
    ['never kept', { validAfter: 100 }, []],
    ['that has ended', { validAfter: 99, validSince: 99 }, []],
    ['of another user', { accountId: 'user-bob', validAfter: 100, validSince: 99 }, []],
  ])('of an earlier `validAfter` in a session %s', async (_, session, expected) => {
    expect(await present({ evidence: [{ validAfter: 99 }], session: session ?? {} })).toEqual(expected);
  });

  test.each<[string, Case, readonly string[] | 'same']>([
    ['before it moved', { evidence: [{ validAfter: 100 }], movedAt: 101 }, []],
    ['when it moved', { evidence: [{ validAfter: 100 }], movedAt: 100 }, 'same'],
    ['after it moved', { evidence: [{ validAfter: 100 }], movedAt: 99 }, 'same'],
    ['of another enrollment', { evidence: [{ validAfter: 100, enrollment: 'other' }], movedAt: 101 }, 'same'],
    ['at the second when it moved, without a record', { evidence: [{ at: 500 }], movedAt: 500 }, 'same'],
    ['a second before it moved, without a record', { evidence: [{ at: 499 }], movedAt: 500 }, []],
    ['with a record that is later than the proof', { evidence: [{ at: 1, validAfter: 100 }], movedAt: 50 }, 'same'],
    ['after it moved, ended by a change', { evidence: [{ validAfter: 99 }], movedAt: 50 }, []],
  ])('of an address %s', async (_, given, expected) => {
    expect(await present(given)).toEqual(expected);
  });
});
