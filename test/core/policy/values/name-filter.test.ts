/** A filter of names lets every name of its set pass, and few others. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mayContain, nameFilter } from '../../../../src/core/policy/values/name-filter.ts';
import { seeded } from '../../support/seeded.ts';

const departments = ['sales', 'engineering', 'operations', 'finance', 'legal'];
const roles = ['admins', 'editors', 'viewers'];
const nameOf = (number: number) => `${departments[number % 5]}-${roles[number % 3]}-${number}`;

test('every name of the set passes, whatever its characters', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' })), (names) => {
      const filter = nameFilter(new Set(names));
      expect(names.filter((name) => !mayContain(filter, name))).toEqual([]);
    }),
    seeded(500),
  );
});

test('of names of the same kind, few that are not in the set pass', () => {
  const named = Array.from({ length: 200 }, (_, index) => nameOf(index * 50));
  const filter = nameFilter(new Set(named));
  const others = Array.from({ length: 10_000 }, (_, index) => nameOf(index)).filter((name) => !named.includes(name));
  const passed = others.filter((name) => mayContain(filter, name));
  expect(passed.length).toBeGreaterThan(0);
  expect(passed.length).toBeLessThan(others.length / 4);
});

test('nothing passes where the set is empty', () => {
  const filter = nameFilter(new Set());
  expect(filter).toHaveLength(4);
  expect(['', 'a', 'editors'].filter((name) => mayContain(filter, name))).toEqual([]);
});
