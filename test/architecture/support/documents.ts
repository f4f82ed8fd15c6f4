/** Reads the documents of the repository, and what they and the sources refer to. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const repository = join(import.meta.dirname, '../../..');

export interface TextFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** All files with one of these endings below a folder, or at the root itself (`.`: not below it). */
export function readTexts(folder: string, endings: readonly string[]): readonly TextFile[] {
  return readdirSync(join(repository, folder), { recursive: folder !== '.', encoding: 'utf8' })
    .map((name) => normalize(join(folder, name)))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

/** The documents: the Markdown files at the root and below `docs`. */
export const documents = [...readTexts('.', ['.md']), ...readTexts('docs', ['.md'])];

/** Everything that may cite a document: sources, tests, scripts, templates, shipped configuration, documents. */
export const everything = [
  ...readTexts('src', ['.ts']),
  ...readTexts('test', ['.ts']),
  ...readTexts('scripts', ['.mjs', '.cjs', '.ts']),
  ...readTexts('views', ['.ejs', '.js', '.css', '.json']),
  ...readTexts('config', ['.yaml']),
  ...documents,
];

export function document(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** The numbers after a word: `Law 7`, `Laws 1, 6 and 11`, `decision 20`. */
export function citedNumbers(word: string, text: string): readonly number[] {
  const pattern = new RegExp(`\\b${word}s? (\\d+(?:(?:, | and |, and | or )\\d+)*)\\b`, 'gi');
  return [...text.matchAll(pattern)].flatMap(([, list = '']) => (list.match(/\d+/g) ?? []).map(Number));
}

/** Targets of the relative links of a document, from the root of the repository; without addresses and anchors. */
export function linkedFiles({ path, text }: TextFile): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/i.test(target))
    .map((target) => normalize(join(dirname(path), target)));
}

/**
 * Files and folders of the repository that a text names in code marks. Names with a placeholder or a pattern in them
 * are none.
 */
export function namedPaths(text: string): readonly string[] {
  const folders = /^(?:src|test|docs|views|scripts|config)\/[\w./@-]+$/;
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code).filter((code) => folders.test(code));
}

/** The entry of "How to add" in the architecture that begins with this, such as `A condition`. */
export function guideFor(what: string): string {
  const guide = document('docs/architecture.md').split('\n## How to add\n')[1] ?? '';
  return guide.split('\n\n').find((paragraph) => paragraph.startsWith(`**${what}**`)) ?? '';
}

/** Whether a paragraph of the architecture names a file: by its path, by a link, as a catalogue or
 * a schema, or as its own page. */
export function isNamedIn(paragraph: string, path: string): boolean {
  const isLinked = linkedFiles({ path: 'docs/architecture.md', text: paragraph }).includes(path);
  const isCatalogue = /^views\/messages\/[\w-]+\.json$/.test(path) && paragraph.includes('`views/messages/*.json`');
  const isSchema = /^config\/schema\/[\w.-]+\.json$/.test(path) && paragraph.includes('`config/schema/*.json`');
  return (
    isLinked ||
    isCatalogue ||
    isSchema ||
    paragraph.includes(path) ||
    (path === 'docs/architecture.md' && paragraph.includes('this page'))
  );
}
