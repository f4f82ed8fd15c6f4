/** What the documents say of the repository is there: laws, tests, files, links, decisions. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { renderImportTable } from '../../scripts/import-table.ts';
import {
  citedNumbers,
  document,
  documents,
  everything,
  linkedFiles,
  namedPaths,
  readTexts,
  repository,
} from './support/documents.ts';
import { importRules, isWithin, layersWithin } from './support/import-rules.ts';

const isThere = (path: string): boolean => existsSync(join(repository, path));

test('the chapter on languages names each that is shipped, and how it addresses users', () => {
  const nameOf = new Intl.DisplayNames('en', { type: 'language' });
  const shipped = readdirSync(join(repository, 'views/messages')).map((file) => file.split(/[-.]/)[0] ?? '');
  const [first = '', ...rest] = document('docs/languages.md').split('\n## ');
  const [, table = ''] = rest.find((section) => section.startsWith('Forms of address\n'))?.split('\n|---') ?? [];
  const rows = [...table.matchAll(/^\| (\w+)/gm)].map(([, name]) => name);
  const names = shipped.map((tag) => nameOf.of(tag) ?? tag);
  expect(rows.toSorted()).toEqual(names.toSorted());
  expect(names.filter((name) => !first.includes(name))).toEqual([]);
});

describe('the laws', () => {
  const sections = document('docs/laws.md').split(/^## /m).slice(1);

  test('are numbered without gaps', () => {
    expect(sections.map((section) => /^Law (\d+): \S/.exec(section)?.[1])).toEqual(
      Array.from(sections, (_, at) => String(at + 1)),
    );
  });

  test('each name the tests that hold them', () => {
    const without = sections.filter((section) => {
      const tests = /^Held by: ([\s\S]*?)(?:\n\n|$)/m.exec(section)?.[1] ?? '';
      return !namedPaths(tests).some((path) => path.endsWith('.test.ts'));
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

describe('the decisions', () => {
  const records = documents.filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path));

  test('are numbered as their files are, each once', () => {
    const numbers = records.map(({ path, text }) => [path.slice(15, 19), /^# (\d+)\. \S/.exec(text)?.[1]]);
    expect(numbers).toEqual(numbers.map(([file]) => [file, String(Number(file))]));
    expect(new Set(numbers.map(([file]) => file)).size).toBe(records.length);
  });

  test('have a date, a status, a decision and alternatives', () => {
    const parts = [/^Date: \d{4}-\d{2}-\d{2} *$/m, /^Status: (?:proposed|accepted|superseded by decision \d+)$/m];
    const lacking = records.filter(({ text }) => ![...parts, /\*\*Alternatives/].every((part) => part.test(text)));
    expect(lacking.map(({ path }) => path)).toEqual([]);
  });

  test('are in the index, with title, date and status', () => {
    const index = document('docs/decisions/README.md');
    const lines = records.map(({ path, text }) => {
      const [, number, title] = /^# (\d+)\. (.*)$/m.exec(text) ?? [];
      const [, date] = /^Date: (\S+)/m.exec(text) ?? [];
      const [, status] = /^Status: (.*)$/m.exec(text) ?? [];
      return `| [${number}](${path.slice(15)}) | ${title} | ${date} | ${status} |`;
    });
    expect(lines.filter((line) => !index.includes(line))).toEqual([]);
  });

  test('are in the index in their order, which explains numbers that are missing', () => {
    const index = document('docs/decisions/README.md');
    const listed = [...index.matchAll(/^\| \[(\d+)\]/gm)].map(([, number]) => Number(number));
    const numbers = records.map(({ path }) => Number(path.slice(15, 19)));
    expect(listed).toEqual(numbers);
    if (numbers.length < (numbers.at(-1) ?? 0)) expect(index).toContain('Numbers that are missing were never used.');
  });

  test('exist wherever one is cited', () => {
    const unknown = everything.flatMap(({ path, text }) =>
      citedNumbers('decision', text)
        .filter((number) => !records.some(({ path: record }) => Number(record.slice(15, 19)) === number))
        .map((number) => `${path} cites decision ${number}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the documents', () => {
  test('link to files that exist', () => {
    const broken = documents.flatMap((file) =>
      linkedFiles(file)
        .filter((target) => !isThere(target))
        .map((target) => `${file.path} links to ${target}`),
    );
    expect(broken).toEqual([]);
  });

  test('are short at the front door, and each chapter is in the index', () => {
    expect(document('README.md').split('\n').length).toBeLessThanOrEqual(151);
    const index = { path: 'docs/README.md', text: document('docs/README.md') };
    const chapters = documents.map(({ path }) => path).filter((path) => /^docs\/[^/]+\.md$/.test(path));
    expect(chapters.filter((path) => path !== index.path && !linkedFiles(index).includes(path))).toEqual([]);
  });

  test('use none of the words that the glossary replaced', () => {
    const retired = /\b(?:the bar|way on|ways on|witness|spared|showings?)\b/gi;
    const texts = everything.filter(({ path }) => /\.(?:md|yaml)$/.test(path));
    // The record of the change of words quotes them.
    const found = texts
      .filter(({ path }) => !path.includes('/0022-'))
      .flatMap(({ path, text }) => [...text.matchAll(retired)].map(([word]) => `${path}: ${word}`));
    expect(found).toEqual([]);
  });

  test('list the variables of the environment that the process reads', () => {
    const read = ['src/main.ts', 'src/cli/base-context.ts'].flatMap(
      (path) => document(path).match(/(?<=\benv\.)[A-Z_]+/g) ?? [],
    );
    const settings = document('docs/operations.md').split('\n## Stores')[0] ?? '';
    const listed = [...settings.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) => cell.match(/[A-Z_]+/g) ?? []);
    expect([...listed].sort()).toEqual([...new Set(read)].sort());
  });

  test('and everything else refer to no paper outside of the repository', () => {
    const names = new Set(documents.map(({ path }) => path.split('/').at(-1)));
    const strangers = everything.flatMap(({ path, text }) =>
      [...text.matchAll(/(?<![\w/.-])(?:[\w.-]+\/)*([\w-]+\.md)\b/g)]
        .filter(([, name = '']) => !names.has(name) && path !== 'test/architecture/documents.test.ts')
        .map(([, name]) => `${path} refers to ${name}`),
    );
    expect(strangers).toEqual([]);
  });

  test('and everything else cite no item of a list that is not here', () => {
    const cited = everything.filter(({ path }) => path !== 'test/architecture/documents.test.ts');
    expect(cited.flatMap(({ path, text }) => foreignItems(text).map((item) => `${path} cites ${item}`))).toEqual([]);
    expect(foreignItems('tells nothing (V-G1), as M-H12 says; [A-Z2-7] is a class')).toEqual(['V-G1', 'M-H12']);
  });

  test('say what every setting does', () => {
    const names = new Set(propertiesOf(JSON.parse(document('config/schema/settings.schema.json'))));
    expect(names.size).toBeGreaterThan(100);
    const chapters = documents.filter(({ path }) => !path.startsWith('docs/decisions/'));
    const code = chapters.flatMap(({ text }) => text.match(/^```[\s\S]*?^```|`[^`\n]+`/gm) ?? []).join(' ');
    const words = new Set(code.match(/[\w$]+/g));
    expect([...names].filter((name) => !words.has(name))).toEqual([]);
  });

  test('name scripts of npm that exist', () => {
    const { scripts } = JSON.parse(document('package.json')) as { scripts: Readonly<Record<string, string>> };
    const missing = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run ([\w:]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !Object.hasOwn(scripts, name))
        .map((name) => `${path} names npm run ${name}`),
    );
    expect(missing).toEqual([]);
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

describe('the architecture', () => {
  const text = document('docs/architecture.md');
  const folderNames = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

  test('has a line for each folder of the sources', () => {
    const folders = readdirSync(join(repository, 'src'), { withFileTypes: true });
    const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    expect(folderNames(/^\| `src\/(\w+)` \|/gm).sort()).toEqual(names.sort());
  });

  test('says what each part may import as `npm run docs` writes it', () => {
    expect(text).toBe(renderImportTable(text));
    const wrong = text.replace('| `src/core` | decides.', '| `src/heart` | decides.');
    expect(() => renderImportTable(wrong)).toThrow('no row for src/core');
  });

  test('draws each folder, an arrow only where imports may go, and a way wherever they may', () => {
    const [, drawing = ''] = /```mermaid\nflowchart TD\n([\s\S]*?)```/.exec(text) ?? [];
    const nodes = [...drawing.matchAll(/^ {2}(\w+)\[/gm)].map(([, name = '']) => name);
    const arrows = new Map(nodes.map((from) => [from, arrowsFrom(drawing, from)]));
    expect(nodes.filter((name) => name !== 'roots').sort()).toEqual(folderNames(/^\| `src\/(\w+)` \|/gm).sort());
    const drawn = nodes.flatMap((from) => (arrows.get(from) ?? []).map((to) => ({ from, to })));
    expect(drawn.filter(({ from, to }) => from !== 'roots' && !foldersFor(partsIn(from)).includes(to))).toEqual([]);
    const needed = nodes.flatMap((from) => foldersFor([from]).map((to) => ({ from, to })));
    const lacking = needed.filter(({ from, to }) => from !== to && !leadsTo(arrows, from, to));
    // What everything may import is left out.
    expect(lacking.filter(({ to }) => to !== 'core' && to !== 'stores')).toEqual([]);
    expect(leadsTo(arrows, 'policy', 'flow')).toBe(false);
  });

  test('lists the subfolders in the order of the import rules', () => {
    const layers = [...text.matchAll(/^- `src\/([\w/]+)`: (`.*)$/gm)].map(([, folder = '', list = '']) => [
      folder,
      [...list.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    ]);
    expect(Object.fromEntries(layers)).toEqual(layersWithin);
  });

  test('says which methods of `oidc-provider` are replaced', () => {
    const replaced = readTexts('src/oidc', ['.ts']).flatMap(({ text: source }) =>
      [...source.matchAll(/\bprototype\.(\w+) = (?:async )?function\b/g)].map(([, name = '']) => name),
    );
    expect(replaced.length).toBeGreaterThan(1);
    expect(replaced.filter((name) => !text.includes(`\`Client.prototype.${name}\``))).toEqual([]);
  });

  test('describes each addition in steps, and names the test that notices a forgotten step', () => {
    const guide = text.split('\n## How to add\n')[1] ?? '';
    const entries = guide.split('\n\n').filter((paragraph) => paragraph.startsWith('**'));
    expect(entries.map((entry) => /^\*\*(?:An?) ([^*]+)\*\*/.exec(entry)?.[1])).toEqual([
      'condition',
      'requirement',
      'term of a rule',
      'layer',
      'authenticator',
      'page',
      'command',
      'key of the store',
      'cookie',
      'message',
      'text',
      'language',
      'notice code',
      'deny reason',
      'audit event',
      'setting',
      'finding code',
    ]);
    const withoutSteps = entries.filter((entry) => {
      const numbers = [...entry.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
      return numbers.length === 0 || numbers.some((number, at) => number !== at + 1) || !entry.includes('.test.ts`');
    });
    expect(withoutSteps).toEqual([]);
  });

  test('names no function, type or member that is not there', () => {
    const named = new Set([...text.matchAll(/`([a-z]+[A-Z]\w*)`/g)].map(([, name = '']) => name));
    expect(named.size).toBeGreaterThan(20);
    const words = new Set(readTexts('src', ['.ts']).flatMap(({ text: source }) => source.match(/\w+/g) ?? []));
    expect([...named].filter((name) => !words.has(name))).toEqual([]);
  });

  test('follows a sign-in through functions that are where it says', () => {
    const steps = [...text.matchAll(/`(\w+)` in\s+`(src\/[^`]+)`/g)].map(([, name = '', path = '']) => ({
      name,
      path,
    }));
    expect(steps.length).toBeGreaterThan(11);
    const lost = steps.filter(({ name, path }) => !isThere(path) || !definesFunction(document(path), name));
    expect(lost).toEqual([]);
  });
});

/** `from --> to & other` in a drawing of Mermaid. */
function arrowsFrom(drawing: string, from: string): readonly string[] {
  const lines = [...drawing.matchAll(/^ {2}(\w+) --> (.*)$/gm)].filter(([, start]) => start === from);
  return lines.flatMap(([, , ends = '']) => ends.split(' & '));
}

/** The parts of the import rules in a folder. */
function partsIn(folder: string): readonly string[] {
  return Object.keys(importRules).filter((part) => isWithin(part, folder));
}

/** Folders of which these parts may import something. */
function foldersFor(parts: readonly string[]): readonly string[] {
  const targets = parts.flatMap((part) => importRules[part]?.ours ?? []).map((target) => target.split('/')[0] ?? '');
  return [...new Set(targets)].filter((name) => name !== '*' && isThere(`src/${name}`));
}

function leadsTo(arrows: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  return (arrows.get(from) ?? []).some((next) => next === to || leadsTo(arrows, next, to));
}

/** Names of the properties that a JSON Schema describes, at any depth; those of patterns are no names. */
function propertiesOf(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, ...rest } = schema as { readonly properties?: Readonly<Record<string, unknown>> };
  const inner = [...Object.values(properties ?? {}), ...Object.values(rest)];
  return [...Object.keys(properties ?? {}), ...inner.flatMap(propertiesOf)];
}

/** Numbers of items such as a paper of findings gives. A class of characters in a pattern is none. */
function foreignItems(text: string): readonly string[] {
  return text.match(/\b(?!A-Z)[A-Z]-[A-Z]\d+\b/g) ?? [];
}

/** As a function, or as a method of a class. */
function definesFunction(source: string, name: string): boolean {
  return new RegExp(`^(?:export )?(?:async )?function ${name}\\b|^  (?:async )?${name}\\(`, 'm').test(source);
}

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
