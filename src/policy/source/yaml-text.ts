/** Writes single texts into YAML files. */
import { stringify } from 'yaml';

/**
 * The text as a scalar of YAML, in quotes where it needs them. It comes out of the file as it went in: a `${` of it
 * names no variable.
 */
export function yamlText(text: string): string {
  return stringify(
    text.replaceAll('${', () => '$${'),
    { lineWidth: 0, defaultStringType: 'PLAIN' },
  ).trimEnd();
}
