/** The inputs of a profile form, by the types of the attributes. */
import type { Attribute, LocalizedText } from '../../../core/model/attribute.ts';
import type { ProfileField, Step } from '../../../core/step/step.ts';
import { languageText } from '../../../rendering/formatters.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { fieldsWithNotices, newSecretInputs } from './fields.ts';
import type { Field, Input } from './inputs.ts';
import { localized } from './localized.ts';

type ProfileStep = Extract<Step, { kind: 'profile' }>;

/** Values for autofill by the browser (HTML Living Standard, autofill). */
const autocomplete: Readonly<Record<string, string>> = {
  displayName: 'name',
  givenName: 'given-name',
  familyName: 'family-name',
  middleName: 'additional-name',
  nickname: 'nickname',
  website: 'url',
  gender: 'sex',
  birthdate: 'bday',
  locale: 'language',
  email: 'email',
  phone: 'tel',
  streetAddress: 'street-address',
  postalCode: 'postal-code',
  locality: 'address-level2',
  region: 'address-level1',
  country: 'country-name',
};

/** `given`: the values of a refused form, by input name. */
export function profileInputs(
  step: Omit<ProfileStep, 'kind'>,
  given: Readonly<Record<string, string>> | undefined,
  t: Translator,
): readonly Field[] {
  const typed = typedHere(step, given);
  const inputs = step.fields.map((field) => inputOf(field, typed, t));
  const boxes = step.terms.map(({ id, label }): Input => {
    const name = `terms.${id}`;
    return {
      ...box(name, typed ? typed[name] === 'yes' : step.accepted === true),
      label: 'terms.accept',
      params: { label: termsLabel(label, t) },
    };
  });
  const secret = step.secret ? newSecretInputs(step.secret) : [];
  return fieldsWithNotices([...inputs, ...secret, ...boxes], step.notices);
}

/** If the code page leads back to the registration form, the submitted values belong to none of this form's inputs. */
function typedHere(
  { fields: [first], registers }: Pick<ProfileStep, 'fields' | 'registers'>,
  typed: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  const isOfAnother = registers && first && typed && !(`userProfile.${first.name}` in typed);
  return isOfAnother ? undefined : typed;
}

/** The name of these terms for users. */
export function termsLabel(label: LocalizedText | undefined, t: Translator): string {
  return label ? localized(label, t) : t.text('terms.label');
}

function box(name: string, isChecked: boolean): Omit<Input, 'label'> {
  const checked = isChecked ? ({ checked: true } as const) : {};
  return { name, type: 'checkbox', autocomplete: 'off', code: false, value: 'yes', ...checked };
}

function inputOf(field: ProfileField, typed: Readonly<Record<string, string>> | undefined, t: Translator): Input {
  const { name: attributeName, attribute, value, required } = field;
  const name = `userProfile.${attributeName}`;
  const known = value === undefined ? '' : String(value);
  const label = attributeLabel(field, t);
  const help = attribute.help && { hint: 'attribute.help', params: { help: localized(attribute.help, t), label } };
  const common = {
    label: required || attribute.type === 'boolean' ? 'attribute.label' : 'attribute.optional',
    ...(help ?? { params: { label } }),
    ...(required && attribute.type !== 'boolean' ? {} : ({ optional: true } as const)),
  };
  if (attribute.type === 'boolean') return { ...box(name, typed ? typed[name] === 'yes' : value === true), ...common };
  return {
    ...common,
    name,
    ...inputLooks(attribute, { value: typed?.[name] ?? known, t }),
    autocomplete: autocomplete[attributeName] ?? 'off',
    code: false,
    value: typed?.[name] ?? known,
  };
}

/** The name of an attribute for users. */
export function attributeLabel(
  { name, attribute: { label, claim = '' } }: Pick<ProfileField, 'name' | 'attribute'>,
  t: Translator,
): string {
  return label
    ? localized(label, t)
    : t.text(t.pick(`claim.${claim.replace(/^address\./, '')}`, 'attribute.other'), { name });
}

/** The name of an attribute's value for users. */
export function optionText({ options = [] }: Attribute, value: string, t: Translator): string {
  const label = options.find((option) => option.value === value)?.label;
  return label ? localized(label, t) : value;
}

function inputLooks(
  { type, options }: Attribute,
  { value: present, t }: { readonly value: string; readonly t: Translator },
): Pick<Input, 'type' | 'inputmode' | 'leftToRight' | 'words' | 'choices'> {
  if (options) {
    const choices = options.map(({ value, label }) => ({ value, text: label ? localized(label, t) : value }));
    return { type: 'select', choices };
  }
  const leftToRight = true as const;
  switch (type) {
    case 'date':
      return { type: 'date', leftToRight };
    case 'number':
      return { type: 'text', inputmode: 'decimal', leftToRight };
    case 'url':
      return { type: 'text', inputmode: 'url', leftToRight };
    case 'email':
      return { type: 'text', inputmode: 'email', leftToRight };
    case 'phone':
      return { type: 'tel', leftToRight };
    case 'locale':
      return { type: 'select', choices: languageChoices(present, t) };
    case 'time_zone':
      return { type: 'text', leftToRight };
    default:
      return { type: 'text', words: true };
  }
}

/** The languages of the pages, and the profile's present language if it is another one. */
function languageChoices(present: string, { languages }: Translator): NonNullable<Input['choices']> {
  const choices = languages.map(({ locale, name }) => ({ value: locale.tag, text: name }));
  const isOffered = present === '' || choices.some(({ value }) => value === present);
  return isOffered ? choices : [{ value: present, text: languageText(present) }, ...choices];
}

/** The link for reading the terms. */
export function termsLink(label: string): MessageDescriptor {
  return { key: 'terms.read', params: { label } };
}
