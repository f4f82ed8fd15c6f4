/** Days and moments as the core reads them, without a clock: the same as those of the platform. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateSpan, daysAround } from '../../src/core/policy/date-bound.ts';
import { seeded } from './support/seeded.ts';

test('a day is the day of the platform, from 1600 to 2400', () => {
  const [first, last] = [Date.UTC(1600, 0, 1), Date.UTC(2400, 11, 31)];
  fc.assert(
    fc.property(fc.integer({ min: first / 86_400_000, max: last / 86_400_000 }), (number) => {
      const day = new Date(number * 86_400_000).toISOString().slice(0, 10);
      expect(dateSpan(day)).toEqual({ from: number * 86_400, to: (number + 1) * 86_400 });
    }),
    seeded(1000),
  );
});

test('the days around a bound are those of the platform', () => {
  const [first, last] = [Date.UTC(1600, 0, 2), Date.UTC(2400, 11, 30)];
  fc.assert(
    fc.property(fc.integer({ min: first / 86_400_000, max: last / 86_400_000 }), (number) => {
      const day = (at: number) => new Date((number + at) * 86_400_000).toISOString().slice(0, 10);
      const moment = number * 86_400 + 60;
      const bound = { written: 'then', from: moment, to: moment };
      expect(daysAround([{ before: bound }, { after: bound }])).toEqual([day(-1), day(0), day(1)]);
    }),
    seeded(1000),
  );
});

test.each(['2027-01-31T18:00:00+01:00', '2027-01-31T18:00Z', '2027-01-31T00:00:30.5-11:30', '2027-12-31T23:59:59Z'])(
  'a moment: %s',
  (text) => {
    const at = Math.floor(Date.parse(text) / 1000);
    expect(dateSpan(text)).toEqual({ from: at, to: at });
  },
);

test.each([
  '',
  'now',
  '2027-1-31',
  '2027-02-29',
  '2100-02-29',
  '2027-04-31',
  '2027-00-10',
  '2027-13-10',
  '2027-12-32',
  '2027-01-31T',
  '2027-01-31T18',
  '2027-01-31T24:00Z',
  '2027-01-31T18:60Z',
  '2027-01-31T18:00:61Z',
  '2027-01-31T18:00:00',
  '2027-01-31 18:00Z',
  '20270131',
  '2027-01-31T18:00:00+0100',
])('no date: %s', (text) => {
  expect(dateSpan(text)).toBeUndefined();
});
