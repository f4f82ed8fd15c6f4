/** What is waived in browsers that remember a proof, and was not before a change. */
import { expect, test } from '@jest/globals';
import { isMoreWaived } from '../../../../src/core/analysis/comparison/newly-waived.ts';
import type { AllowTerms, Demand, Requirement } from '../../../../src/core/model/policy.ts';
import { descriptor, factors } from '../../support/fixtures.ts';

const { password, totp, webauthn, phone, recovery_code } = descriptor;
const all = [password, totp, webauthn];
const asks = (requirement: Requirement, remember?: number): AllowTerms => ({
  kind: 'allow',
  requirement,
  ...(remember !== undefined && { remember }),
});
const two = (...demands: readonly Demand[]) => factors(2, { demands });
const chain: Requirement = { chains: [[{ authenticators: ['password'] }, { authenticators: ['totp'] }]] };
const resistant: Demand = { factor: 'possession', characteristics: ['phishingResistant'] };
const byTotp: Demand = { factor: 'possession', authenticators: ['totp'] };

test.each<[string, AllowTerms, AllowTerms, boolean]>([
  ['none remembers now', asks(two(resistant), 60), asks(two()), false],
  ['the same is waived, only longer', asks(two()), asks(two(), 60), false],
  ['it is waived in all that remember, where it was in none', asks(two(byTotp)), asks(two(), 60), true],
  [
    'so they are where the same was asked for in other words',
    asks(two({ factor: 'possession' })),
    asks(two(), 60),
    true,
  ],
  ['it is waived in one that remembers another proof', asks(two(byTotp), 60), asks(two(resistant), 60), true],
  ['it is waived in fewer', asks(two(), 60), asks(two(resistant), 60), false],
  ['a chain was asked for, which cannot be waived', asks(chain, 60), asks(two(), 60), true],
  ['a chain is asked for', asks(two()), asks(chain, 60), false],
  ['what is left was enough before', asks(factors(1)), asks(two(), 60), false],
])('%s: %s', (_, before, now, expected) => {
  const found = isMoreWaived({ app: before, beside: [] }, { app: now, beside: [] }, { next: all, before: all });
  expect(found).toBe(expected);
});

test('what other layers ask for counts on both sides', () => {
  const [before, now] = [asks(two(byTotp)), asks(two(), 60)];
  const waived = (was: readonly Requirement[], is: readonly Requirement[]) =>
    isMoreWaived({ app: before, beside: was }, { app: now, beside: is }, { next: all, before: all });
  expect(waived([], [two(byTotp)])).toBe(false);
  expect(waived([two(byTotp)], [])).toBe(true);
  const weak = (was: readonly Requirement[]) =>
    isMoreWaived({ app: asks(factors(1)), beside: was }, { app: now, beside: [] }, { next: all, before: all });
  expect([weak([]), weak([two(byTotp)])]).toEqual([false, true]);
});

test('more is waived if the app asks for the same and the other layers ask for less', () => {
  const remembering = asks(two(), 60);
  const waived = (was: readonly Requirement[], is: readonly Requirement[]) =>
    isMoreWaived({ app: remembering, beside: was }, { app: remembering, beside: is }, { next: all, before: all });
  expect(waived([two()], [factors(1)])).toBe(true);
  expect(waived([factors(1)], [two()])).toBe(false);
  expect(waived([two()], [two()])).toBe(false);
});

test('only what the user has can be remembered now, and what stands in for it cannot', () => {
  const [before, now] = [asks(two(resistant)), asks(two(), 60)];
  const waived = (next: readonly (typeof all)[number][]) =>
    isMoreWaived({ app: before, beside: [] }, { app: now, beside: [] }, { next, before: all });
  expect(waived([password])).toBe(false);
  expect(waived([password, totp])).toBe(true);
  const standIn = { next: [password, recovery_code], before: [password, recovery_code, phone] };
  expect(isMoreWaived({ app: before, beside: [] }, { app: now, beside: [] }, standIn)).toBe(false);
});
