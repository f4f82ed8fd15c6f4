/** Functions that are read at one glance: few positional parameters, no more than a screen of lines. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type CallExpression, type Node, type Pattern, parse } from 'acorn';
import { full } from 'acorn-walk';
import { parsable } from './support/without-types.ts';

const root = join(import.meta.dirname, '../..');
/** All but the files of test cases. */
const modules = globSync(['src/**/*.ts', 'test/**/*.ts', 'scripts/**/*.{ts,mjs}'], { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
);

interface FunctionSize {
  readonly place: string;
  /** Names of each positional parameter: a pattern has several, or none. */
  readonly parameters: readonly (readonly string[])[];
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
  const found: FunctionSize[] = [];
  full(parse(parsable(source), { ecmaVersion: 'latest', sourceType: 'module', locations: true }), (node) => {
    if (!('params' in node) || !node.loc) return;
    const { start, end } = node.loc;
    const parameters = (node.params as readonly Pattern[]).map(namesIn);
    const lines = end.line - start.line + 1;
    const isList = lines >= 60 && module.startsWith('test/') && isSuite(node);
    found.push({ place: `${module}:${start.line}`, parameters, lines: isList ? 0 : lines });
  });
  return found;
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

const functions = modules.flatMap((file) => functionsIn(file, read(file)));

test('the program, what tests share and the scripts are read', () => {
  const some = ['src/main.ts', 'test/contract/store-harness.ts', 'test/bench/requests.ts', 'scripts/test.mjs'];
  expect(modules).toEqual(expect.arrayContaining(some));
});

test('no function takes more than three positional parameters', () => {
  expect(functions.filter(({ parameters }) => parameters.length > 3).map(({ place }) => place)).toEqual([]);
});

/** Places of those with a parameter `one` and none that it is compared with. */
function onesIn(all: readonly FunctionSize[]): readonly string[] {
  const isAlone = (names: readonly string[]) =>
    names.includes('one') && !names.some((name) => /^(?:an)?others?$/.test(name));
  return [...new Set(all.filter(({ parameters }) => isAlone(parameters.flat())).map(({ place }) => place))];
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
  const cases = globSync('test/**/*.test.ts', { cwd: root }).flatMap((file) => {
    const source = read(file);
    // What may follow the name of a parameter.
    return /\bone\s*[?,:=)}\]]/.test(source) ? functionsIn(file, source) : [];
  });
  expect(cases.length).toBeGreaterThan(0);
  expect(onesIn([...functions, ...cases])).toEqual([]);
});

test('the search of such parameters reads patterns', () => {
  const calls = ['f((one: A) => 1);', 'f(([, { a: one = 1 }]) => 1);', 'f((...one) => 1);', 'f((one, other) => 1);'];
  expect(onesIn(functionsIn('x', calls.join('\n')))).toEqual(['x:1', 'x:2', 'x:3']);
});

test('no function has 60 lines or more', () => {
  expect(functions.filter(({ lines }) => lines >= 60).map(({ place }) => place)).toEqual([]);
});

test('this counts parameters and lines', () => {
  expect(functionsIn('x', 'const f = (a: number, b: string) =>\n  a;\nfunction g() {}')).toEqual([
    { place: 'x:1', parameters: [['a'], ['b']], lines: 2 },
    { place: 'x:3', parameters: [], lines: 1 },
  ]);
  const long = (line: string) => `function f() {${`\n${line}`.repeat(60)}\n}`;
  expect(functionsIn('x', long('g();'))).toEqual([{ place: 'x:1', parameters: [], lines: 62 }]);
  const suite = long('test.each(all)(1, 2);');
  expect(['src/x', 'test/x'].flatMap((module) => functionsIn(module, suite)).map(({ lines }) => lines)).toEqual([
    62, 0,
  ]);
});
