/** Functions that are read at one glance: few positional parameters, no more than a screen of lines. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'acorn';
import { full } from 'acorn-walk';
import { readSources } from './support/source.ts';

const root = join(import.meta.dirname, '../..');
/** The program, and what several tests share. */
const folders = ['src', 'test/support'];

interface FunctionSize {
  readonly place: string;
  readonly parameters: number;
  readonly lines: number;
}

function functionsIn(module: string, source: string): readonly FunctionSize[] {
  // The type stripper leaves every line where it was.
  const code = stripTypeScriptTypes(source, { mode: 'strip' }).replace(/^#!/, '//');
  const found: FunctionSize[] = [];
  full(parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }), (node) => {
    if (!('params' in node) || !node.loc) return;
    const { start, end } = node.loc;
    const parameters = (node.params as readonly unknown[]).length;
    found.push({ place: `${module}:${start.line}`, parameters, lines: end.line - start.line + 1 });
  });
  return found;
}

const functions = folders.flatMap((folder) =>
  readSources(join(root, folder)).flatMap(({ module }) =>
    functionsIn(`${folder}/${module}`, readFileSync(join(root, folder, `${module}.ts`), 'utf8')),
  ),
);

test('no function takes more than three positional parameters', () => {
  expect(functions.filter(({ parameters }) => parameters > 3).map(({ place }) => place)).toEqual([]);
});

test('no function has 60 lines or more', () => {
  expect(functions.filter(({ lines }) => lines >= 60).map(({ place }) => place)).toEqual([]);
});

test('this counts parameters and lines', () => {
  expect(functionsIn('x', 'const f = (a: number, b: string) =>\n  a;\nfunction g() {}')).toEqual([
    { place: 'x:1', parameters: 2, lines: 2 },
    { place: 'x:3', parameters: 0, lines: 1 },
  ]);
});
