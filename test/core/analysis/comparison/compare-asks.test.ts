/** What is asked for now, compared with what was asked for before a change. */
import { describe, expect, test } from '@jest/globals';
import { compareAsks, type UsableThen } from '../../../../src/core/analysis/comparison/compare-asks.ts';
import type { AuthenticatorDescriptor } from '../../../../src/core/model/facts.ts';
import type { Demand, Requirement } from '../../../../src/core/model/policy.ts';
import { descriptor, factors } from '../../support/fixtures.ts';

const { password, totp, phone, webauthn, email } = descriptor;
const all = [password, totp, phone, webauthn];
const demanding = (...demands: readonly Demand[]) => factors(1, { demands });
const by = (...authenticators: readonly string[]) => demanding({ authenticators });
const codes = (count: number): Requirement => ({ chains: [Array(count).fill({ authenticators: ['totp'] })] });
const twoApps = codes(2);

function compared(
  now: readonly Requirement[],
  before: readonly Requirement[],
  usable: UsableThen = { next: all, before: all },
) {
  const found = compareAsks(now, before, usable);
  if (typeof found === 'string') return found;
  return found.evidence.map(({ authenticator, methods = [] }) => [authenticator, ...methods].join('.'));
}

test.each<[string, readonly Requirement[], readonly Requirement[], ReturnType<typeof compared>]>([
  ['more is asked for', [factors(2)], [factors(1)], 'as_strict'],
  [
    'the same in two requirements',
    [by('totp'), by('password')],
    [demanding({ authenticators: ['totp'] })],
    'as_strict',
  ],
  ['less is asked for', [factors(1)], [factors(2)], ['password']],
  [
    'the fewest kinds of proofs are shown',
    [
      {
        anyOf: [
          { factors: 2, demands: [{ authenticators: ['password'] }] },
          { factors: 1, demands: [{ authenticators: ['totp'] }] },
        ],
      },
    ],
    [twoApps],
    ['totp'],
  ],
  ['the same chain', [factors(1), twoApps], [twoApps], 'as_strict'],
  ['a longer chain', [codes(3)], [twoApps], 'as_strict'],
  ['a shorter chain', [codes(1)], [twoApps], ['totp']],
  ['a chain of more than six proofs', [codes(7)], [codes(6)], 'undecided'],
  [
    'a chain, by proofs that may be of one enrollment',
    [demanding({ authenticators: ['totp'] }, { authenticators: ['totp'] })],
    [twoApps],
    ['totp'],
  ],
  [
    'such a chain beside something else',
    [demanding({ authenticators: ['totp'] }, { authenticators: ['totp'] })],
    [factors(1), twoApps],
    ['totp'],
  ],
])('%s', (_, now, before, expected) => {
  expect(compared(now, before)).toEqual(expected);
});

describe('what is switched on', () => {
  const next: readonly AuthenticatorDescriptor[] = [...all, email];
  const withMethods = (...methods: readonly string[]): AuthenticatorDescriptor => ({ ...phone, methods });

  test('counted for nothing before', () => {
    expect(compared([factors(1)], [factors(1)], { next, before: all })).toEqual(['email']);
    expect(compared([by('password')], [by('password')], { next, before: all })).toBe('as_strict');
    expect(compared([factors(1)], [factors(1)], { next: all, before: next })).toBe('as_strict');
  });

  test('may be a method', () => {
    const [sms, both] = [[withMethods('sms')], [withMethods('sms', 'voice')]];
    expect(compared([by('phone')], [by('phone')], { next: both, before: sms })).toEqual(['phone.voice']);
    expect(compared([by('phone.sms')], [by('phone.sms')], { next: both, before: sms })).toBe('as_strict');
    expect(compared([by('phone')], [by('phone')], { next: sms, before: both })).toBe('as_strict');
    const { methods: _, ...without } = phone;
    expect(compared([by('phone')], [by('phone')], { next: both, before: [without] })).toBe('as_strict');
  });
});
