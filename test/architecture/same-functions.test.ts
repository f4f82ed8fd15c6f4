/** What a function does is written once: two copies drift apart. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type AnyNode, type Function as FunctionNode, parse, type Token } from 'acorn';
import { full } from 'acorn-walk';
import { parsable } from './support/without-types.ts';

const root = join(import.meta.dirname, '../../src');
/** Shorter bodies are read faster than the name of a function that replaces them. */
const longestCopy = 60;

/** Functions that parse a text give it a type each, and types are left out. */
const onlyParses = /^JSON\.parse\(.*\)$/;

interface FunctionText {
  readonly place: string;
  /** Tokens of its parameters and its body; names of parameters and variables are numbered. Types are left out. */
  readonly text: string;
}

function functionsIn(module: string, source: string): readonly FunctionText[] {
  const code = parsable(source);
  const tokens: Token[] = [];
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onToken: tokens });
  const found: FunctionText[] = [];
  full(tree, (node) => {
    if (!('params' in node) || !node.loc) return;
    const { params } = node as FunctionNode;
    const body = computedBy(node as FunctionNode);
    const within = (part: AnyNode) => tokens.slice(firstFrom(tokens, part.start), firstFrom(tokens, part.end));
    const written = within(body).map(textIn(code)).join('');
    if (written.length <= longestCopy || onlyParses.test(written)) return;
    const names = numberedNames(node as FunctionNode);
    // Formatting decides about commas at the end.
    const texts = [...params, body].flatMap(within).map((token) => names.get(token.start) ?? textIn(code)(token));
    const kept = texts.filter((text, at) => !(text === ',' && /^[)\]}]$/.test(texts[at + 1] ?? '')));
    found.push({ place: `${module}:${node.loc.start.line}`, text: kept.join(' ') });
  });
  return found;
}

/** The position of the first token that starts there or later. Tokens stand in the order of the text. */
function firstFrom(tokens: readonly Token[], start: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle]?.start ?? start) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The body, or the value that is all it returns: how arrows say it. */
function computedBy({ body }: FunctionNode): AnyNode {
  const [only, ...others] = body.type === 'BlockStatement' ? body.body : [];
  return only?.type === 'ReturnStatement' && others.length === 0 ? (only.argument ?? body) : body;
}

const textIn = (code: string) => (token: Token) => code.slice(token.start, token.end);

/** What stands at the places where a function names its parameters and variables, in the order of their names. */
function numberedNames(node: FunctionNode): ReadonlyMap<number, string> {
  const bound: string[] = [];
  const shorthands = new Set<number>();
  const uses: { readonly start: number; readonly name: string }[] = [];
  full(node, (inner: AnyNode, _state: unknown, type: string) => {
    if (inner.type === 'ObjectPattern' || inner.type === 'ObjectExpression')
      for (const property of inner.properties)
        if (property.type === 'Property' && property.shorthand) shorthands.add(property.start);
    if (inner.type !== 'Identifier' || inner === node.id) return;
    if (type === 'VariablePattern') bound.push(inner.name);
    uses.push(inner);
  });
  const order = [...new Set(uses.toSorted((a, b) => a.start - b.start).map(({ name }) => name))];
  const known = order.filter((name) => bound.includes(name));
  return new Map(
    uses
      .filter(({ name }) => known.includes(name))
      .map(({ start, name }) => [start, `${shorthands.has(start) ? `${name}:` : ''}$${known.indexOf(name)}`]),
  );
}

function copiesOf(functions: readonly FunctionText[]): readonly (readonly string[])[] {
  const byText = Map.groupBy(functions, ({ text }) => text);
  return [...byText.values()].filter((same) => same.length > 1).map((same) => same.map(({ place }) => place));
}

test('no two functions have the same body', () => {
  const functions = globSync('**/*.ts', { cwd: root })
    .toSorted()
    .flatMap((file) => functionsIn(file, readFileSync(join(root, file), 'utf8')));
  expect(functions.length).toBeGreaterThan(3000);
  expect(copiesOf(functions)).toEqual([]);
});

const original = `function f(first: readonly string[], second: string) {
  const found = first.filter((one) => one.startsWith(second));
  return { found, size: found.length, second };
}`;

test.each([
  ['with other names', original.replaceAll('first', 'a').replaceAll('one', 'b')],
  ['with other types', original.replace('readonly string[]', 'string[]')],
  ['with other spaces and comments', original.replace('\n  return', ' // Why.\n\n\n  return')],
  ['as an arrow', original.replace('function f', 'const f = ').replace(') {', ') => {')],
  ['with a comma at the end', original.replace('second };', 'second, };')],
])('a copy %s is found', (_difference, copy) => {
  const functions = [...functionsIn('one', original), ...functionsIn('two', copy)];
  expect(copiesOf(functions)).toEqual([['one:1', 'two:1']]);
});

test.each([
  ['another method', original.replace('startsWith', 'endsWith')],
  ['another property', original.replace('size:', 'count:')],
  ['another variable', original.replace('startsWith(second)', 'startsWith(one)')],
  ['another name in an object', original.replaceAll('second', 'other')],
  ['another outer name', original.replace('found.length', 'total')],
])('a function with %s is no copy', (_difference, other) => {
  expect(copiesOf([...functionsIn('one', original), ...functionsIn('two', other)])).toEqual([]);
});

test('an arrow without braces is a copy of a function that returns the same', () => {
  const returned = '[...first, ...first.map((one) => one.trim().toLowerCase())].join(first.length > 1 ? "," : ";")';
  const functions = [
    ...functionsIn('one', `function f(first: string[]) { return ${returned}; }`),
    ...functionsIn('two', `const f = (first: string[]) => ${returned};`),
  ];
  expect(copiesOf(functions)).toEqual([['one:1', 'two:1']]);
});

test('functions that only parse may be alike, because their types differ', () => {
  const parser =
    'const f = (text: string) => JSON.parse(Buffer.from(text, "base64url").toString("utf8").trim()) as One;';
  expect(functionsIn('one', parser)).toEqual([]);
  expect(functionsIn('one', parser.replace('JSON.parse', 'YAML.parse'))).toHaveLength(1);
});

test('functions that read different properties are no copies', () => {
  const readers = original.replace('first: readonly string[]', '{ first }: Lists');
  expect(
    copiesOf([...functionsIn('one', readers), ...functionsIn('two', readers.replaceAll('first', 'last'))]),
  ).toEqual([]);
});

test('short functions may be alike', () => {
  const short = 'function f(a: string) {\n  return a.trim();\n}';
  expect(copiesOf([...functionsIn('one', short), ...functionsIn('two', short)])).toEqual([]);
});
