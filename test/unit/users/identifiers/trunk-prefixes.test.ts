/** Numbers with a trunk prefix in brackets, compared with what the library of phone numbers reads. */
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import {
  getCountries,
  getCountryCallingCode,
  isValidPhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import { internationalNumber } from '../../../../src/users/identifiers/identifier-kinds.ts';

const samples = createRequire(import.meta.url)('libphonenumber-js/examples.mobile.json') as Readonly<
  Record<string, string>
>;

/** In each country a number as users write it: with the prefix, or with the 0 that is part of it, in brackets. */
const numbers = getCountries().flatMap((country) => {
  const sample = samples[country] ?? '';
  const code = getCountryCallingCode(country);
  const written = `+${code} (0)${sample.replace(/^0/, '')}`;
  const read = parsePhoneNumberFromString(written, { extract: false })?.number;
  const isWritten = read === `+${code}${sample}` && isValidPhoneNumber(read);
  return isWritten ? [[country, written, read] as const] : [];
});

test('there are such numbers of many countries', () => {
  const countries = numbers.map(([country]) => country);
  expect(countries.length).toBeGreaterThan(100);
  expect(countries).toEqual(expect.arrayContaining(['AT', 'BJ', 'CG', 'CI', 'DE', 'GA', 'GB']));
});

test.each(numbers)('of %s: %s', (_country, written, read) => {
  expect(internationalNumber(written)).toBe(read);
});

test.each(['+39 (0)6 12345678', '+378 (0549) 886377'])('%s keeps the 0, which is part of it', (written) => {
  expect(internationalNumber(written)).toBe(parsePhoneNumberFromString(written, { extract: false })?.number);
});
