import { expect, test } from '@jest/globals';
import { FingerprintSet } from '../../../../src/users/import/fingerprint-set.ts';

test('contains the added entries, even after it has grown, and nothing else', () => {
  const set = new FingerprintSet();
  const texts = Array.from({ length: 50_000 }, (_, index) => `user-${index}`);
  for (const text of texts) {
    if (set.has(text)) throw new Error(`${text} was never added`);
    set.add(text);
    set.add(text);
  }
  expect(texts.every((text) => set.has(text))).toBe(true);
  expect(texts.filter((text) => set.has(`${text}x`))).toEqual([]);
});
