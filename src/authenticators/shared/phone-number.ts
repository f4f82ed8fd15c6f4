/** Reads phone numbers (ITU-T E.164): which ones a code can be sent to, in which ways, and how one is masked. */
import { createRequire } from 'node:module';
import { phoneNumberForm } from '../../core/model/phone-number.ts';

/**
 * Loaded on first use: the metadata of all numbers takes long to read, and installations without phones never need it.
 */
let library: typeof import('libphonenumber-js/max') | undefined;
function numbers(): typeof import('libphonenumber-js/max') {
  library ??= createRequire(import.meta.url)('libphonenumber-js/max') as typeof import('libphonenumber-js/max');
  return library;
}

/** How a code goes to a phone. */
export type PhoneMethod = 'sms' | 'voice';

export interface PhoneNumber {
  /** E.164: `+` and 7 to 15 digits. */
  readonly number: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Ways in which a code can reach this kind of number. Empty: the kind takes no codes. */
  readonly methods: readonly PhoneMethod[];
}

/** The longest input that is read (UTF-16 units). */
const maxInputLength = 40;

/**
 * Kinds of numbers that codes can be sent to. Left out are numbers whose calls cost extra or earn money (premium rate,
 * shared cost), numbers of companies (UAN, toll free), and numbers that belong to no device: voice over IP, personal
 * numbers, pagers, voice mail.
 */
const methodsByType: ReadonlyMap<string | undefined, readonly PhoneMethod[]> = new Map([
  ['MOBILE', ['sms', 'voice']],
  ['FIXED_LINE_OR_MOBILE', ['sms', 'voice']],
  ['FIXED_LINE', ['voice']],
]);

/**
 * The number that the text stands for; `undefined`: there can be no such number. Without a country code it is one of
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
  // Numbers of no country (satellites, international toll free) can be on no list of countries.
  if (!parsed?.isValid() || parsed.country === undefined || parsed.ext !== undefined) return undefined;
  if (!phoneNumberForm.test(parsed.number)) return undefined;
  return { number: parsed.number, country: parsed.country, methods: methodsByType.get(parsed.getType()) ?? [] };
}

/**
 * `+49 ••• •••• 12`: country code and last two digits, and always as many dots, so that the length stays unknown.
 * `number` is E.164.
 */
export function maskedNumber(number: string): string {
  const code = numbers().parsePhoneNumberFromString(number)?.countryCallingCode ?? '';
  return `+${code} ••• •••• ${number.slice(-2)}`;
}
