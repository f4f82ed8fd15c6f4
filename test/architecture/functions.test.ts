/** Functions that are read at one glance: few positional parameters, no more than a screen of lines. */
import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type CallExpression, type Node, type Pattern, parse } from 'acorn';
import { full } from 'acorn-walk';

const root = join(import.meta.dirname, '../..');
/** All but the files of test cases. */
const modules = globSync(['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.{ts,mjs}'], { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
);

interface FunctionSize {
  readonly place: string;
  readonly parameters: number;
  readonly lines: number;
}

/** A list of test cases, such as a part of the contract of the store: it is as long as there are cases. */
function isSuite(node: Node): boolean {
  let isFound = false;
  full(node, (inner) => {
    if (inner.type === 'CallExpression') isFound ||= nameOfCalled((inner as CallExpression).callee) === 'test';
  });
  return isFound;
}

/** `test` of `test(...)` and of `test.each(...)(...)`. */
function nameOfCalled(callee: CallExpression['callee']): string | undefined {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return nameOfCalled(callee.object);
  return callee.type === 'CallExpression' ? nameOfCalled(callee.callee) : undefined;
}

function functionsIn(module: string, source: string): readonly FunctionSize[] {
  // The type stripper leaves every line where it was.
  const code = stripTypeScriptTypes(source, { mode: 'strip' }).replace(/^#!/, '//');
  const found: FunctionSize[] = [];
  full(parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }), (node) => {
    if (!('params' in node) || !node.loc) return;
    const { start, end } = node.loc;
    const parameters = (node.params as readonly unknown[]).length;
    const lines = end.line - start.line + 1;
    const isList = lines >= 60 && module.startsWith('test/') && isSuite(node);
    found.push({ place: `${module}:${start.line}`, parameters, lines: isList ? 0 : lines });
  });
  return found;
}

const functions = modules.flatMap((file) => functionsIn(file, readFileSync(join(root, file), 'utf8')));

test('the program, what tests share and the scripts are read', () => {
  const read = ['src/main.ts', 'test/contract/store-harness.ts', 'test/bench/requests.ts', 'scripts/test.mjs'];
  expect(modules).toEqual(expect.arrayContaining(read));
});

test('no function takes more than three positional parameters', () => {
  expect(functions.filter(({ parameters }) => parameters > 3).map(({ place }) => place)).toEqual([]);
});

/** Functions with a parameter `one` and none that it is compared with. */
function onesIn(module: string, source: string): readonly string[] {
  if (!/\bone\b/.test(source)) return [];
  const code = stripTypeScriptTypes(source, { mode: 'strip' }).replace(/^#!/, '//');
  const found = new Set<string>();
  full(parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true }), (node) => {
    if (!('params' in node) || !node.loc) return;
    const names = (node.params as readonly Pattern[]).flatMap(namesIn);
    if (names.includes('one') && !names.some((name) => /^(?:an)?others?$/.test(name)))
      found.add(`${module}:${node.loc.start.line}`);
  });
  return [...found];
}

function namesIn(pattern: Pattern | null): readonly string[] {
  if (pattern?.type === 'Identifier') return [pattern.name];
  if (pattern?.type === 'AssignmentPattern') return namesIn(pattern.left);
  if (pattern?.type === 'RestElement') return namesIn(pattern.argument);
  if (pattern?.type === 'ArrayPattern') return pattern.elements.flatMap(namesIn);
  if (pattern?.type !== 'ObjectPattern') return [];
  return pattern.properties.flatMap((property) => namesIn('value' in property ? property.value : property.argument));
}

test('a parameter is called `one` only beside the other that it is compared with', () => {
  const all = [...modules, ...globSync('test/**/*.test.ts', { cwd: root })];
  expect(all.flatMap((file) => onesIn(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test('the search of such parameters reads patterns', () => {
  const calls = ['f((one: A) => 1);', 'f(([, { a: one = 1 }]) => 1);', 'f((...one) => 1);', 'f((one, other) => 1);'];
  expect(onesIn('x', calls.join('\n'))).toEqual(['x:1', 'x:2', 'x:3']);
});

test('no function has 60 lines or more', () => {
  expect(functions.filter(({ lines }) => lines >= 60).map(({ place }) => place)).toEqual([]);
});

test('this counts parameters and lines', () => {
  expect(functionsIn('x', 'const f = (a: number, b: string) =>\n  a;\nfunction g() {}')).toEqual([
    { place: 'x:1', parameters: 2, lines: 2 },
    { place: 'x:3', parameters: 0, lines: 1 },
  ]);
  const long = (line: string) => `function f() {${`\n${line}`.repeat(60)}\n}`;
  expect(functionsIn('x', long('g();'))).toEqual([{ place: 'x:1', parameters: 0, lines: 62 }]);
  const suite = long('test.each(all)(1, 2);');
  expect(['src/x', 'test/x'].flatMap((module) => functionsIn(module, suite)).map(({ lines }) => lines)).toEqual([
    62, 0,
  ]);
});
