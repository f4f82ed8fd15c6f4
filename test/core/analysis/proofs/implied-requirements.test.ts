/** What follows from requirements, one reason after the other. */
import { describe, expect, test } from '@jest/globals';
import {
  type Conclusion,
  evidenceBetween,
  evidenceFor,
  impliesAll,
  withMethodsOf,
} from '../../../../src/core/analysis/proofs/strictness.ts';
import type { Requirement } from '../../../../src/core/model/policy.ts';
import { descriptor, factors } from '../../support/fixtures.ts';

const proofs = { authenticators: Object.values(descriptor) };
const by = (...authenticators: readonly string[]): Requirement => factors(1, { demands: [{ authenticators }] });
const chain = (...keys: readonly string[]): Requirement => ({
  chains: [keys.map((key) => ({ authenticators: [key] }))],
});
const step = { authenticators: ['totp'] };
const threeOneFresh: Requirement = { chains: [[step, step, { ...step, maxAge: 60 }]] };
const second = factors(2);
const old = factors(1, { demands: [{ authenticators: ['totp'], maxAge: 3600 }] });
const codes = Array.from({ length: 2_001 }, (_, at) => ({ ...descriptor.totp, key: `code ${at}` }));

test.each<[string, readonly Requirement[], readonly Requirement[], Conclusion]>([
  ['nothing, from anything', [factors(1)], [], 'holds'],
  ['the same chain', [factors(1), chain('totp', 'totp')], [chain('totp', 'totp')], 'holds'],
  ['a chain of one, from its authenticator', [by('totp')], [factors(1), chain('totp')], 'holds'],
  ['no chain of two, from the same authenticator twice', [by('totp'), old], [chain('totp', 'totp')], 'refuted'],
  [
    'no chain of two, from each of its chains of one',
    [chain('totp'), chain('totp')],
    [chain('totp', 'totp')],
    'refuted',
  ],
  [
    'a chain, from one with another step',
    [chain('password', 'totp', 'webauthn')],
    [chain('password', 'totp')],
    'holds',
  ],
  ['no longer chain', [chain('password', 'totp')], [chain('password', 'totp', 'webauthn')], 'refuted'],
  ['a chain in another order', [chain('password', 'totp')], [chain('totp', 'password')], 'holds'],
  ['a chain, from one requirement for each step', [by('password'), by('totp')], [chain('password', 'totp')], 'holds'],
  [
    'a chain of two, from one of them and a proof that is no older',
    [chain('totp', 'totp'), old],
    [chain('totp', 'totp')],
    'holds',
  ],
  [
    'no chain, from more than six proofs of which some may be one',
    [chain('totp', 'totp', 'totp', 'totp'), threeOneFresh],
    [chain('totp', 'totp', 'totp', 'totp', 'totp')],
    'undecided',
  ],
  ['two factors, from a chain of two', [chain('password', 'totp')], [factors(2)], 'holds'],
  ['two factors, from one requirement for each', [by('password'), by('totp')], [factors(2)], 'holds'],
  ['each of several', [factors(1)], [factors(1), factors(2)], 'refuted'],
  [
    'one that does, and one that does not',
    [factors(1)],
    [factors(1, { maxAge: 60 }), factors(1, { demands: [{}] })],
    'refuted',
  ],
  [
    'two factors, from two factors in three ways',
    [second, factors(2, { demands: [{}] }), factors(2, { maxAge: 60 })],
    [second],
    'holds',
  ],
  ['any method, from an authenticator', [by('phone')], [by('phone.sms', 'phone.voice')], 'holds'],
  ['one method, not from an authenticator', [by('phone')], [by('phone.sms')], 'refuted'],
  ['an authenticator, from one method', [by('phone.sms')], [by('phone')], 'holds'],
  ['a factor, from what counts only beside others', [by('security_question')], [factors(1)], 'holds'],
  ['no two factors, from what counts only beside others', [by('security_question')], [second], 'refuted'],
  ['a proof of just now', [factors(1, { maxAge: 0 })], [factors(1, { maxAge: 60 })], 'holds'],
])('follows: %s', (_, premises, conclusions, expected) => {
  expect(impliesAll(premises, conclusions, proofs)).toBe(expected);
});

test('more than 2,000 sets are not looked at', () => {
  const impliedBy = (count: number) =>
    impliesAll([factors(1)], [factors(1, { demands: [{ factor: 'possession' }] })], {
      authenticators: codes.slice(0, count),
    });
  expect([impliedBy(2_000), impliedBy(2_001)]).toEqual(['holds', 'undecided']);
});

describe('evidence that users can give', () => {
  const { factors: knowledge, characteristics } = descriptor.password;

  test('is as weak as may be, and names no method where there is none', () => {
    const [[password] = []] = evidenceFor([by('password')], { ...proofs, oldest: 600, longestPause: 60 });
    expect(password).toEqual({
      ...{ authenticator: 'password', enrollment: 'password', factors: knowledge, characteristics },
      ...{ age: 600, longestPause: 60 },
    });
    expect(password).not.toHaveProperty('methods');
    const [[now] = []] = evidenceFor([factors(1, { maxAge: 0 })], { ...proofs, oldest: 600 });
    expect(now?.age).toBe('now');
    expect(now).not.toHaveProperty('longestPause');
  });

  test('is by a method where either side names one', () => {
    expect(evidenceBetween([by('phone.sms')], by('totp'), proofs)).toMatchObject([
      { authenticator: 'phone', methods: ['sms'] },
    ]);
    expect(evidenceBetween([by('phone')], by('phone.sms'), proofs)).toMatchObject([
      { authenticator: 'phone', methods: ['voice'] },
    ]);
  });

  test('is some of so many sets', () => {
    const able = { authenticators: codes };
    const found = evidenceFor([factors(1)], able);
    expect(found).toHaveLength(100);
    expect(evidenceBetween([factors(1)], by('code 0'), able)).toMatchObject([{ authenticator: 'code 20' }]);
    expect(evidenceBetween([factors(1)], by(...found.flat().map(({ authenticator }) => authenticator)), able)).toBe(
      'undecided',
    );
  });

  test('methods are distinguished only where requirements name them', () => {
    const { authenticators } = withMethodsOf(proofs, [by('phone.sms'), by('email')]);
    expect(authenticators.flatMap(({ key, methods }) => (methods ? [[key, ...methods]] : []))).toEqual([
      ['phone', 'sms', 'voice'],
    ]);
    expect(authenticators.map(({ key }) => key)).toEqual(Object.keys(descriptor));
  });
});
