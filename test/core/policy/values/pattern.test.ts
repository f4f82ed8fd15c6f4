/** Patterns with stars. */

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern } from '../../../../src/core/policy/values/pattern.ts';
import { seeded } from '../../support/seeded.ts';

test.each([
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything', true],
  ['a*', 'a', true],
  ['a*', 'ba', false],
  ['*a', 'ba', true],
  ['*a', 'ab', false],
  ['a*a', 'a', false],
  ['a*a', 'aa', true],
  ['a*b*c', 'aXbYc', true],
  ['a*b*c', 'acb', false],
  ['a*b*b', 'ab', false],
  ['a*b*b*c', 'abc', false],
  ['a*b*b*c', 'abbc', true],
  ['*@example.org', 'ann@example.org', true],
  ['*@example.org', 'ann@example.org.evil', false],
  ['a.c', 'abc', false],
  ['(a+)+$', '(a+)+$', true],
  ['**', 'x', true],
])('%s on %s: %s', (pattern, text, expected) => {
  expect(compilePattern(pattern)(text)).toBe(expected);
});

test('agrees with a regular expression', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(letters, text, (pattern, value) => {
      expect(compilePattern(pattern)(value)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(value));
    }),
    seeded(2000),
  );
});
