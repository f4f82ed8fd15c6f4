/**
 * Makes mutants of one source file. All of them sit in one instrumented copy: each is a branch that runs only while its
 * number is the active one, so that the tests load the code once for all mutants.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { type AnyNode, type BinaryExpression, type CallExpression, type Node, parse } from 'acorn';

export interface Mutant {
  /**
   * Stays the same when lines move: file, operator, the text that is replaced, and which of several equal ones it is.
   */
  readonly key: string;
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly original: string;
  readonly replacement: string;
}

export interface Instrumented {
  /** JavaScript that calls `__mutant(index)` at each place that can be mutated. */
  readonly code: string;
  /** In the order of their indexes, which begin at the given number. */
  readonly mutants: readonly Mutant[];
}

export interface InstrumentOptions {
  readonly first?: number;
  readonly isTried?: (index: number) => boolean;
}

interface Variant {
  readonly operator: string;
  readonly text: string;
}

const comparisons: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
};

const swappedMethods: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
]);

/** Calls that can be left out: what they are called on has the same type. */
const droppedMethods = new Set(['filter', 'slice', 'toSorted', 'sort', 'reverse', 'toReversed', 'trim', 'toLowerCase']);

/**
 * @param source TypeScript that Node's type stripper takes
 * @param first the index of the first mutant
 * @param isTried whether the code has a branch for the mutant of this index: code with few of them runs faster
 */
export function instrument(
  file: string,
  source: string,
  { first = 0, isTried = () => true }: InstrumentOptions = {},
): Instrumented {
  const code = stripTypeScriptTypes(source, { mode: 'strip' });
  const tree = parse(code, { ecmaVersion: 'latest', sourceType: 'module' }) as AnyNode;
  const mutants: Mutant[] = [];
  const seen = new Map<string, number>();
  const lines = lineStarts(code);

  const add = (node: AnyNode, { operator, text }: Variant): number => {
    const original = flat(code.slice(node.start, node.end));
    const name = `${file} ${operator} ${original} => ${flat(text)}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const key = count === 1 ? name : `${name} #${count}`;
    const line = lines.findLastIndex((start) => start <= node.start) + 1;
    mutants.push({ key, file, line, operator, original, replacement: flat(text) });
    return first + mutants.length - 1;
  };

  const render = (node: AnyNode, parent: AnyNode | undefined): string => {
    const variants = variantsOf(node, parent, code)
      .map((variant) => ({ ...variant, index: add(node, variant) }))
      .filter(({ index }) => isTried(index));
    const inner = renderChildren(node, render, code);
    if (variants.length === 0) return inner;
    if (node.type === 'ExpressionStatement') return `{ if (!__mutant(${variants[0]?.index})) { ${inner} } }`;
    if (node.type === 'SpreadElement')
      return `...(__mutant(${variants[0]?.index}) ? ${variants[0]?.text} : ${inner.slice(3)})`;
    return variants.reduce((whole, { index, text }) => `(__mutant(${index}) ? ${text} : ${whole})`, `(${inner})`);
  };

  const body = render(tree, undefined);
  // On the first line, so that lines stay what they are.
  return { code: `const __mutant = globalThis.__mutation; ${body}`, mutants };
}

/** The mutants of several files, numbered in the order of the files, and the code of each. */
export function instrumentAll(root: string, files: readonly string[], isTried: (index: number) => boolean) {
  const mutants: Mutant[] = [];
  const codes = new Map<string, string>();
  for (const file of files) {
    const source = readFileSync(`${root}/${file}`, 'utf8');
    const made = instrument(file, source, { first: mutants.length, isTried });
    mutants.push(...made.mutants);
    codes.set(file, made.code);
  }
  return { mutants, codes };
}

