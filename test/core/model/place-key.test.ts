/** Where rules stand, as a text. */
import { expect, test } from '@jest/globals';
import { placeKey } from '../../../src/core/model/place-key.ts';
import type { SourceLocation } from '../../../src/core/model/policy.ts';

const place: SourceLocation = { file: 'a.yaml', line: 3, column: 5 };
const { column: _, ...wholeLine } = place;

test('rules of one place have one key', () => {
  expect(placeKey({ location: place })).toBe(placeKey({ location: { ...place } }));
  expect(placeKey({ location: wholeLine })).toBe(placeKey({ location: { ...wholeLine } }));
  expect(placeKey({})).toBe(placeKey({}));
});

test('rules of different places have different keys', () => {
  const places: readonly (SourceLocation | undefined)[] = [
    place,
    { ...place, file: 'b.yaml' },
    { ...place, line: 4 },
    { ...place, column: 6 },
    { ...place, line: 35, column: 0 },
    wholeLine,
    undefined,
  ];
  expect(new Set(places.map((location) => placeKey(location ? { location } : {}))).size).toBe(places.length);
});
