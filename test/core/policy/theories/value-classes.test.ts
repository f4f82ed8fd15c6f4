/** The values that tests of an attribute distinguish, one of each class. */
import { describe, expect, test } from '@jest/globals';
import type { Attribute } from '../../../../src/core/model/attribute.ts';
import type { ValueTest } from '../../../../src/core/model/conditions.ts';
import { valueClasses } from '../../../../src/core/policy/theories/value-classes.ts';
import { readAttribute } from '../../../../src/core/profile/attribute-value.ts';

const attribute = (more: Partial<Attribute>) => ({ type: 'text', ...more }) as Attribute;

function classes(
  tests: readonly ValueTest[],
  of?: Partial<Attribute>,
  isKept: (value: unknown) => boolean = () => true,
) {
  return valueClasses(tests, of && attribute(of), isKept)?.map(({ value }) => value);
}

const number = { type: 'number' } as const;
const largest = Number.MAX_VALUE;

describe('numbers', () => {
  test.each<[string, readonly ValueTest[], readonly number[]]>([
    ['none is named', [], [-1]],
    ['one, and one on each side', [{ atLeast: 5 }], [4, 5, 6]],
    ['two, one between them, and one on each side', [{ above: 9 }, { below: 5 }], [4, 5, 9, 7, 10]],
    ['two that are one apart', [{ in: [5, 6] }], [4, 5, 6, 5.5, 7]],
    ['one from which one less is the same', [{ atMost: 1e300 }], [-largest, 1e300, largest]],
    ['two whose sum is no number', [{ in: [1e308, 1.5e308] }], [-largest, 1e308, 1.5e308, 1.25e308, largest]],
  ])('%s', (_, tests, expected) => {
    expect(classes(tests, number)).toEqual(expected);
  });

  test('the bounds of the schema are among them, and what it refuses is not', () => {
    const within = (value: unknown) => Number(value) >= 0 && Number(value) <= 10;
    expect(classes([{ equals: 5 }], { ...number, min: 0, max: 10 }, within)).toEqual([0, 5, 10, 2.5, 7.5]);
  });

  test('of an attribute that is not described, besides texts and truths', () => {
    expect(classes([{ equals: 5 }, { equals: 'x' }])).toEqual([true, false, 4, 5, 6, 'a', 'x']);
  });
});

test('of days those that are named, days beside them, other texts that are named, and one more', () => {
  const kept = (value: unknown) => typeof value === 'string';
  expect(classes([{ equals: '2027-01-15' }, { equals: 'soon' }], { type: 'date' }, kept)).toEqual([
    '2027-01-14',
    '2027-01-15',
    '2027-01-16',
    '2027-01-17',
    'soon',
    '1970-01-01',
  ]);
});

test('days with a pattern are texts', () => {
  expect(classes([{ matches: '2027*' }], { type: 'date' })).toEqual(expect.arrayContaining(['2027']));
});

describe('texts', () => {
  const short = (value: unknown) => String(value).length < 3;

  test('that the schema refuses are left out where they are named, and stand for others where they are not', () => {
    expect(valueClasses([{ equals: 'abc' }, { matches: 'xyz*' }], attribute({}), short)).toEqual([
      { value: 'd', isKept: true },
      { value: 'xyz', isKept: false },
    ]);
  });

  test('that do not fit the pattern of the schema are left out', () => {
    const kept = (value: unknown) => short(value) && String(value).startsWith('a');
    expect(classes([{ matches: 'abc*' }, { matches: 'x*' }], { matches: 'a*' }, kept)).toEqual(['a', 'abc']);
  });

  test.each<[string, Partial<Attribute>, readonly ValueTest[], readonly unknown[]]>([
    ['a number', { type: 'phone' }, [{ matches: '+43*' }], ['+15555550100', '+4315555550100']],
    ['the end of a number', { type: 'phone' }, [{ matches: '*99' }], ['+15555550100', '+1555599']],
    [
      'both ends of a number',
      { type: 'phone' },
      [{ matches: '+43*' }, { matches: '*99' }],
      ['+15555550100', '+1555599', '+4315555550100', '+4355010099'],
    ],
    [
      'another number than those that are named',
      { type: 'phone' },
      [{ equals: '+15555550100' }],
      ['+442079460958', '+15555550100'],
    ],
    ['a page', { type: 'url' }, [{ matches: '*.test' }], ['https://example.com/', 'https://.test']],
    ['a language', { type: 'locale' }, [{ matches: 'pt-*' }], ['en-GB', 'pt-GB']],
    ['an address', { type: 'email' }, [], ['user@example.com']],
    ['a time zone', { type: 'time_zone' }, [{ matches: '*/Vienna' }], ['UTC', 'Europe/Vienna']],
    ['a day', { type: 'date' }, [{ matches: '18*' }], ['2020-01-31', '1820-01-31']],
    ['a long text', { minLength: 9 }, [{ matches: 'x*z' }], ['aexampleexample', 'xexamplez']],
  ])('of those that the schema allows, where it refuses the shortest: %s', (_, of, tests, expected) => {
    const described = attribute(of);
    const kept = (value: unknown) => {
      const read = readAttribute(described, value);
      return read.ok && read.value === value;
    };
    const found = valueClasses(tests, described, kept);
    expect(found?.map(({ value }) => value)).toEqual(expected);
    expect(found?.every(({ isKept }) => isKept)).toBe(true);
  });
});
