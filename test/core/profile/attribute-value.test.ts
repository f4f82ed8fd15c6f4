/** Values of attributes: what is kept, in which form, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import type { Attribute } from '../../../src/core/model/attribute.ts';
import { type AttributeFault, readAttribute } from '../../../src/core/profile/attribute-value.ts';
import { timeZoneOf } from '../../../src/core/profile/time-zone.ts';

const own = (more: Partial<Attribute> = {}): Attribute => ({ type: 'text', read: 'user', write: 'user', ...more });
const typed = { typed: true };

describe('a value that fits is kept in one form', () => {
  test.each<[Partial<Attribute>, unknown, unknown]>([
    [{}, '  Zoë  ', 'Zoë'],
    [{}, 'Zoe\u0308', 'Zo\u00eb'],
    [{}, "O'Brien & Sons (50 %)", "O'Brien & Sons (50 %)"],
    [{ options: [{ value: 'S' }, { value: 'M' }] }, 'M', 'M'],
    [{ matches: 'AT-*' }, 'AT-17', 'AT-17'],
    [{ minLength: 2, maxLength: 2 }, 'ab', 'ab'],
    [{ options: [{ value: '<5' }] }, '<5', '<5'],
    [{ type: 'number', min: 1, max: 3 }, '3', 3],
    [{ type: 'number', min: 1, max: 3 }, '1', 1],
    [{ type: 'number' }, -1.5, -1.5],
    [{ type: 'boolean' }, 'yes', true],
    [{ type: 'boolean' }, 'true', true],
    [{ type: 'boolean' }, false, false],
    [{ type: 'boolean' }, 'false', false],
    [{ type: 'date' }, '2024-02-29', '2024-02-29'],
    [{ type: 'date' }, '2000-02-29', '2000-02-29'],
    [{ type: 'url' }, 'https://example.org/~me?a=1#b', 'https://example.org/~me?a=1#b'],
    [{ type: 'email' }, 'me@example.org', 'me@example.org'],
    [{ type: 'phone' }, '+49 (30) 12-34.56/7', '+49301234567'],
    [{ type: 'phone' }, '+49 (0)30 123456', '+4930123456'],
    [{ type: 'phone' }, '+44 (020) 7946 0958', '+442079460958'],
    [{ type: 'phone' }, '+39 (0)6 12345678', '+390612345678'],
    [{ type: 'locale' }, 'de-at', 'de-AT'],
    [{ type: 'time_zone' }, 'Europe/Vienna', 'Europe/Vienna'],
    [{ type: 'list' }, 'tea; croquet ;', ['tea', 'croquet']],
    [{ type: 'list' }, 'tea; ; croquet', ['tea', 'croquet']],
    [{ type: 'list' }, ['tea'], ['tea']],
    [{ type: 'list' }, Array(100).fill('x'), Array(100).fill('x')],
  ])('%j: %j', (more, given, value) => {
    expect(readAttribute(own(more), given, typed)).toEqual({ ok: true, value });
  });
});

describe('a value that does not fit is refused with its fault', () => {
  test.each<[Partial<Attribute>, unknown, AttributeFault, number?]>([
    [{}, 1, 'wrong_type'],
    [{}, { toString: 'x' }, 'wrong_type'],
    [{}, undefined, 'wrong_type'],
    [{}, ' \u00a0 ', 'required'],
    [{}, 'x'.repeat(201), 'too_long', 200],
    [{ maxLength: 5 }, 'x'.repeat(100_000), 'too_long', 5],
    // What is far too long is not looked at.
    [{ maxLength: 5 }, ' '.repeat(10 + 2048), 'required'],
    [{ maxLength: 5 }, ' '.repeat(10 + 2049), 'too_long', 5],
    [{ minLength: 3 }, 'ab', 'too_short', 3],
    [{}, 'a\u0000b', 'forbidden_character'],
    [{}, 'a\r\nBcc: b', 'forbidden_character'],
    [{}, 'a\u202eb', 'forbidden_character'],
    [{}, 'a\u2066b', 'forbidden_character'],
    [{}, 'a\u200fb', 'forbidden_character'],
    [{}, 'a\u200bb', 'forbidden_character'],
    [{}, 'a\u{e0041}b', 'forbidden_character'],
    [{}, 'a\ud800', 'forbidden_character'],
    [{}, '"><svg onload=alert(1)>', 'markup'],
    [{}, '<%= 7*7 %>', 'markup'],
    [{}, '{{7*7}}', 'markup'],
    [{}, ['$', '{7*7}'].join(''), 'markup'],
    [{}, '#{7*7}', 'markup'],
    [{}, '{% x %}', 'markup'],
    [{ options: [{ value: 'S' }] }, 's', 'not_offered'],
    [{ matches: 'AT-*' }, 'DE-17', 'not_matching'],
    [{ type: 'number' }, '', 'required'],
    [{ type: 'number' }, '  ', 'required'],
    [{ type: 'number' }, '1e3', 'wrong_type'],
    [{ type: 'number' }, ['5'], 'wrong_type'],
    [{ type: 'number' }, Number.NaN, 'wrong_type'],
    [{ type: 'number', min: 1 }, '0', 'too_small', 1],
    [{ type: 'number', max: 3 }, '4', 'too_large', 3],
    [{ type: 'boolean' }, 'no', 'wrong_type'],
    [{ type: 'date' }, '2023-02-29', 'wrong_type'],
    [{ type: 'date' }, '1900-02-29', 'wrong_type'],
    [{ type: 'date' }, '2023-13-01', 'wrong_type'],
    [{ type: 'date' }, '2023-00-01', 'wrong_type'],
    [{ type: 'date' }, '2023-01-00', 'wrong_type'],
    [{ type: 'date' }, '2023-1-05', 'wrong_type'],
    [{ type: 'date' }, '1.2.2023', 'wrong_type'],
    [{ type: 'url' }, 'javascript:alert(1)', 'wrong_type'],
    [{ type: 'url' }, 'https://user@example.org/', 'wrong_type'],
    [{ type: 'email' }, 'me', 'wrong_type'],
    [{ type: 'email' }, 'a@x.test,b@x.test', 'wrong_type'],
    [{ type: 'phone' }, '030 123456', 'wrong_type'],
    [{ type: 'locale' }, 'not a locale', 'wrong_type'],
    [{ type: 'time_zone' }, 'Europe/Atlantis', 'wrong_type'],
    [{ type: 'list' }, 7, 'wrong_type'],
    [{ type: 'list' }, Array(101).fill('x'), 'too_long', 100],
    [{ type: 'list' }, ['a', 'b\u0007'], 'forbidden_character'],
    [{ type: 'list', maxLength: 3 }, ['long'], 'too_long', 3],
    [{ type: 'list' }, 'tea; <b>', 'markup'],
  ])('%j: %j', (...[more, given, fault, limit]) => {
    const refused = { ok: false, fault, ...(typeof limit === 'number' && { limit }) };
    expect(readAttribute(own(more), given, typed)).toEqual(refused);
  });
});

test('markup from an administrator is a text like any other', () => {
  expect(readAttribute(own(), '<b>')).toEqual({ ok: true, value: '<b>' });
});

test.each<[string, unknown]>([
  ['a list of addresses', { ok: true, value: 'a@x.test,b@x.test' }],
  ['no address at all', { ok: false, fault: 'wrong_type' }],
])('an administrator may enter what has the form of an address: %s', (what, expected) => {
  const given = what === 'no address at all' ? 'me' : 'a@x.test,b@x.test';
  expect(readAttribute(own({ type: 'email' }), given)).toEqual(expected);
});

test.each([
  [2023, [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]],
  [2024, [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]],
])('the months of %i begin with their first and end with their last day', (year, days) => {
  for (const [index, last] of days.entries()) {
    const read = (day: number) => {
      const [month, ofMonth] = [index + 1, day].map((part) => String(part).padStart(2, '0'));
      return readAttribute(own({ type: 'date' }), `${year}-${month}-${ofMonth}`).ok;
    };
    expect([read(0), read(1), read(last), read(last + 1)]).toEqual([false, true, true, false]);
  }
});

test.each<[unknown, string | undefined]>([
  ['Europe/Vienna', 'Europe/Vienna'],
  ['', undefined],
  [7, undefined],
  [undefined, undefined],
])('the time zone of a profile with %j is %j', (zoneinfo, zone) => {
  expect(timeZoneOf({ zoneinfo })).toBe(zone);
});

test('only a form says yes', () => {
  expect(readAttribute(own({ type: 'boolean' }), 'yes')).toEqual({ ok: false, fault: 'wrong_type' });
});
