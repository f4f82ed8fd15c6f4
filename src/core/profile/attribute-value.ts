/** Reads one value of a profile: what was typed or imported becomes a value that fits the schema, or a fault. */
import type { Attribute, AttributeType } from '../model/attribute.ts';
import type { AttributeValue } from '../model/conditions.ts';
import { mailAddress } from '../model/mail-address.ts';
import { phoneNumberForm, withoutTrunkPrefix } from '../model/phone-number.ts';
import { compilePattern } from '../policy/values/pattern.ts';

/** Why a value cannot be kept. */
export type AttributeFault =
  | 'required'
  | 'wrong_type'
  | 'too_short'
  | 'too_long'
  | 'forbidden_character'
  | 'markup'
  | 'not_offered'
  | 'too_small'
  | 'too_large'
  | 'not_matching';

/** What a profile stores under one name. */
export type ProfileValue = AttributeValue | readonly string[];

/** A value that fits, or the fault and the limit that it breaks. */
export type ReadAttribute =
  | { readonly ok: true; readonly value: ProfileValue }
  | { readonly ok: false; readonly fault: AttributeFault; readonly limit?: number };

/** Longest text when the schema says nothing, and at most (UTF-16 units). */
export const defaultMaxLength = 200;
export const greatestMaxLength = 2048;
const maxMembers = 100;

/** Control characters, line and paragraph separators, invisible characters, and what changes the direction of text. */
const forbidden =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffd\u{e0000}-\u{e0fff}]/u;

/** Tags, and the openings of usual template languages: no name and no address has them. */
const markup = /[<>]|\$\{|\{\{|\{%|#\{/;

/**
 * Reads a value for this attribute. `typed`: a user typed it, so that markup is refused; a text from a file or form
 * also stands for a number, a truth value or a list.
 */
export function readAttribute(attribute: Attribute, given: unknown, { typed = false } = {}): ReadAttribute {
  if (attribute.type === 'number') return readNumberValue(attribute, given);
  if (attribute.type === 'boolean') return readBoolean(typed && given === 'yes' ? true : given);
  if (attribute.type === 'list') return readList(attribute, given, typed);
  return readTextValue(attribute, given, typed);
}

function refuseValue(fault: AttributeFault, limit?: number): ReadAttribute {
  return { ok: false, fault, ...(limit !== undefined && { limit }) };
}

function readTextValue(attribute: Attribute, given: unknown, typed: boolean): ReadAttribute {
  if (typeof given !== 'string') return refuseValue('wrong_type');
  const { maxLength = defaultMaxLength } = attribute;
  if (given.length > maxLength * 2 + greatestMaxLength) return refuseValue('too_long', maxLength);
  if (!given.isWellFormed() || forbidden.test(given)) return refuseValue('forbidden_character');
  const text = given.trim().normalize('NFC');
  if (text === '') return refuseValue('required');
  if (typed && attribute.options === undefined && markup.test(text)) return refuseValue('markup');
  if (typed && attribute.type === 'email' && mailAddress(text) === undefined) return refuseValue('wrong_type');
  return limited(attribute, text);
}

function limited(attribute: Attribute, text: string): ReadAttribute {
  const { minLength = 0, maxLength = defaultMaxLength, options, matches, type } = attribute;
  if (text.length > maxLength) return refuseValue('too_long', maxLength);
  if (text.length < minLength) return refuseValue('too_short', minLength);
  if (options && !options.some(({ value: offered }) => offered === text)) return refuseValue('not_offered');
  if (matches !== undefined && !compilePattern(matches)(text)) return refuseValue('not_matching');
  const value = textForms[type]?.(text) ?? (textForms[type] ? undefined : text);
  return value === undefined ? refuseValue('wrong_type') : { ok: true, value };
}

/** The stored form of texts that have one; `undefined`: the text is none. */
const textForms: Partial<Record<AttributeType, (text: string) => string | undefined>> = {
  date: dateOf,
  url: urlOf,
  email: (text) => (text.includes('@') ? text : undefined),
  phone: phoneOf,
  locale: canonicalLocale,
  time_zone: timeZoneOf,
};

/** ISO 8601, a day that exists (OpenID Connect Core 1.0 section 5.1, `birthdate`). */
function dateOf(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  // A month that does not exist has no length (`undefined`), so no day of it passes.
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number;
  return day >= 1 && day <= days ? text : undefined;
}

/** http and https only: apps may show it as a link. */
function urlOf(text: string): string | undefined {
  return /^https?:\/\/[^\s/?#@"'\\]+(?:[/?#][^\s"'\\]*)?$/i.test(text) ? text : undefined;
}

/** E.164; spaces, the usual punctuation between the digits, and a trunk prefix in brackets do not count. */
function phoneOf(text: string): string | undefined {
  const digits = withoutTrunkPrefix(text).replace(/[\s().\-/]/g, '');
  return phoneNumberForm.test(digits) ? digits : undefined;
}

function canonicalLocale(text: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(text)[0];
  } catch {
    return undefined;
  }
}

function timeZoneOf(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) && text;
  } catch {
    return undefined;
  }
}

function readNumberValue(attribute: Attribute, given: unknown): ReadAttribute {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = attribute;
  if (typeof given === 'string' && given.trim() === '') return refuseValue('required');
  const value = numberOf(given);
  if (!Number.isFinite(value)) return refuseValue('wrong_type');
  if (value < min) return refuseValue('too_small', min);
  return value > max ? refuseValue('too_large', max) : { ok: true, value };
}

/** `NaN`: it is none. */
function numberOf(given: unknown): number {
  if (typeof given === 'number') return given;
  return typeof given === 'string' && /^\s*[+-]?\d{1,15}(?:\.\d{1,15})?\s*$/.test(given) ? Number(given) : Number.NaN;
}

function readBoolean(given: unknown): ReadAttribute {
  if (given === true || given === 'true') return { ok: true, value: true };
  return given === false || given === 'false' ? { ok: true, value: false } : refuseValue('wrong_type');
}

function readList(attribute: Attribute, given: unknown, typed: boolean): ReadAttribute {
  const members: unknown = typeof given === 'string' ? given.split(';').filter((part) => part.trim() !== '') : given;
  if (!Array.isArray(members)) return refuseValue('wrong_type');
  if (members.length > maxMembers) return refuseValue('too_long', maxMembers);
  const values: string[] = [];
  for (const member of members) {
    const read = readTextValue({ ...attribute, type: 'text' }, member, typed);
    if (!read.ok) return read;
    values.push(String(read.value));
  }
  return { ok: true, value: values };
}
