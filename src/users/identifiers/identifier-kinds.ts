/** The kinds of identifiers, and which of them count at an app. */
import type { AttributeSchema } from '../../core/model/attribute.ts';
import { phoneNumberForm, withoutTrunkPrefix } from '../../core/model/phone-number.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import type { User } from '../record/user.ts';

/** Kinds that exist in every installation. The others are the names of identifying attributes. */
const builtInKinds = ['email', 'username', 'phone'] as const;

/**
 * The number in E.164, if the text is a phone number with country code. Punctuation between digits is ignored,
 * and so is a trunk prefix in brackets. Otherwise undefined.
 */
export function internationalNumber(text: string): string | undefined {
  const written = text.normalize('NFKC').replace(/\p{Cf}/gu, '');
  const plain = withoutTrunkPrefix(written).replace(/[\s().\-/]/g, '');
  return phoneNumberForm.test(plain) ? plain : undefined;
}

/**
 * The kinds under which this user has the identifier: the names of the attributes whose value it is, or else the kind
 * that it looks like. Empty: the user does not have it.
 */
export function kindsOfIdentifier(
  { identifiers, profile }: Pick<User, 'identifiers' | 'profile'>,
  identifier: string,
  { attributes }: AttributeSchema,
): readonly string[] {
  if (!identifiers.includes(identifier)) return [];
  const ofAttributes = Object.entries(attributes).flatMap(([name, { identifies }]) =>
    identifies && isValue(profile[name], identifier) ? [name] : [],
  );
  const isOwnAddress = isValue(profile.email, identifier);
  return ofAttributes.length > 0 && !isOwnAddress ? ofAttributes : [...ofAttributes, kindByForm(identifier)];
}

/** The values of identifying attributes, as written. */
export function identifyingTexts({ attributes }: AttributeSchema, profile: User['profile']): readonly string[] {
  return Object.entries(attributes).flatMap(([name, { identifies }]) => {
    const value = profile[name];
    return identifies && typeof value === 'string' ? [value] : [];
  });
}

/** The same values in canonical form, without those that cannot be identifiers. */
export function identifyingValues(schema: AttributeSchema, profile: User['profile']): readonly string[] {
  return identifyingTexts(schema, profile).flatMap((text) => {
    const canonical = canonicalIdentifier(text);
    return canonical.ok ? [canonical.value] : [];
  });
}

function isValue(value: unknown, identifier: string): boolean {
  if (typeof value !== 'string') return false;
  const canonical = canonicalIdentifier(value);
  return canonical.ok && canonical.value === identifier;
}

function kindByForm(identifier: string): (typeof builtInKinds)[number] {
  if (identifier.includes('@')) return 'email';
  return phoneNumberForm.test(identifier) ? 'phone' : 'username';
}

/** Whether the typed text can be of one of these kinds (`by`; absent: of any kind). */
export function canBeOfKinds(
  { value, isNumber }: { readonly value: string; readonly isNumber: boolean },
  by: readonly string[] | undefined,
): boolean {
  if (by === undefined || by.some((kind) => !(builtInKinds as readonly string[]).includes(kind))) return true;
  if (value.includes('@')) return by.includes('email');
  return by.includes('username') || (isNumber && by.includes('phone'));
}
