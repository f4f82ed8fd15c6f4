/** Which evidence says how the user signed in, and when an enrollment stands for what it replaces. */
import { expect, test } from '@jest/globals';
import { isSignInProof, replacementOf } from '../../../src/core/evidence/sign-in-proofs.ts';
import type { Evidence } from '../../../src/core/model/facts.ts';
import { proof } from '../support/fixtures.ts';

test.each<[Evidence['origin'], boolean]>([
  ['sign_in', true],
  ['registration', true],
  ['enrollment', false],
  ['recovery', false],
])('a proof of %s: %s', (origin, isOne) => {
  expect(isSignInProof({ origin })).toBe(isOne);
  expect(isSignInProof({ origin, replacesProof: true })).toBe(true);
});

const old = proof('password', 'now');
const mail = proof('email', 'now');

test.each<[string, readonly { readonly id: string }[], readonly Evidence[], boolean]>([
  ['one by which the user signed in', [{ id: 'password' }], [mail, old], true],
  ['several, by one of which the user signed in', [{ id: 'totp' }, { id: 'password' }], [mail, old], true],
  ['one by which the user did not sign in', [{ id: 'totp' }], [mail, old], false],
  ['nothing', [], [old], false],
  ['one that the user set up in this session', [{ id: 'password' }], [{ ...old, origin: 'enrollment' }], false],
  ['one by which another user signed in', [{ id: 'password' }], [{ ...old, subject: 'bob' }], false],
])('what takes the place of %s', (_, gone, evidence, stands) => {
  expect(replacementOf(gone, { subject: 'ann', evidence })).toEqual(stands ? { replacesProof: true } : {});
});
