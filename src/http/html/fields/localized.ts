/** Texts for users that the configuration has. */
import type { LocalizedText } from '../../../core/model/attribute.ts';
import { textForLocale } from '../../../rendering/locale.ts';
import type { Translator } from '../../../rendering/translator.ts';

/** The text in the language of the page, else in English, else in whatever language there is. */
export function localized(text: LocalizedText, { locale }: Translator): string {
  return textForLocale(text, locale);
}
