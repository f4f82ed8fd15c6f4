/** Where rules stand, as a text. */
import { expect, test } from '@jest/globals';
import { locationKey } from '../../../src/core/model/location-key.ts';
import type { SourceLocation } from '../../../src/core/model/policy.ts';

const location: SourceLocation = { file: 'a.yaml', line: 3, column: 5 };
const { column: _, ...wholeLine } = location;

test('rules of one location have one key', () => {
  expect(locationKey({ location })).toBe(locationKey({ location: { ...location } }));
  expect(locationKey({ location: wholeLine })).toBe(locationKey({ location: { ...wholeLine } }));
  expect(locationKey({})).toBe(locationKey({}));
});

test('rules of different locations have different keys', () => {
  const locations: readonly (SourceLocation | undefined)[] = [
    location,
    { ...location, file: 'b.yaml' },
    { ...location, line: 4 },
    { ...location, column: 6 },
    { ...location, line: 35, column: 0 },
    wholeLine,
    undefined,
  ];
  expect(new Set(locations.map((place) => locationKey(place ? { location: place } : {}))).size).toBe(locations.length);
});
