/** What a module caches is said where it stands: a reader must know which values are cached by identity (Law 2). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readSources } from './support/source.ts';

const root = join(import.meta.dirname, '../../src');
const sources = readSources(root);

/** Declarations at the level of a module that change while it runs. */
const caching = /^(?:export )?(?:let \w+|const \w+(?:: [^=]+)? = new (?:Weak)?(?:Map|Set)(?:<.*)?\(\))/;

/** Names of what a module caches whose comment does not say by what it is cached. */
function unexplained(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (!caching.test(line)) return [];
    const comment = commentAbove(lines.slice(0, index));
    return /^Cached (?:by|once|while) /.test(comment) ? [] : [line.replace(/^(?:export )?\w+ (\w+).*/, '$1')];
  });
}

/** The text of the comment that ends with the last line. */
function commentAbove(lines: readonly string[]): string {
  if (!/\*\/$/.test(lines.at(-1) ?? '')) return '';
  const start = lines.findLastIndex((line) => line.startsWith('/**'));
  return lines
    .slice(start)
    .map((line) => line.replace(/^\/?\s?\*+\/?\s?/, ''))
    .join(' ')
    .trim();
}

test('each cache of a module says by what it is cached', () => {
  expect(sources.length).toBeGreaterThan(500);
  const found = sources.flatMap(({ module }) =>
    unexplained(readFileSync(join(root, `${module}.ts`), 'utf8')).map((name) => `${module}: ${name}`),
  );
  expect(found).toEqual([]);
});

test('the search finds caches without a comment, and with another one', () => {
  const cached = '/** Cached by policies: many ask. */\nconst known = new WeakMap<PolicySet, number>();\n';
  const long = '/**\n * Cached once it is loaded:\n * that takes long.\n */\nlet library: Library | undefined;\n';
  expect(unexplained(`${cached}${long}`)).toEqual([]);
  expect(unexplained('\nlet count = 0;\n/** Two of them. */\nconst sets = new Set<string>();\n')).toEqual([
    'count',
    'sets',
  ]);
});
