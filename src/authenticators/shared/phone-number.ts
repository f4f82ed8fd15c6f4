/** Reads phone numbers (ITU-T E.164): which ones can receive a code, by which methods, and how to mask them. */
import { createRequire } from 'node:module';
import { phoneNumberForm } from '../../core/model/phone-number.ts';

/**
 * Cached once it is loaded. That takes long, because it reads the metadata of all numbers, and installations without
 * phones never need it.
 */
let library: typeof import('libphonenumber-js/max') | undefined;
function numbers(): typeof import('libphonenumber-js/max') {
  library ??= createRequire(import.meta.url)('libphonenumber-js/max') as typeof import('libphonenumber-js/max');
  return library;
}

/** How a code is sent to a phone. */
export type PhoneMethod = 'sms' | 'voice';

export interface PhoneNumber {
  /** E.164: `+` and 7 to 15 digits. */
  readonly number: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Methods by which a code can reach this kind of number. Empty if it cannot. */
  readonly methods: readonly PhoneMethod[];
}

/** The longest input that is read (UTF-16 units). */
const maxInputLength = 40;

/**
 * Kinds of numbers that can receive codes. Excluded are numbers whose calls cost extra or earn money (premium rate,
 * shared cost), company numbers (UAN, toll free), and numbers without a device: voice over IP, personal numbers,
 * pagers, voice mail.
 */
const methodsByType: ReadonlyMap<string | undefined, readonly PhoneMethod[]> = new Map([
  ['MOBILE', ['sms', 'voice']],
  ['FIXED_LINE_OR_MOBILE', ['sms', 'voice']],
  ['FIXED_LINE', ['voice']],
]);

/**
 * The number that the text represents. Undefined if there is no such number. Without a country code it belongs to
 * `country`.
 */
export function readPhoneNumber(text: string, country?: string): PhoneNumber | undefined {
  const plain =
    text.length > maxInputLength
      ? ''
      : text
          .normalize('NFKC')
          .replace(/\p{Cf}/gu, '')
          .trim();
  if (!/^\+?[\p{Nd}\s()./\p{Pd}]+$/u.test(plain)) return undefined;
  const options = country !== undefined && numbers().isSupportedCountry(country) ? { defaultCountry: country } : {};
  const parsed = numbers().parsePhoneNumberFromString(plain, { ...options, extract: false });
  // Numbers without a country (satellites, international toll free) cannot be on a list of countries.
  if (!parsed?.isValid() || parsed.country === undefined || parsed.ext !== undefined) return undefined;
  if (!phoneNumberForm.test(parsed.number)) return undefined;
  return { number: parsed.number, country: parsed.country, methods: methodsByType.get(parsed.getType()) ?? [] };
}

/**
 * `+49 ••• •••• 12`: country code and last two digits, with a constant number of dots, so that the length stays
 * unknown. `number` is E.164.
 */
export function maskedNumber(number: string): string {
  const code = numbers().parsePhoneNumberFromString(number)?.countryCallingCode ?? '';
  return `+${code} ••• •••• ${number.slice(-2)}`;
}
