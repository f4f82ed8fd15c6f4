/** What follows from requirements, one reason after the other. */
import { describe, expect, test } from '@jest/globals';
import {
  evidenceBetween,
  evidenceFor,
  impliesAll,
  withMethodsOf,
} from '../../../../src/core/analysis/proofs/strictness.ts';
import type { Demand, Requirement } from '../../../../src/core/model/policy.ts';
import { descriptor, factors } from '../../support/fixtures.ts';

const proofs = { authenticators: Object.values(descriptor) };
const by = (...authenticators: readonly string[]): Requirement => factors(1, { demands: [{ authenticators }] });
const chain = (...keys: readonly string[]): Requirement => ({
  chains: [keys.map((key) => ({ authenticators: [key] }))],
});
/** So many that not all sets are looked at. */
const many = factors(1, { demands: Array<Demand>(5).fill({}) });

test.each<[string, readonly Requirement[], readonly Requirement[], boolean]>([
  ['nothing, from anything', [factors(1)], [], true],
  ['the same chain', [factors(1), chain('totp', 'totp')], [chain('totp', 'totp')], true],
  ['another chain never', [by('totp'), by('totp')], [chain('totp')], false],
  ['another chain never, whatever else does', [by('totp')], [factors(1), chain('totp')], false],
  ['two factors, from a chain of two', [chain('password', 'totp')], [factors(2)], true],
  ['two factors, from one requirement for each', [by('password'), by('totp')], [factors(2)], true],
  ['each of several', [factors(1)], [factors(1), factors(2)], false],
  [
    'one that does, and one that does not',
    [factors(1)],
    [factors(1, { maxAge: 60 }), factors(1, { demands: [{}] })],
    false,
  ],
  ['the same, of so many sets', [many], [many], true],
  ['nothing else, of so many sets', [many], [factors(1)], false],
  ['any method, from an authenticator', [by('phone')], [by('phone.sms', 'phone.voice')], true],
  ['one method, not from an authenticator', [by('phone')], [by('phone.sms')], false],
  ['an authenticator, from one method', [by('phone.sms')], [by('phone')], true],
  ['a factor, not from what counts only beside others', [by('security_question')], [factors(1)], false],
  ['a proof of just now', [factors(1, { maxAge: 0 })], [factors(1, { maxAge: 60 })], true],
])('follows: %s', (_, premises, conclusions, expected) => {
  expect(impliesAll(premises, conclusions, proofs)).toBe(expected);
});

test('more than 2,000 sets are not looked at', () => {
  const codes = Array.from({ length: 2_001 }, (_, at) => ({ ...descriptor.totp, key: `code ${at}` }));
  const impliedBy = (count: number) =>
    impliesAll([factors(1)], [factors(1, { demands: [{ factor: 'possession' }] })], {
      authenticators: codes.slice(0, count),
    });
  expect([impliedBy(2_000), impliedBy(2_001)]).toEqual([true, false]);
});

describe('evidence that users can give', () => {
  const { factors: knowledge, characteristics } = descriptor.password;

  test('is as weak as may be, and names no method where there is none', () => {
    const [[password] = []] = evidenceFor([by('password')], { ...proofs, oldest: 600, longestPause: 60 });
    expect(password).toEqual({
      ...{ authenticator: 'password', enrollment: 'password 0', factors: knowledge, characteristics },
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

  test('is none of so many sets', () => {
    expect(evidenceFor([many], proofs)).toEqual([]);
  });

  test('methods are distinguished only where requirements name them', () => {
    const { authenticators } = withMethodsOf(proofs, [by('phone.sms'), by('email')]);
    expect(authenticators.flatMap(({ key, methods }) => (methods ? [[key, ...methods]] : []))).toEqual([
      ['phone', 'sms', 'voice'],
    ]);
    expect(authenticators.map(({ key }) => key)).toEqual(Object.keys(descriptor));
  });
});
