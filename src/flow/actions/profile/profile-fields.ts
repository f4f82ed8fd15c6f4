/** The fields of a profile form: which ones it has, and what the user typed. */
import { readPhoneNumber } from '../../../authenticators/shared/phone-number.ts';
import type { AttributeSchema } from '../../../core/model/attribute.ts';
import type { ProfileRequest } from '../../../core/model/decision.ts';
import type { TermsOfUse } from '../../../core/model/profile-policy.ts';
import { type AttributeFault, type ProfileValue, readAttribute } from '../../../core/profile/attribute-value.ts';
import type { NoticeCode } from '../../../core/step/notice-codes.ts';
import type { Notice, ProfileField } from '../../../core/step/step.ts';
import type { Profile } from '../../../users/record/user.ts';
import { type Fields, isTicked } from '../verification/verify.ts';

const prefix = 'userProfile.';

/** The input name of an attribute. */
export function inputName(attribute: string): string {
  return `${prefix}${attribute}`;
}

/** The name of the checkbox of these terms. */
function termsInputName(id: string): string {
  return `terms.${id}`;
}

/**
 * The attributes that the user may write. One that already has a value and needs a proof to change is left out, since
 * it has its own form.
 */
export function profileFields(
  { attributes }: AttributeSchema,
  profile: Profile,
  { required, optional }: Pick<ProfileRequest, 'required' | 'optional'>,
): readonly ProfileField[] {
  return [...required, ...optional].flatMap((name) => {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
    if (attribute?.write !== 'user' || (attribute.verifiedBy !== undefined && value !== undefined)) return [];
    const isShown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return [{ name, attribute, required: required.includes(name), ...(isShown && { value }) }];
  });
}

/** What the user typed: valid values, names of emptied attributes, and errors. */
export interface TypedProfile {
  readonly values: Readonly<Record<string, ProfileValue>>;
  readonly emptied: readonly string[];
  /** Empty if everything is valid. */
  readonly notices: readonly Notice[];
}

/** What a form asks for. `country`: for numbers typed without country code (ISO 3166-1 alpha-2). */
interface AskedProfile {
  readonly fields: readonly ProfileField[];
  readonly terms: readonly TermsOfUse[];
  readonly country: string | undefined;
}

/** Reads the form. An input that the form does not have is an error: nothing is accepted that was not asked for. */
export function readTyped(fields: Fields, asked: AskedProfile): TypedProfile {
  const values: Record<string, ProfileValue> = {};
  const emptied: string[] = [];
  const notices: Notice[] = [];
  for (const { name, attribute, required } of asked.fields) {
    const given = fields[inputName(name)] ?? (attribute.type === 'boolean' ? 'false' : '');
    const typed = attribute.type === 'phone' ? withCountryCode(given, asked.country) : given;
    const read = readAttribute(attribute, typed, { typed: true });
    if (read.ok) values[name] = read.value;
    else if (read.fault === 'required' && !required) emptied.push(name);
    else notices.push(noticeOf(inputName(name), attribute.type, read));
  }
  for (const { id } of asked.terms) {
    if (!isTicked(fields[termsInputName(id)]))
      notices.push({ code: 'terms.required', level: 'error', field: termsInputName(id) });
  }
  const known = asked.fields.map(({ name }) => inputName(name));
  const isUnknown = Object.keys(fields).some((name) => name.startsWith(prefix) && !known.includes(name));
  return { values, emptied, notices: [...(isUnknown ? [unknown] : []), ...withSummary(notices)] };
}

/** The text as a number of that country, or unchanged if it is not one. */
function withCountryCode(text: string, country: string | undefined): string {
  return (country !== undefined && readPhoneNumber(text, country)?.number) || text;
}

const unknown: Notice = { code: 'profile.unknown', level: 'error' };

/** Each error is shown next to its field. This adds one sentence at the top of the form. */
export function withSummary(notices: readonly Notice[]): readonly Notice[] {
  return notices.length === 0 ? [] : [{ code: 'profile.check', level: 'error' }, ...notices];
}

const codes: Readonly<Record<Exclude<AttributeFault, 'wrong_type'>, NoticeCode>> = {
  required: 'profile.required',
  too_short: 'profile.too_short',
  too_long: 'profile.too_long',
  forbidden_character: 'profile.forbidden_character',
  markup: 'profile.markup',
  not_offered: 'profile.not_offered',
  too_small: 'profile.too_small',
  too_large: 'profile.too_large',
  not_matching: 'profile.not_matching',
};

const wrongType: Readonly<Record<ProfileField['attribute']['type'], NoticeCode>> = {
  text: 'profile.unknown',
  list: 'profile.unknown',
  boolean: 'profile.unknown',
  number: 'profile.invalid.number',
  date: 'profile.invalid.date',
  url: 'profile.invalid.url',
  email: 'profile.invalid.email',
  phone: 'profile.invalid.phone',
  locale: 'profile.invalid.locale',
  time_zone: 'profile.invalid.time_zone',
};

function noticeOf(
  field: string,
  type: ProfileField['attribute']['type'],
  { fault, limit }: { readonly fault: AttributeFault; readonly limit?: number },
): Notice {
  const code = fault === 'wrong_type' ? wrongType[type] : codes[fault];
  return { code, level: 'error', field, ...(limit !== undefined && { params: { limit } }) };
}
