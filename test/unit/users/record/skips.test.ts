import { expect, test } from '@jest/globals';
import type { Skippable } from '../../../../src/core/model/decision.ts';
import { withSkip } from '../../../../src/users/record/skips.ts';

const promotion: Skippable = { reason: 'promotion', authenticators: ['webauthn'] };
const grace: Skippable = { reason: 'grace', authenticators: ['totp', 'webauthn'] };

test('each reason is counted by itself', () => {
  const kept = withSkip(withSkip(withSkip({}, promotion, 1), grace, 2), grace, 3);
  expect(kept).toEqual({
    totp: { grace: { count: 2, at: 3 } },
    webauthn: { promotion: { count: 1, at: 1 }, grace: { count: 2, at: 3 } },
  });
});

test('a key that every object has is none of them', () => {
  expect(withSkip({}, { reason: 'optional', authenticators: ['constructor'] }, 7)).toEqual({
    constructor: { optional: { count: 1, at: 7 } },
  });
});
