/** What administrators may enter in a profile, and the reasons for refusing a value, in words for the terminal. */
import type { Attribute, AttributeSchema } from '../../core/model/attribute.ts';
import {
  type AttributeFault,
  greatestMaxLength,
  type ProfileValue,
  readAttribute,
} from '../../core/profile/attribute-value.ts';

/** Names with a meaning in tokens or records, which a profile must not override (RFC 7519, OpenID Connect Core). */
const reserved = new Set(
  (
    'iss sub aud exp nbf iat jti azp nonce acr amr auth_time authTime at_hash c_hash s_hash sid events cnf client_id scope roles ' +
    'id status groups identifiers validAfter createdAt updatedAt credentials enrollments __proto__ constructor prototype'
  ).split(' '),
);

/** The value as it is stored in the profile, or why it is refused. */
export type ReadProfileValue =
  | { readonly ok: true; readonly value: ProfileValue }
  | { readonly ok: false; readonly reason: string };

/** Why a text outside the attributes, such as a group, is refused. Undefined if it is accepted. */
export function textFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return wrongTypes.text;
  if (value.trim() === '') return faults.required(0);
  if (value.length > greatestMaxLength) return `it is longer than ${greatestMaxLength} characters`;
  if (!value.isWellFormed() || /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(value))
    return faults.forbidden_character(0);
  return undefined;
}

/** Reads a value of this attribute from a file or the command line. */
export function readProfileValue(schema: AttributeSchema, name: string, given: unknown): ReadProfileValue {
  const fault = nameFault(name);
  if (fault !== undefined) return { ok: false, reason: fault };
  if (reserved.has(name)) return { ok: false, reason: 'this name is reserved' };
  const attribute = Object.hasOwn(schema.attributes, name) ? schema.attributes[name] : undefined;
  if (attribute === undefined)
    return schema.closed
      ? { ok: false, reason: 'it is not among the `attributes` of stepgate.yaml' }
      : readUndeclared(given);
  const read = readAttribute(attribute, given);
  return read.ok ? read : { ok: false, reason: wordsOf(attribute, read) };
}

/** Why no attribute may have a name of this form. Undefined if one may. */
export function nameFault(name: string): string | undefined {
  const isName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name);
  return isName ? undefined : 'an attribute is named with letters, digits and "_", at most 64';
}

/** Without a schema, the type is that of the given value. */
function readUndeclared(given: unknown): ReadProfileValue {
  if (typeof given === 'boolean') return { ok: true, value: given };
  if (typeof given === 'number' && Number.isFinite(given)) return { ok: true, value: given };
  const type = Array.isArray(given) ? 'list' : 'text';
  const read = readAttribute({ type, read: 'user', write: 'admin', maxLength: greatestMaxLength }, given);
  if (read.ok) return read;
  const isOdd = read.fault === 'wrong_type' && !Array.isArray(given);
  return { ok: false, reason: isOdd ? 'it is no text, number, boolean or list of texts' : wordsOf({ type }, read) };
}

const wrongTypes: Readonly<Record<Attribute['type'], string>> = {
  text: 'it is not a text',
  number: 'it is no number',
  boolean: 'it is neither true nor false',
  date: 'it is no date like 1990-12-31',
  url: 'it is no http or https URL',
  email: 'it is no email address',
  phone: 'it is no phone number like +4930123456',
  locale: 'it is no language tag like de-AT',
  time_zone: 'it is no time zone like Europe/Vienna',
  list: 'it is not a list of texts',
};

const faults: Readonly<Record<Exclude<AttributeFault, 'wrong_type'>, (limit: number) => string>> = {
  required: () => 'it is empty',
  too_short: (limit) => `it is shorter than ${limit} characters`,
  too_long: (limit) => `it is longer than ${limit} characters or members`,
  forbidden_character: () => 'it has control characters',
  markup: () => 'it has markup',
  not_offered: () => 'it is none of the options of this attribute',
  too_small: (limit) => `it is below ${limit}`,
  too_large: (limit) => `it is above ${limit}`,
  not_matching: () => 'it does not have the form that the schema asks for',
};

function wordsOf(
  { type }: Pick<Attribute, 'type'>,
  { fault, limit = 0 }: { readonly fault: AttributeFault; readonly limit?: number },
): string {
  return fault === 'wrong_type' ? wrongTypes[type] : faults[fault](limit);
}
