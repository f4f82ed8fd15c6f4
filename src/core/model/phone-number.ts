/** The form of phone numbers that are kept. */

/**
 * ITU-T E.164 (section 6): `+`, country code first, at most 15 digits. It names no shortest number; seven digits have
 * the shortest that reach a phone (Niue, Saint Helena), and what is shorter are services and pagers.
 */
export const phoneNumberForm = /^\+[1-9]\d{6,14}$/;

/**
 * `+49 (0)30 123456` and `+49 (030) 123456` without the 0, which is dialled within the country only (the trunk prefix).
 * Where the numbers themselves begin with a 0, it stays: in Italy and the Vatican (39), San Marino (378), Ivory Coast
 * (225), Benin (229), Gabon (241) and Congo (242).
 */
export function withoutTrunkPrefix(text: string): string {
  return text.replace(/^(\s*\+(?!(?:39|378|225|229|241|242)\D)\d{1,3}[\s.\-/]*\(\s*)0/, '$1');
}
