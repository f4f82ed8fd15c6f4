/**
 * Which keys of the catalogue the code and the templates use: whole texts in quotes, and texts that are put together of
 * such texts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const quoted = /'([a-z][\w.-]*)'|"([a-z][\w.-]*)"|`([^`]*)`|^ {2}([a-z_]+):/gm;
const value = /\$\{[^}]*\}/;

export interface QuotedTexts {
  /** Texts without values; also keys of tables. */
  readonly literals: ReadonlySet<string>;
  /** Texts with values in them, such as `error.${code}`. */
  readonly templates: ReadonlySet<string>;
}

/** Of all files below `folders` that have one of the endings. */
export function quotedTexts(folders: readonly string[], endings: readonly string[]): QuotedTexts {
  const literals = new Set<string>();
  const templates = new Set<string>();
  for (const folder of folders)
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!endings.some((ending) => name.endsWith(ending))) continue;
      for (const [, ...found] of readFileSync(join(folder, name), 'utf8').matchAll(quoted)) {
        const text = found.find((one) => one !== undefined) ?? '';
        (value.test(text) ? templates : literals).add(text);
      }
    }
  return { literals, templates };
}

/** A test for keys. A value in a text stands for any literal that has no more than one dot, or for nothing. */
export function keyUse({ literals, templates }: QuotedTexts): (key: string) => boolean {
  const words = [...literals].filter((text) => /^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)?$/.test(text));
  const anyOfThem = `(?:${words.map((one) => one.replaceAll('.', '\\.')).join('|')})`;
  const patternOf = (text: string, word: string): RegExp => {
    const pieces = text.split(new RegExp(value, 'g')).map((piece) => piece.replaceAll('.', '\\.'));
    // Of two values side by side, the second one brings its dot.
    const [first = '', ...more] = pieces;
    const rest = more.map(
      (piece, index) => `(?:${index > 0 && pieces[index] === '' ? '\\.' : '\\.?'}${word})?${piece}`,
    );
    return new RegExp(`^${first}${rest.join('')}$`);
  };
  // Trying thousands of words takes long, so first whether any word at all would fit.
  const patterns = [...templates].filter(isKey).map((text) => ({
    rough: patternOf(text, '[a-z][a-z0-9_-]*(?:\\.[a-z0-9_-]+)?'),
    exact: patternOf(text, anyOfThem),
  }));
  return (key) => literals.has(key) || patterns.some(({ rough, exact }) => rough.test(key) && exact.test(key));
}

/** A path or a sentence is no key. */
function isKey(text: string): boolean {
  const fixed = text.replaceAll(new RegExp(value, 'g'), '');
  return /^[a-z_.-]*$/.test(fixed) && fixed.includes('.');
}
