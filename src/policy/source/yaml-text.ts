/** Writes texts into YAML files, and content that was read from one as YAML again. */
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

/** Lines without an end. Comments are not part of the content. */
export function yamlLines(content: unknown): readonly string[] {
  return stringify(content, { lineWidth: 120 }).trimEnd().split('\n');
}
