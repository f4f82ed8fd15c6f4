import { expect, test } from '@jest/globals';
import type { Skippable } from '../../../src/core/model/decision.ts';
import { readSkips, withSkip } from '../../../src/users/skips.ts';

const promotion: Skippable = { reason: 'promotion', authenticators: ['webauthn'] };
const grace: Skippable = { reason: 'grace', authenticators: ['totp', 'webauthn'] };

test('each reason is counted by itself', () => {
  const kept = withSkip(withSkip(withSkip({}, promotion, 1), grace, 2), grace, 3);
  expect(readSkips(kept)).toEqual({
    totp: { grace: { count: 2, at: 3 } },
    webauthn: { promotion: { count: 1, at: 1 }, grace: { count: 2, at: 3 } },
  });
});

test('a record of a former version counts for every reason, and goes on from there', () => {
  const kept = { webauthn: { count: 2, at: 5 }, phone: { count: 1, at: 4 } };
  const of = (count: number, at: number) => ({ count, at });
  expect(readSkips(kept).webauthn).toEqual({ grace: of(2, 5), optional: of(2, 5), promotion: of(2, 5) });
  expect(readSkips(withSkip(kept, promotion, 9))).toEqual({
    webauthn: { grace: of(2, 5), optional: of(2, 5), promotion: of(3, 9) },
    phone: { grace: of(1, 4), optional: of(1, 4), promotion: of(1, 4) },
  });
});

test('a key that every object has is none of them', () => {
  expect(readSkips(withSkip({}, { reason: 'optional', authenticators: ['constructor'] }, 7))).toEqual({
    constructor: { optional: { count: 1, at: 7 } },
  });
});