function renderChildren(node: AnyNode, render: (node: AnyNode, parent: AnyNode) => string, code: string): string {
  const children = childrenOf(node).toSorted((one, other) => one.start - other.start);
  let text = '';
  let at = node.start;
  for (const child of children) {
    // `{ a }` is one name in two roles: both children have the same place.
    if (child.start < at) continue;
    text += code.slice(at, child.start) + render(child, node);
    at = child.end;
  }
  return text + code.slice(at, node.end);
}

function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node).flatMap((value) => {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.filter(isSyntax);
  });
}

function isSyntax(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string' && 'start' in value;
}

function variantsOf(node: AnyNode, parent: AnyNode | undefined, code: string): readonly Variant[] {
  const text = (part: AnyNode) => `(${code.slice(part.start, part.end)})`;
  const variants: Variant[] = [];
  if (parent !== undefined && isCondition(node, parent)) {
    // An endless loop says nothing about the tests.
    if (!isLoop(parent)) variants.push({ operator: 'condition-true', text: 'true' });
    variants.push({ operator: 'condition-false', text: 'false' });
  }
  switch (node.type) {
    case 'LogicalExpression':
      variants.push({ operator: 'left-side', text: text(node.left) });
      // `...(x && { x })`: with the right side alone there is a member `x` that is undefined, which nothing can notice.
      if (parent?.type !== 'SpreadElement') variants.push({ operator: 'right-side', text: text(node.right) });
      break;
    case 'BinaryExpression':
      // Texts are joined by `+`, and cannot be subtracted.
      for (const sign of node.operator === '+' && (isText(node.left) || isText(node.right)) ? [] : signsFor(node))
        variants.push({ operator: 'comparison', text: `${text(node.left)} ${sign} ${text(node.right)}` });
      break;
    case 'UnaryExpression':
      if (node.operator === '!') variants.push({ operator: 'negation', text: text(node.argument) });
      break;
    case 'Literal':
      if (typeof node.value === 'number') variants.push({ operator: 'number', text: `${node.value} + 1` });
      if (typeof node.value === 'boolean') variants.push({ operator: 'boolean', text: String(!node.value) });
      break;
    case 'CallExpression':
      variants.push(...callVariants(node, code));
      break;
    case 'SpreadElement':
      if (parent?.type === 'ObjectExpression') variants.push({ operator: 'spread', text: '{}' });
      if (parent?.type === 'ArrayExpression') variants.push({ operator: 'spread', text: '[]' });
      break;
    case 'ExpressionStatement':
      if (!('directive' in node && node.directive !== undefined)) variants.push({ operator: 'statement', text: '' });
      break;
  }
  return isProperty(node, parent) ? [] : variants;
}

function signsFor(node: BinaryExpression): readonly string[] {
  return comparisons[node.operator] ?? [];
}

function callVariants(node: CallExpression, code: string): readonly Variant[] {
  const { callee } = node;
  if (callee.type !== 'MemberExpression' || callee.computed || node.optional || callee.optional) return [];
  const { name } = callee.property as { readonly name: string };
  const receiver = code.slice(callee.object.start, callee.object.end);
  if (droppedMethods.has(name)) return [{ operator: 'call', text: `(${receiver})` }];
  const other = swappedMethods.get(name);
  if (other === undefined) return [];
  return [{ operator: 'method', text: `${receiver}.${other}${code.slice(callee.end, node.end)}` }];
}

function isCondition(node: AnyNode, parent: AnyNode): boolean {
  return (
    'test' in parent &&
    parent.test === node &&
    (isLoop(parent) || ['IfStatement', 'ConditionalExpression'].includes(parent.type))
  );
}

function isLoop({ type }: AnyNode): boolean {
  return ['WhileStatement', 'DoWhileStatement', 'ForStatement'].includes(type);
}

function isText(node: AnyNode): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');
}

/** A key is no value, though acorn has the same node for both. */
function isProperty(node: AnyNode, parent: AnyNode | undefined): boolean {
  return parent?.type === 'Property' && parent.key === node && !parent.computed;
}

function lineStarts(code: string): readonly number[] {
  return [0, ...[...code.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
