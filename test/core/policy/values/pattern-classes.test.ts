/** The classes into which patterns cut all texts, compared with all short texts. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern } from '../../../../src/core/policy/values/pattern.ts';
import { patternClasses } from '../../../../src/core/policy/values/pattern-classes.ts';
import { seeded } from '../../support/seeded.ts';

/** All texts of one to five units; no pattern of these tests has the unit x. */
const texts = Array.from({ length: 5 }).reduce<readonly (readonly string[])[]>(
  (all) => [...all, (all.at(-1) ?? []).flatMap((text) => ['a', 'b', 'x'].map((unit) => text + unit))],
  [['']],
);

test('each class that a short text is in has one text, the shortest, and no class has two', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 3 });
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), (patterns) => {
      const tests = patterns.map(compilePattern);
      const classOf = (text: string) => tests.map((passes) => passes(text)).join();
      const found = patternClasses(patterns) ?? [];
      const lengths = new Map(found.map((text) => [classOf(text), text.length]));
      expect([...lengths.values()]).toHaveLength(found.length);
      const shortest = new Map<string, number>();
      for (const text of texts.slice(1).flat())
        if (!shortest.has(classOf(text))) shortest.set(classOf(text), text.length);
      expect([patterns, Object.fromEntries(lengths)]).toEqual([patterns, Object.fromEntries(shortest)]);
    }),
    seeded(200),
  );
});

test.each<[readonly string[], readonly string[]]>([
  [[], ['a']],
  [['a'], ['b', 'a']],
  [['', '*'], ['a']],
  [['b*a'], ['c', 'ba']],
])('%j', (patterns, expected) => {
  expect(patternClasses(patterns)).toEqual(expected);
});

test('there may be too many classes to look at', () => {
  const letters = [...'abcdefghijkl'];
  expect(patternClasses(letters.map((letter) => `*${letter}*`))).toBeUndefined();
  expect(patternClasses(letters.slice(0, 8).map((letter) => `*${letter}*`))).toHaveLength(2 ** 8);
});

test('hundreds of mail domains have a class each, and are found at once', () => {
  const domains = Array.from({ length: 400 }, (_, index) => `*@partner${index}.example`);
  const before = process.cpuUsage();
  expect(patternClasses(domains)).toHaveLength(401);
  expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
});
