/** Which terms are less strict than others: none is stricter for any user, and they are less strict for some. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  isLessStrictPassword,
  lessStrictEnrollment,
} from '../../../../src/core/analysis/findings/less-strict-terms.ts';
import type { EnrollmentTerms, RequiredEnrollment } from '../../../../src/core/model/enrollment-policy.ts';
import { defaultPasswordTerms, type PasswordTerms } from '../../../../src/core/model/password-policy.ts';
import { descriptor, enrollmentTerms } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';

const keys = ['totp', 'webauthn', 'email'] as const;
const isLess = lessStrictEnrollment(keys.map((key) => ({ ...descriptor[key], enrollable: key !== 'email' })));

const verdict = (terms: Partial<EnrollmentTerms>, than: Partial<EnrollmentTerms>) => {
  const [one, other] = [enrollmentTerms(terms), enrollmentTerms(than)];
  return `${isLess(one, other) ? 'less' : 'not'}, ${isLess(other, one) ? 'more' : 'not'}`;
};

const required = (...anyOf: readonly string[]): EnrollmentTerms['required'] => [{ anyOf }];

describe('of the enrollment policy', () => {
  test.each<[string, string, Partial<EnrollmentTerms>, Partial<EnrollmentTerms>]>([
    ['models that may be enrolled', 'less, not', { models: { webauthn: ['a', 'b'] } }, { models: { webauthn: ['a'] } }],
    ['any model', 'less, not', {}, { models: { webauthn: ['a'] } }],
    ['other models', 'not, not', { models: { webauthn: ['a'] } }, { models: { webauthn: ['b'] } }],
    [
      'models of what cannot be enrolled',
      'not, not',
      { useOnly: ['webauthn'] },
      { useOnly: ['webauthn'], models: { webauthn: ['a'] } },
    ],
    ['use only what cannot be enrolled', 'not, not', {}, { useOnly: ['email'] }],
    ['what is not enabled', 'not, not', {}, { disabled: ['phone'], useOnly: ['phone'], models: { phone: ['a'] } }],
    ['disabled, and use only', 'less, not', { useOnly: ['totp'] }, { disabled: ['totp'] }],
    [
      'a longer grace',
      'not, not',
      { required: [{ anyOf: ['totp'], grace: { skips: 3 } }] },
      { required: [{ anyOf: ['totp'], grace: { skips: 2 } }] },
    ],
    ['a grace', 'less, not', { required: [{ anyOf: ['totp'], grace: { skips: 3 } }] }, { required: required('totp') }],
    [
      'twice the same',
      'not, not',
      { required: required('totp') },
      { required: [...required('totp'), ...required('totp')] },
    ],
    [
      'two of a kind',
      'less, not',
      { required: required('totp', 'webauthn') },
      { required: [{ anyOf: ['totp', 'webauthn'], count: 2 }] },
    ],
    [
      'two of one, which no user may have',
      'less, not',
      { required: required('totp') },
      { required: [{ anyOf: ['totp'], count: 2 }] },
    ],
    ['required, and disabled', 'not, not', { required: required('totp') }, { disabled: ['totp'] }],
  ])('%s: %s', (_, expected, terms, than) => {
    expect(verdict(terms, than)).toBe(expected);
  });

  /** What the terms let a user do who has these enrollments, as numbers: less is stricter. */
  function freedom(terms: EnrollmentTerms, had: readonly string[]): readonly number[] {
    const isUsable = (key: string) => !terms.disabled.includes(key);
    const isMet = ({ anyOf, count = 1 }: RequiredEnrollment) =>
      had.filter((key) => isUsable(key) && anyOf.includes(key)).length >= count;
    const mayEnroll = (key: string, model: string) =>
      key !== 'email' &&
      isUsable(key) &&
      !terms.useOnly?.includes(key) &&
      terms.models?.[key]?.includes(model) !== false;
    const all = [
      terms.required.every(isMet),
      terms.required.every((each) => each.grace !== undefined || isMet(each)),
      ...keys.map(isUsable),
      ...keys.flatMap((key) => ['a', 'b', 'c'].map((model) => mayEnroll(key, model))),
    ];
    return all.map(Number);
  }

  const someKeys = fc.subarray([...keys]);
  const anyTerms = fc.record({
    required: fc.array(
      fc.record(
        {
          anyOf: fc.subarray([...keys], { minLength: 1 }),
          count: fc.constantFrom(1, 2),
          grace: fc.constantFrom({ skips: 2 }, { skips: 3 }),
        },
        { requiredKeys: ['anyOf'] },
      ),
      { maxLength: 2 },
    ),
    disabled: someKeys,
    useOnly: someKeys,
    models: fc.dictionary(fc.constantFrom(...keys), fc.subarray(['a', 'b']), { maxKeys: 1 }),
  });

  test('less strict terms forbid no user more, and some user less', () => {
    const seen = { less: 0 };
    const enrolled = [0, 1, 2].flatMap((first) =>
      [0, 1, 2].flatMap((second) =>
        [0, 1, 2].map((third) =>
          [first, second, third].flatMap((count, at) => Array<string>(count).fill(keys[at] ?? '')),
        ),
      ),
    );
    fc.assert(
      fc.property(anyTerms, anyTerms, (one, other) => {
        const [mild, strict] = [enrollmentTerms(one), enrollmentTerms(other)];
        if (!isLess(mild, strict)) return;
        seen.less += 1;
        const pairs = enrolled.map((had) => [freedom(mild, had), freedom(strict, had)] as const);
        for (const [free, than] of pairs) expect(free.every((value, at) => value >= (than[at] ?? 0))).toBe(true);
        expect(pairs.some(([free, than]) => free.join() !== than.join())).toBe(true);
      }),
      seeded(300),
    );
    expect(seen.less).toBeGreaterThan(enough(5));
  });
});

test.each<[string, Partial<PasswordTerms>]>([
  ['length', { minLength: 16 }],
  ['length beside a second factor', { minLengthBesideSecondFactor: 9 }],
  ['former passwords', { history: 1 }],
  ['age', { maxAge: 86_400 }],
  ['attempts', { lockout: { ...defaultPasswordTerms.lockout, attempts: 9 } }],
  ['window', { lockout: { ...defaultPasswordTerms.lockout, within: 901 } }],
  ['failures in a row', { lockout: { ...defaultPasswordTerms.lockout, consecutive: 99 } }],
])('of the password policy: %s', (_, more) => {
  const strict = { ...defaultPasswordTerms, ...more };
  expect(isLessStrictPassword(defaultPasswordTerms, strict)).toBe(true);
  expect(isLessStrictPassword(strict, defaultPasswordTerms)).toBe(false);
  expect(isLessStrictPassword(strict, strict)).toBe(false);
  const fewer = { ...strict, blocklists: strict.blocklists.slice(1) };
  expect([isLessStrictPassword(fewer, defaultPasswordTerms), isLessStrictPassword(fewer, strict)]).toEqual([
    false,
    true,
  ]);
});
