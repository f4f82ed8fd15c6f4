/** The first page's words for the identifier: those of the configuration, or a text for the kinds that count. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Translator } from '../../../rendering/translator.ts';
import type { IdentifierFieldTexts } from '../fields/fields.ts';
import { localized } from '../fields/localized.ts';
import type { StepPage } from './page-models.ts';

type IdentifyingPage = Pick<StepPage, 'identify'>;

export function identifierTexts(
  { identify: { label, hint, by } = {} }: IdentifyingPage,
  t: Translator,
): IdentifierFieldTexts {
  return omitUndefined({
    label: label && localized(label, t),
    labelKey: by && labels[kindsIn(by)],
    hint: hint && localized(hint, t),
    keyboard: by && keyboardFor(by),
  });
}

/** Whether the page asks for a username or an address, which is what its error texts assume. */
export function isUsual({ identify: { label, by } = {} }: IdentifyingPage): boolean {
  return label === undefined && (by === undefined || kindsIn(by) === 'email_username');
}

/** For all other combinations, the configuration provides the words. */
const labels: Readonly<Partial<Record<string, string>>> = {
  email: 'identifier.label.email',
  username: 'identifier.label.username',
  phone: 'identifier.label.phone',
  email_phone: 'identifier.label.email_phone',
  phone_username: 'identifier.label.phone_username',
  email_phone_username: 'identifier.label.email_phone_username',
};

function kindsIn(kinds: readonly string[]): string {
  return [...kinds].sort().join('_');
}

function keyboardFor(kinds: readonly string[]): IdentifierFieldTexts['keyboard'] {
  if (kinds.includes('email')) return undefined;
  return kindsIn(kinds) === 'phone' ? 'tel' : 'text';
}
