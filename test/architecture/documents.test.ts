/** What the documents say of the repository is there: laws, tests, files, links, decisions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  citedNumbers,
  document,
  documents,
  everything,
  linkedFiles,
  namedPaths,
  repository,
} from './support/documents.ts';

const isThere = (path: string): boolean => existsSync(join(repository, path));

describe('the laws', () => {
  const sections = document('docs/laws.md').split(/^## /m).slice(1);

  test('are numbered without gaps', () => {
    expect(sections.map((section) => /^Law (\d+): \S/.exec(section)?.[1])).toEqual(
      Array.from(sections, (_, at) => String(at + 1)),
    );
  });

  test('each name the tests that hold them', () => {
    const without = sections.filter((section) => {
      const held = /^Held by: ([\s\S]*?)(?:\n\n|$)/m.exec(section)?.[1] ?? '';
      return !namedPaths(held).some((path) => path.endsWith('.test.ts'));
    });
    expect(without).toEqual([]);
  });

  test('exist wherever one is cited', () => {
    const unknown = everything.flatMap(({ path, text }) =>
      citedNumbers('Law', text)
        .filter((law) => law < 1 || law > sections.length)
        .map((law) => `${path} cites Law ${law}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the documents', () => {
  test('link to files that exist', () => {
    const broken = documents.flatMap((one) =>
      linkedFiles(one)
        .filter((target) => !isThere(target))
        .map((target) => `${one.path} links to ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('name files and folders that exist', () => {
    const missing = documents.flatMap(({ path, text }) =>
      namedPaths(text)
        .filter((named) => !isThere(named))
        .map((named) => `${path} names ${named}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('the check itself', () => {
  test('finds numbers after a word, one or several', () => {
    expect(citedNumbers('Law', 'Law 7, the by-laws 3; (Laws 1, 6 and 11), law 15.')).toEqual([7, 3, 1, 6, 11, 15]);
    expect(citedNumbers('decision', 'as decision 20 says; a decision in 3 steps')).toEqual([20]);
  });

  test('finds relative links and named files, and nothing else', () => {
    const text =
      '[a](laws.md) [b](../README.md#try-it) [c](https://x.example/y.md) [d](#top) `src/core` `src/<key>.ts` `npm test`';
    expect(linkedFiles({ path: 'docs/x.md', text })).toEqual(['docs/laws.md', 'README.md']);
    expect(namedPaths(text)).toEqual(['src/core']);
  });
});
