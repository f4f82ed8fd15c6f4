/** Days and moments as the core reads them, without a clock: the same as those of the platform. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateSpan, daysAround, dayText, isRelative } from '../../../../src/core/policy/values/date-bound.ts';
import { seeded } from '../../support/seeded.ts';

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

test.each([
  ...['0000-03-01', '0001-01-01', '1599-12-31', '1600-02-29', '1600-03-01', '1900-02-28', '1900-03-01', '1970-01-01'],
  ...['1999-12-31', '2000-01-01', '2000-02-28', '2000-02-29', '2000-03-01', '2001-03-01', '2023-12-31', '2024-02-29'],
  ...['2024-03-01', '2027-04-30', '2027-11-30', '2100-02-28', '2100-03-01', '2400-02-29', '9999-12-31'],
])('a day beside which months, years or centuries turn is that of the platform, and back: %s', (day) => {
  const number = Date.parse(day) / 86_400_000;
  expect(dateSpan(day)).toEqual({ from: number * 86_400, to: (number + 1) * 86_400 });
  expect(dayText(number)).toBe(day);
});

test('the days around several bounds are each there once, in order; those of bounds that move with the time are not', () => {
  const fixed = (written: string) => ({ written, ...(dateSpan(written) ?? { from: 0, to: 0 }) });
  const tests = [
    { before: fixed('2027-03-01'), after: fixed('1969-12-30') },
    { before: { written: '0s', fromNow: 0 }, after: fixed('2027-02-27T23:59:59Z') },
    {},
  ];
  expect(daysAround(tests)).toEqual([
    ...['1969-12-29', '1969-12-30', '1969-12-31', '1970-01-01'],
    ...['2027-02-26', '2027-02-27', '2027-02-28', '2027-03-01', '2027-03-02', '2027-03-03'],
  ]);
  expect(daysAround([{ before: { written: '0s', fromNow: 0 } }])).toEqual([]);
});

test.each([
  ...['2027-01-31T18:00:00+01:00', '2027-01-31T18:00Z', '2027-01-31T00:00:30.5-11:30', '2027-12-31T23:59:59Z'],
  ...['2027-01-01T00:00:01+23:59', '2027-12-31T23:00:00-00:45'],
])('a moment: %s', (text) => {
  const at = Math.floor(Date.parse(text) / 1000);
  expect(dateSpan(text)).toEqual({ from: at, to: at });
});

test('a test is relative when one of its bounds moves with the time', () => {
  const [moving, still] = [
    { written: '0s', fromNow: 0 },
    { written: '1970-01-01', from: 0, to: 86_400 },
  ];
  for (const one of [{ before: moving }, { after: moving }, { before: still, after: moving }])
    expect(isRelative(one)).toBe(true);
  for (const one of [{}, { before: still }, { before: still, after: still }]) expect(isRelative(one)).toBe(false);
});

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
  '2027-01-31T18:00:60Z',
  '2027-01-31T18:00:61Z',
  '2027-01-31T99:00:00Z',
  '2027-01-00',
  '2027-01-31T18:00:00',
  '2027-01-31 18:00Z',
  '20270131',
  '2027-01-31T18:00:00+0100',
])('no date: %s', (text) => {
  expect(dateSpan(text)).toBeUndefined();
});
