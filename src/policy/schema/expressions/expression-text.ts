/**
 * The text of a part of an expression, which reads as the same part. That of the interpreter does not: it writes
 * characters beyond the basic plane as surrogates, which its parser refuses, 1e21 as `1e+21.0`, and `a - (b - c)`
 * without the parentheses.
 */
import type { ASTNode } from '@marcbachmann/cel-js';

/** How tightly an operator binds. What is not in it needs no parentheses. */
const precedence: Readonly<Partial<Record<ASTNode['op'], number>>> = {
  ...ofOperators(1, '?:'),
  ...ofOperators(2, '||'),
  ...ofOperators(3, '&&'),
  ...ofOperators(4, '==', '!='),
  ...ofOperators(5, '<', '<=', '>', '>=', 'in'),
  ...ofOperators(6, '+', '-'),
  ...ofOperators(7, '*', '/', '%'),
  ...ofOperators(8, '!_', '-_'),
};
const tightest = 9;

function ofOperators(level: number, ...operators: readonly ASTNode['op'][]): Readonly<Record<string, number>> {
  return Object.fromEntries(operators.map((operator) => [operator, level]));
}

/** CEL, with one space around operators. */
export function textOfNode(node: ASTNode): string {
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return node.args;
    case '.':
      return `${within(node.args[0], tightest)}.${node.args[1]}`;
    case '[]':
      return `${within(node.args[0], tightest)}[${textOfNode(node.args[1])}]`;
    case 'call':
      return `${node.args[0]}(${listed(node.args[1])})`;
    case 'rcall':
      return `${within(node.args[1], tightest)}.${node.args[0]}(${listed(node.args[2])})`;
    case 'list':
      return `[${listed(node.args)}]`;
    case 'map':
      return `{${node.args.map(([key, value]) => `${textOfNode(key)}: ${textOfNode(value)}`).join(', ')}}`;
    case '!_':
    case '-_':
      return `${node.op.charAt(0)}${within(node.args, 8)}`;
    case '?:': {
      const [condition, yes, no] = node.args;
      return `${within(condition, 2)} ? ${within(yes, 2)} : ${textOfNode(no)}`;
    }
    default:
      return binary(node as BinaryNode);
  }
}

interface BinaryNode {
  readonly op: ASTNode['op'];
  readonly args: readonly [ASTNode, ASTNode];
}

/** The parser puts the operators of a level together from the left. For `&&` and `||` the order makes no difference. */
function binary({ op, args: [left, right] }: BinaryNode): string {
  const level = precedence[op] ?? tightest;
  const isOrdered = op !== right.op || (op !== '&&' && op !== '||');
  return `${within(left, level)} ${op} ${within(right, isOrdered ? level + 1 : level)}`;
}

function within(node: ASTNode, level: number): string {
  const text = textOfNode(node);
  return (precedence[node.op] ?? tightest) < level ? `(${text})` : text;
}

function listed(nodes: readonly ASTNode[]): string {
  return nodes.map(textOfNode).join(', ');
}

function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value instanceof Uint8Array) return `b"${Array.from(value, (byte) => `\\x${hex(byte, 2)}`).join('')}"`;
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : `${value}`;
  // An unsigned number (`3u`) is the only other object.
  return typeof value === 'object' && value !== null ? `${String(value)}u` : String(value);
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Also half of a pair of surrogates, which no escape can say, stays as it is. */
function quoted(text: string): string {
  const inner = text.replace(/["\\\p{Cc}]/gu, (sign) => escapes[sign] ?? `\\u${hex(sign.charCodeAt(0), 4)}`);
  return `"${inner}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
