/**
 * Which keys of the catalogue the code and the templates use: whole texts in quotes, and texts that are put together of
 * such texts. It errs towards use: every member that is indented by two spaces counts as a text, and a value in a text
 * may be any literal with at most one dot, unless a table says which values there are.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const quoted = /'([a-z][\w.-]*)'|"([a-z][\w.-]*)"|`([^`]*)`|^ {2}([a-z_]+):/gm;
const value = /\$\{[^}]*\}/;

export interface QuotedTexts {
  /** Texts without values; also keys of tables. */
  readonly literals: ReadonlySet<string>;
  /** Texts with values in them, such as `error.${code}`. */
  readonly templates: ReadonlySet<string>;
}

/** By the beginning of a text or, where it begins with a value, by the expression of it: the values that there are. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

/** Of these files, and of all files below these folders that have one of the endings. */
export function quotedTexts(paths: readonly string[], endings: readonly string[]): QuotedTexts {
  const literals = new Set<string>();
  const templates = new Set<string>();
  for (const file of paths.flatMap(filesIn)) {
    if (!endings.some((ending) => file.endsWith(ending))) continue;
    for (const [, ...found] of readFileSync(file, 'utf8').matchAll(quoted)) {
      const text = found.find((group) => group !== undefined) ?? '';
      (value.test(text) ? templates : literals).add(text);
    }
  }
  return { literals, templates };
}

function filesIn(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name));
}

/**
 * A test for keys. A value in a text stands for any literal that has no more than one dot, or for nothing. The first
 * value of a text whose beginning is in the table stands for the values that the table has.
 */
export function keyUse({ literals, templates }: QuotedTexts, known: KnownValues): (key: string) => boolean {
  const words = new Set([...literals].filter((text) => /^[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)?$/.test(text)));
  const patterns = [...templates]
    .flatMap((text) => withKnownValue(text, known))
    .filter(isKey)
    .map((text) => text.split(new RegExp(value, 'g')));
  return (key) =>
    literals.has(key) ||
    patterns.some(([first = '', ...more]) => key.startsWith(first) && fits(key.slice(first.length), more, words));
}

/** The text, once for each of its first values, if these are known. */
function withKnownValue(text: string, known: KnownValues): readonly string[] {
  const [start = ''] = text.split(value, 1);
  const name = start === '' ? (/^\$\{([^}]*)\}/.exec(text)?.[1] ?? '') : start;
  if (!Object.hasOwn(known, name)) return [text];
  return (known[name] ?? []).map((first) => text.replace(value, first));
}

/** Whether the text is made of these pieces, each after a word or nothing; a word may bring the dot before it. */
function fits(text: string, [piece, ...more]: readonly string[], words: ReadonlySet<string>): boolean {
  if (piece === undefined) return text === '';
  const start = text.startsWith('.') ? 1 : 0;
  for (let end = start; end <= text.length; end += 1) {
    const follows = end === start ? 0 : end;
    const isWord = follows === 0 || words.has(text.slice(start, end));
    const rest = text.slice(follows + piece.length);
    // Of two values side by side, the second one brings its dot.
    const isApart = piece !== '' || more.length === 0 || rest === '' || rest.startsWith('.');
    if (isWord && isApart && text.startsWith(piece, follows) && fits(rest, more, words)) return true;
  }
  return false;
}

/** A path or a sentence is no key, and what is put together of values alone may be anything. */
function isKey(text: string): boolean {
  const fixed = text.replaceAll(new RegExp(value, 'g'), '');
  return /^[a-z0-9_.-]*$/.test(fixed) && fixed.includes('.') && /[a-z]/.test(fixed);
}
