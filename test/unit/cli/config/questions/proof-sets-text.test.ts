/** All that is asked for in a few words: true, whatever the sets, and bounded. */
import { expect, test } from '@jest/globals';
import { proofSetsText } from '../../../../../src/cli/config/questions/proof-sets-text.ts';

function words(...sets: readonly string[]): string {
  const actions = sets.map((set) =>
    set
      .split(' ')
      .map((name) =>
        name.startsWith('+') ? { authenticator: name.slice(1), toEnroll: true as const } : { authenticator: name },
      ),
  );
  return proofSetsText({ sets: actions, isComplete: true });
}

test.each([
  [['a'], 'a'],
  [['a', 'b', 'c'], 'a or b or c'],
  [['a b'], 'a + b'],
  [['w', 'p t', 'p f'], 'w, or p + one of (t, f)'],
  [['p t', 'p f', 'q t', 'q f'], 'one of (p, q) + one of (t, f)'],
  [['p t', 'q f'], 'p + t, or q + f'],
  [['p t', 'p f', 'q t'], 'p + one of (t, f), or t + q'],
  [['a b', 'b c', 'a c'], 'a + one of (b, c), or b + c'],
  [['p +t', 'p +w'], 'p + enroll one of (t, w)'],
  [['+t', '+w'], 'enroll t or w'],
  [['p w', 'p +t'], 'p + one of (w, enroll t)'],
  [['w w'], 'w + another w'],
  [['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 'a or b or c or d or e or f or 2 more'],
])('%j', (sets, expected) => {
  expect(words(...sets)).toBe(expected);
});

test('a long text says how many it leaves out', () => {
  const sets = Array.from({ length: 20 }, (_, at) => `authenticator_${at} second_${at}`);
  const text = words(...sets);
  expect(text).toMatch(/^authenticator_0 \+ second_0, or .*, or 16 other combinations$/);
  expect(text.length).toBeLessThan(160);
});

test('parts that were not searched are named', () => {
  expect(proofSetsText({ sets: [[{ authenticator: 'a' }]], isComplete: false })).toBe('a, or others');
});
