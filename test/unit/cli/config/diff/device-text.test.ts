/** The words for devices, by what is compared of them. */
import { expect, test } from '@jest/globals';
import { deviceText } from '../../../../../src/cli/config/diff/sign-ins/device-text.ts';
import type { BelievedDevice } from '../../../../../src/core/policy/theories/theory.ts';

const both = (believed: BelievedDevice) => ({ active: believed, next: believed });
const plain = both({ assurances: [] });
const managed = both({ managed: true, assurances: [] });
const safe = both({ managed: true, assurances: ['safe'] });
const newly = { active: {}, next: safe.next };

test.each([
  ['the fewest features, if all are compared', [safe], [plain, safe], undefined, 'meets safe'],
  [
    'all that rules ask about, if not',
    [safe],
    [plain, safe],
    ['managed', 'assurance safe'],
    'is managed and meets safe',
  ],
  [
    'but what makes no difference',
    [managed, safe],
    [plain, managed, safe],
    ['managed', 'assurance safe'],
    'is managed',
  ],
  [
    'and what no rule that differs asks about',
    [safe],
    [plain, managed, safe],
    ['managed'],
    'is managed and meets safe',
  ],
  [
    'also of what one side believes',
    [newly],
    [plain, newly],
    ['managed', 'assurance safe'],
    'is managed and meets safe (now it is not managed and does not meet safe)',
  ],
])('%s', (_, some, all, statements, words) => {
  expect(deviceText({ some, all, statements })).toBe(`on a device that ${words}`);
});
