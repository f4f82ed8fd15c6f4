/** Texts for users from the configuration. */
import type { LocalizedText } from '../../../core/model/attribute.ts';
import { textForLocale } from '../../../rendering/locale.ts';
import type { Translator } from '../../../rendering/translator.ts';

/** The text in the language of the page, otherwise in English, otherwise in any language. */
export function localized(text: LocalizedText, { locale }: Translator): string {
  return textForLocale(text, locale);
}
