/** Texts for users that the configuration has. */
import type { LocalizedText } from '../../core/model/attribute.ts';
import type { Translator } from '../../rendering/translator.ts';

/** The text in the language of the page, else in English, else in whatever language there is. */
export function localized(text: LocalizedText, { locale: { tag } }: Translator): string {
  const language = tag.split('-')[0] ?? tag;
  return text[tag] ?? text[language] ?? text.en ?? Object.values(text)[0] ?? '';
}
